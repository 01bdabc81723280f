import {
  type PlanVPPLBStateResponse,
  PlanVPPLBStateResponseSchema,
  type VPPLBChange,
  type VPPLBMove,
} from "../../gen/maglev_pb.ts";
import { change, type Changed, olderServer, unlessOlder } from "../change.ts";
import { CommandFailure, exitCodes } from "../errors.ts";
import { formatIn, formatShare, formatTime, stripHostMask } from "../format.ts";
import type { CommandContext, View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { ofVpp } from "../vpp_away.ts";

/** `show vpp lb plan [NAME]`: VPP is asked for what it holds. */
export const showVppPlan = report({
  fetch: planned,
  text: (plan, view) => {
    const lines = planLines(plan, view);
    if (!isInStep(plan.changes)) return [...lines, ...warmupLines(plan, view)].join("\n");
    return [...lines, `${view.style.paint("good", "in step")}, checked just now`].join("\n");
  },
  json: (plan) => messageJson(PlanVPPLBStateResponseSchema, plan),
  code: ({ changes }) => isInStep(changes) ? exitCodes.done : exitCodes.differs,
});

/** What is to be done, and which flows that moves. */
function planLines({ changes, moves }: PlanVPPLBStateResponse, view: View): string[] {
  return [...changes.map((change) => formatChange(change, view)), ...moves.map(formatMove)];
}

async function planned(context: CommandContext): Promise<PlanVPPLBStateResponse> {
  const { client, args, signal } = context;
  const call = () => client.planVPPLBState(scope(args.values), { signal });
  const plan = await ofVpp(context, () => unlessOlder(context, call));
  if (plan) return plan;
  throw new CommandFailure(`${olderServer} what a sync would change`);
}

/** How many of a VIP's new flows get another server; those that exist stay unless flushed. */
export function formatMove({ prefix, protocol, port, frontend, share }: VPPLBMove): string {
  const vip = `${stripHostMask(prefix)} ${protocol}${port === 0 ? "" : `:${port}`}`;
  return `${vip} of ${frontend}: ${formatShare(share)} of new flows go to another server`;
}

/** When it is done, while the warm-up lasts. */
function warmupLines(
  { notBeforeUnixNs: before, notAfterUnixNs: after }: PlanVPPLBStateResponse,
  { style, now }: View,
): string[] {
  const when = (ns: bigint) => `${formatTime(ns)} (${formatIn(ns, now)})`;
  const label = style.paint("warning", "warm-up");
  return [
    ...(before > 0n ? [`${label}: not before ${when(before)}`] : []),
    ...(after > 0n
      ? [`${label}: each VIP once all its backends are known, at ${when(after)} at the latest`]
      : []),
  ];
}

/** A table of another length is kept, and no change. */
function isInStep(changes: readonly VPPLBChange[]): boolean {
  return changes.every(({ kind }) => kind === "vip-kept");
}

/** `sync vpp lb state [NAME]`. */
export const syncVpp = change(async (context): Promise<Changed> => {
  const { client, args, signal, dryRun: isDryRun } = context;
  const rest = { outcome: undefined, isShown: false, isDryRun };
  if (isDryRun) {
    const plan = await planned(context);
    return { text: (view) => planLines(plan, view).join("\n") || "VPP is in step", ...rest };
  }
  await ofVpp(context, () => client.syncVPPLBState(scope(args.values), { signal }));
  const frontend = args.values.get("frontend");
  const text = `VPP is in step${frontend === undefined ? "" : ` for frontend ${frontend}`}`;
  return { text: () => text, ...rest };
});

/** One change on one line. */
export function formatChange(change: VPPLBChange, { style }: View): string {
  const port = change.port === 0 ? "" : `:${change.port}`;
  const vip = change.prefix === ""
    ? ""
    : ` ${stripHostMask(change.prefix)} ${change.protocol}${port}`;
  const server = change.address === "" ? "" : ` server ${change.address}`;
  const detail = change.detail === "" ? "" : ` (${change.detail})`;
  const of = change.backend === "" ? change.frontend : `${change.backend} of ${change.frontend}`;
  const frontend = change.frontend === "" ? "" : ` for ${of}`;
  return `${style.paint("label", change.kind)}${vip}${server}${detail}${frontend}`;
}

function scope(values: ReadonlyMap<string, string>): { frontendName?: string } {
  const frontendName = values.get("frontend");
  return frontendName === undefined ? {} : { frontendName };
}
