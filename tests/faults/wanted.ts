import type { CheckerView } from "../../lib/checker/mod.ts";
import type { SimulatedVpp } from "../../lib/sim/mod.ts";

/**
 * What VPP ought to hold, a line per VIP and server, worked out from the checker alone and
 * without the code under test.
 */
export function wantedState(checker: CheckerView): string[] {
  return checker.frontendNames().flatMap((name) => {
    const frontend = checker.frontend(name);
    if (!frontend) return [];
    const { address, port, protocol, srcIpSticky } = frontend.config;
    const servers = frontend.weights.flatMap(({ backend, weight }) => {
      const at = checker.backend(backend)?.config.address;
      return at ? [{ family: at.family, line: `${at.text} weight ${weight}` }] : [];
    });
    const number = port === 0 ? 255 : protocol === "tcp" ? 6 : 17;
    const bits = address.family === 4 ? 32 : 128;
    const type = `ip${address.family}-gre${servers[0]?.family ?? address.family}`;
    const sticky = srcIpSticky ? " sticky" : "";
    const vip = `${address.text}/${bits} ${number} ${port}`;
    return [`${vip} ${type}${sticky}`, ...servers.map(({ line }) => `${vip} ${line}`)];
  }).sort();
}

/** What VPP holds, in the same lines. What lingers does not count. */
export function heldState(vpp: SimulatedVpp): string[] {
  return vpp.state().filter(({ used }) => used).flatMap((vip) => {
    const key = `${vip.prefix} ${vip.protocol} ${vip.port}`;
    const servers = vip.servers.filter(({ used }) => used)
      .map(({ address, weight }) => `${key} ${address} weight ${weight}`);
    return [`${key} ${vip.type}${vip.sticky ? " sticky" : ""}`, ...servers];
  }).sort();
}
