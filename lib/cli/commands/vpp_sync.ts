import { PlanVPPLBStateResponseSchema, type VPPLBChange } from "../../gen/maglev_pb.ts";
import { stripHostMask } from "../format.ts";
import type { View } from "../node.ts";
import { action, messageJson, report } from "../report.ts";

/** `show vpp lb plan [NAME]`. */
export const showVppPlan = report({
  fetch: ({ client, args, signal }) => client.planVPPLBState(scope(args.values), { signal }),
  text: ({ changes }, view) => changes.map((change) => formatChange(change, view)).join("\n"),
  json: (plan) => messageJson(PlanVPPLBStateResponseSchema, plan),
});

/** `sync vpp lb state [NAME]`. */
export const syncVpp = action(async ({ client, args, signal }) => {
  await client.syncVPPLBState(scope(args.values), { signal });
  const frontend = args.values.get("frontend");
  return frontend === undefined ? "VPP is in step" : `VPP is in step for frontend ${frontend}`;
});

/** One change on one line. */
function formatChange(change: VPPLBChange, { style }: View): string {
  const port = change.port === 0 ? "" : `:${change.port}`;
  const vip = change.prefix === ""
    ? ""
    : ` ${stripHostMask(change.prefix)} ${change.protocol}${port}`;
  const server = change.address === "" ? "" : ` server ${change.address}`;
  const detail = change.detail === "" ? "" : ` (${change.detail})`;
  const frontend = change.frontend === "" ? "" : ` for ${change.frontend}`;
  return `${style.paint("label", change.kind)}${vip}${server}${detail}${frontend}`;
}

function scope(values: ReadonlyMap<string, string>): { frontendName?: string } {
  const frontendName = values.get("frontend");
  return frontendName === undefined ? {} : { frontendName };
}
