import { formatTime } from "../format.ts";
import type { Found } from "./status_found.ts";

/** What is not as it should be, a line each. */
export function problems({ status, vpp, backends, frontends }: Found): string[] {
  const lines: string[] = [];
  for (
    const { name, state, activePool, pools, failOpenSinceUnixNs: since, failOpen } of frontends
  ) {
    const [first] = pools;
    if (since > 0n) {
      const what = `its servers keep the weights that they were last in use with (${failOpen})`;
      lines.push(`frontend ${name} fails open since ${formatTime(since)}: ${what}`);
    }
    if (state === "down") lines.push(`frontend ${name} is down`);
    else if (state === "up" && first && activePool !== first.name && activePool !== "") {
      lines.push(`frontend ${name} is on pool ${activePool}, not on ${first.name}`);
    }
  }
  for (const { name, flapHold } of backends) {
    if (!flapHold) continue;
    lines.push(`backend ${name} flaps, and is kept down until ${formatTime(flapHold.untilUnixNs)}`);
  }
  if (status?.state?.notKept) {
    lines.push(
      `what operators say is not kept, and forgotten at a restart: ${status.state.notKept}`,
    );
  }
  for (const { atUnixNs, text } of status?.state?.troubles ?? []) {
    if (text !== status?.state?.notKept) lines.push(`state, at ${formatTime(atUnixNs)}: ${text}`);
  }
  if (status?.configRejected) {
    lines.push(`the last reload was refused: ${status.configRejected.split("\n").join("; ")}`);
  }
  if (status?.configFileChanged) {
    lines.push("the configuration file is not the one in force: config diff tells how");
  }
  if (typeof vpp === "string") {
    if (status?.vppAway) lines.push("VPP is not connected");
    else if (status?.vpp !== "off") lines.push(`VPP: ${vpp}`);
  } else if (!vpp.inStep && vpp.stepSinceNs !== 0n && status?.warmup === "over") {
    lines.push("VPP is not in step", ...vpp.differs.map((line) => `VPP differs: ${line}`));
  }
  return lines;
}
