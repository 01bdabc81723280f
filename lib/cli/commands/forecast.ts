import type { CheckConfigResponse, OverrideEvent, VPPForecast } from "../../gen/maglev_pb.ts";
import type { View } from "../node.ts";
import { formatChange, formatMove } from "./vpp_sync.ts";

/** Changes for VPP that are shown. */
const mostShown = 50;

/** What a reload does to what was set by hand, and what it tells VPP; empty for nothing. */
export function formatForecast(
  { overrides, vpp }: Pick<CheckConfigResponse, "overrides" | "vpp">,
  view: View,
): string {
  const lines = [...overrides.map(overrideText), ...vpp ? vppLines(vpp, view) : []];
  return lines.join("\n");
}

function overrideText(override: OverrideEvent): string {
  const { change, backendName, frontendName, poolName, byHand, fileFrom, fileTo } = override;
  const what = frontendName === ""
    ? `backend ${backendName} ${byHand} by hand`
    : `weight of ${backendName} in pool ${poolName} of ${frontendName} ${byHand} by hand`;
  const becomes = change === "ended" ? "ends" : "stays";
  const says = fileTo === "none" ? "has it no more" : `says ${fileTo}`;
  return `${what} ${becomes}: the file said ${fileFrom}, and ${says}`;
}

function vppLines({ changes, total, moves, unknown }: VPPForecast, view: View): string[] {
  const label = view.style.paint("label", "VPP");
  if (unknown !== "") return [`${label}: what it is told is not known: ${unknown}`];
  const told = changes.filter(({ kind }) => kind !== "vip-kept");
  if (told.length === 0) return [`${label} is told nothing`];
  const shown = told.slice(0, mostShown).map((change) => `  ${formatChange(change, view)}`);
  const left = total - shown.length;
  const more = told.length > mostShown ? [`  and ${left} more`] : [];
  const flows = moves.slice(0, mostShown).map((move) => `  ${formatMove(move)}`);
  return [`${label} is told`, ...shown, ...more, ...flows];
}
