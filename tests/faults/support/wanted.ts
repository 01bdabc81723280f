import type { CheckerView } from "../../../lib/checker/mod.ts";
import type { VppProcess } from "../../../lib/sim/mod.ts";

/**
 * What VPP ought to hold, a line per VIP and server, worked out from the checker alone and
 * without the code under test. A weight that is kept is the one that VPP has.
 */
export function wantedState(checker: CheckerView, vpp: VppProcess): string[] {
  const held = heldState(vpp);
  return checker.frontendNames().flatMap((name) => {
    const frontend = checker.frontend(name);
    if (!frontend) return [];
    const { address, port, protocol, srcIpSticky } = frontend.config;
    const number = port === 0 ? 255 : protocol === "tcp" ? 6 : 17;
    const bits = address.family === 4 ? 32 : 128;
    const vip = `${address.text}/${bits} ${number} ${port}`;
    const servers = frontend.weights.flatMap(({ backend, weight }) => {
      const at = checker.backend(backend)?.config.address;
      if (!at) return [];
      const server = `${vip} ${at.text} weight `;
      const kept = weight === "kept" && held.find((line) => line.startsWith(server));
      return [{ family: at.family, line: kept || `${server}${weight}` }];
    });
    const type = `ip${address.family}-gre${servers[0]?.family ?? address.family}`;
    const sticky = srcIpSticky ? " sticky" : "";
    return [`${vip} ${type}${sticky}`, ...servers.map(({ line }) => line)];
  }).sort();
}

/** What VPP holds, in the same lines. What lingers does not count. */
export function heldState(vpp: VppProcess): string[] {
  return vpp.state().filter(({ used }) => used).flatMap((vip) => {
    const key = `${vip.prefix} ${vip.protocol} ${vip.port}`;
    const servers = vip.servers.filter(({ used }) => used)
      .map(({ address, weight }) => `${key} ${address} weight ${weight}`);
    return [`${key} ${vip.type}${vip.sticky ? " sticky" : ""}`, ...servers];
  }).sort();
}
