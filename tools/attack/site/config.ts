import { backendNetwork } from "./network.ts";

/** Backends that are probed. */
export const backendCount = 100;

/** Probed every 100 ms; its server measures the gaps. */
export const pulse = { name: "b0", address: `${backendNetwork}.0.1`, intervalMs: 100 } as const;

/** The one that the operator on the machine takes out and puts back. */
export const steered = { name: "b1", address: `${backendNetwork}.0.2` } as const;

/** What the servers of the site listen on. */
export interface ServerPorts {
  readonly http: number;
  readonly tcp: number;
}

/** The address of a backend, by number. */
function addressOf(n: number): string {
  return `${backendNetwork}.${n >> 8}.${1 + (n & 255) % 255}`;
}

/**
 * 100 backends in ten frontends: the first is probed every 100 ms over HTTP, the others each
 * second, half of them over HTTP and half over TCP. `idle` more are disabled, and only there to
 * make lists long.
 */
export function siteConfig({ http, tcp }: ServerPorts, idle = 0): string {
  const check = (name: string, type: string, port: number, interval: string) =>
    `    ${name}: { type: ${type}, port: ${port}, interval: ${interval}, timeout: 1s` +
    `${type === "http" ? ", params: { path: / }" : ""}, fast-interval: 100ms }`;
  const backends = Array.from({ length: backendCount + idle }, (_, n) => {
    const kind = n === 0 ? "pulse" : n % 2 === 1 ? "web" : "port";
    const enabled = n < backendCount ? "" : ", enabled: false";
    return `    b${n}: { address: ${addressOf(n)}, healthcheck: ${kind}${enabled} }`;
  });
  const size = idle === 0 ? 10 : 500;
  const frontends = Array.from({ length: Math.ceil(backends.length / size) }, (_, n) => {
    const names = Array.from(
      { length: Math.min(size, backends.length - n * size) },
      (_, i) => `b${n * size + i}: {}`,
    );
    const address = `192.0.2.${1 + n}`;
    const pools = `[{ name: p, backends: { ${names.join(", ")} } }]`;
    return `    f${n}: { address: ${address}, protocol: tcp, port: 80, pools: ${pools} }`;
  });
  return `maglev:
  vpp:
    lb:
      ipv4-src-address: 192.0.2.254
      ipv6-src-address: "2001:db8:ffff::1"
      startup-min-delay: 0s
      startup-max-delay: 0s
  healthchecks:
${check("pulse", "http", http, `${pulse.intervalMs}ms`)}
${check("web", "http", http, "1s")}
${check("port", "tcp", tcp, "1s")}
  backends:
${backends.join("\n")}
  frontends:
${frontends.join("\n")}
`;
}
