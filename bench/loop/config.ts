/** What the configuration says of its backends' check, and how many there are. */
export interface Variant {
  readonly backends: number;
  readonly intervalSeconds: number;
  /** Port of the checks, which leads to a server that is well. */
  readonly port: number;
}

/** Backends of all frontends but the first. */
const perFrontend = 100;

/** Backends of the first: `all` of one frontend. */
export const inFirst = 1_000;

/** The address of a backend, all of them this host. */
function addressOf(n: number): string {
  return `127.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
}

/** One frontend of 1,000 backends and others of 100. */
export function configOf({ backends, intervalSeconds, port }: Variant): string {
  const frontends: string[] = [];
  for (let start = 0; start < backends;) {
    const end = Math.min(backends, start + (start === 0 ? inFirst : perFrontend));
    const members = Array.from({ length: end - start }, (_, i) => `b${start + i}: {}`).join(", ");
    const n = frontends.length;
    frontends.push(
      `    f${n}: { address: 198.18.${n >> 8}.${n & 255}, protocol: tcp, port: 80, ` +
        `pools: [{ name: p, backends: { ${members} } }] }`,
    );
    start = end;
  }
  const all = Array.from(
    { length: backends },
    (_, n) => `    b${n}: { address: ${addressOf(n)}, healthcheck: tcp }`,
  );
  return `maglev:
  vpp:
    lb:
      ipv4-src-address: 192.0.2.254
      ipv6-src-address: "2001:db8:ffff::1"
      startup-min-delay: 0s
      startup-max-delay: 4s
  healthchecks:
    tcp: { type: tcp, port: ${port}, interval: ${intervalSeconds}s, timeout: 2s }
  backends:
${all.join("\n")}
  frontends:
${frontends.join("\n")}
`;
}
