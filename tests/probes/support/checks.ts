import type { CheckTiming, HttpCheck, IcmpCheck, TcpCheck } from "../../../lib/config/mod.ts";

const timing: CheckTiming = {
  name: "check",
  intervalMs: 2000,
  fastIntervalMs: 2000,
  downIntervalMs: 2000,
  // So long that no answer comes too late, however busy the machine is.
  timeoutMs: 60_000,
  rise: 2,
  fall: 3,
  probeIpv4Source: undefined,
  probeIpv6Source: undefined,
};

/** An http or https check of port 80 for status 200, with `changes`. */
export function httpCheck(changes: Partial<HttpCheck> = {}): HttpCheck {
  return {
    ...timing,
    type: "http",
    port: 80,
    path: "/",
    host: undefined,
    responseCodeMin: 200,
    responseCodeMax: 200,
    responseRegexp: undefined,
    tls: { serverName: undefined, insecureSkipVerify: false },
    ...changes,
  };
}

/** A tcp check of port 80 without TLS, with `changes`. */
export function tcpCheck(changes: Partial<TcpCheck> = {}): TcpCheck {
  return { ...timing, type: "tcp", port: 80, tls: undefined, ...changes };
}

/** An icmp check, with `changes`. */
export function icmpCheck(changes: Partial<IcmpCheck> = {}): IcmpCheck {
  return { ...timing, type: "icmp", ...changes };
}
