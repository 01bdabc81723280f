import { changing, olderServer, work } from "../asking.ts";
import type {
  CheckConfigResponse,
  ConfigChange,
  Outcome,
  OverrideEvent,
  VPPForecast,
} from "../../gen/maglev_pb.ts";
import {
  change,
  type Changed,
  formatConfigChanges,
  formatOutcomeText,
  isDangerous,
} from "../change.ts";
import { CommandFailure } from "../errors.ts";
import type { CommandContext, View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { plainStyle } from "../style.ts";
import { formatChange, formatMove } from "./vpp.ts";

/** `config check`. */
export const checkConfig = report({
  fetch: async ({ client, signal }) => {
    const response = await client.checkConfig({}, work({ signal }));
    if (!response.ok) throw new CommandFailure(response.parseError || response.semanticError);
    return response.warnings;
  },
  text: (warnings, { style }) =>
    lines("config ok", ...warnings.map((one) => style.paint("warning", `warning: ${one}`))),
  json: (warnings) => ({ result: "config ok", ...(warnings.length > 0 && { warnings }) }),
});

/** `config diff`: what a reload would change, and what it would come to. */
export const diffConfig = report({
  fetch: async (context) => {
    const { changes, outcome, overrides, vpp, refusal } = await foreseeValid(context);
    if (!outcome) throw new CommandFailure(`${olderServer} how its file differs`);
    return { changes, outcome, overrides, vpp, refusal };
  },
  text: (foreseen, view) =>
    lines(
      formatConfigChanges(foreseen.changes, view.style),
      formatOutcomeText(foreseen.outcome, view),
      formatForecast(foreseen, view),
      foreseen.refusal === ""
        ? ""
        : view.style.paint("bad", `a reload is refused: ${foreseen.refusal}`),
    ),
  json: (foreseen) => ({
    ...reloadJson(foreseen),
    outcome: messageJson(foreseen.outcome),
    ...(foreseen.refusal !== "" && { refusal: foreseen.refusal }),
  }),
});

/** `config reload`. */
export const reloadConfig = change((context) => reloaded(context, false));

/** `config reload force`: however much it takes out of service. */
export const forceConfig = change((context) => reloaded(context, true));

async function reloaded(context: CommandContext, force: boolean): Promise<Changed> {
  const { client, dryRun, agree } = context;
  const response = await (dryRun ? foreseeValid(context) : foresee(context));
  const { changes, outcome: foreseen, refusal } = response;
  const isRefused = refusal !== "" && !force;
  if (dryRun) {
    if (!foreseen) throw new CommandFailure(`${olderServer} what a reload would come to`);
    if (isRefused) throw refused(refusalText(changes, foreseen, refusal));
    return { ...telling("", response), outcome: foreseen, isShown: false, isDryRun: true };
  }
  // What maglevd refuses is nobody's to agree to; it is asked for all the same, so that the journal
  // and the status tell of it.
  const isShown = foreseen !== undefined && !isRefused && isDangerous(foreseen) && await agree({
    details: (layout) =>
      lines(
        formatConfigChanges(changes, layout.style),
        formatOutcomeText(foreseen, layout),
        formatForecast(response, { ...layout, now: context.now() }),
      ),
    question: "put this configuration into force?",
  });
  const reply = await changing(context, (options) => client.reloadConfig({ force }, options));
  if (!reply.ok) {
    throw refused(
      isRefused && foreseen
        ? refusalText(changes, foreseen, refusal)
        : reply.parseError || reply.semanticError || reply.reloadError,
    );
  }
  const { outcome } = reply;
  const brief = { text: () => "config reloaded" };
  const told = outcome ? { ...telling("config reloaded", reply), ...(isShown && brief) } : brief;
  return { ...told, outcome, isShown, isDryRun: false };
}

/** What differs, and how to have it all the same. */
function refusalText(
  changes: readonly ConfigChange[],
  foreseen: Outcome,
  refusal: string,
): string {
  const diff = formatConfigChanges(changes, plainStyle);
  const hint = "maglevc config reload force";
  return [diff, formatOutcomeText(foreseen, { style: plainStyle }), `${refusal} (${hint})`].join(
    "\n",
  );
}

/** What the file would come to, if it is valid. */
async function foresee({ client, signal }: CommandContext): Promise<CheckConfigResponse> {
  return await client.checkConfig({ diff: true }, work({ signal }));
}

/** The same where nobody has asked for a reload: a file that is not valid is a failure. */
async function foreseeValid(context: CommandContext): Promise<CheckConfigResponse> {
  const response = await foresee(context);
  if (response.ok) return response;
  const reason = response.parseError || response.semanticError;
  throw new CommandFailure(`the file is not valid, and a reload would be refused:\n${reason}`);
}

function refused(reason: string): CommandFailure {
  return new CommandFailure(`config not reloaded, nothing was changed:\n${reason}`);
}

/** What differs, and what it does to VPP and to what was set by hand. */
type Reload = Pick<CheckConfigResponse, "changes" | "overrides" | "vpp">;

function telling(sentence: string, reload: Reload): Pick<Changed, "text" | "json"> {
  return {
    text: (view) =>
      lines(
        sentence,
        formatConfigChanges(reload.changes, view.style),
        formatForecast(reload, view),
      ),
    json: { ...(sentence !== "" && { result: sentence }), ...reloadJson(reload) },
  };
}

/** One below the other, those that are not empty. */
function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}

function reloadJson({ changes, overrides, vpp }: Reload) {
  return {
    changes: changes.map(messageJson),
    overrides: overrides.map(messageJson),
    vpp: vpp ? messageJson(vpp) : null,
  };
}

/** Changes for VPP that are shown. */
const mostShown = 50;

/** What a reload does to what was set by hand, and what it tells VPP; empty for nothing. */
function formatForecast(
  { overrides, vpp }: Pick<CheckConfigResponse, "overrides" | "vpp">,
  view: View,
): string {
  return [...overrides.map(overrideText), ...vpp ? vppLines(vpp, view) : []].join("\n");
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
  // maglevd lists so many, and tells of all how many there are.
  const left = total - (changes.length - told.length) - shown.length;
  const flows = moves.slice(0, mostShown).map((move) => `  ${formatMove(move)}`);
  const moreFlows = moreOf(moves.length - flows.length, " VIPs whose flows move");
  return [`${label} is told`, ...shown, ...moreOf(left, ""), ...flows, ...moreFlows];
}

function moreOf(left: number, what: string): string[] {
  return left > 0 ? [`  and ${left} more${what}`] : [];
}
