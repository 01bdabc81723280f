/** Where the backends are, on the machine's loopback. */
const backendNetwork = "127.99";

/** How large a site is. */
export interface SiteSize {
  /** Backends that are probed. */
  readonly backends: number;
  /** Disabled ones that no frontend has, which only make lists long. */
  readonly idle: number;
  /** Of probes. */
  readonly timeout: string;
  /** Backends besides that swallow everything; no frontend has them. */
  readonly holes?: number;
  /** Whether maglevd speaks TLS, and asks for certificates. */
  readonly tls?: boolean;
  /** The namespace in which all of them are, and that swallows what is sent to {@link holes}. */
  readonly netns?: string;
}

/** What maglevd is measured with. */
export const fullSize: SiteSize = { backends: 100, idle: 0, timeout: "1s" };

/** Probed every 100 ms; its server measures the gaps. */
export const pulse = { name: "b0", address: `${backendNetwork}.0.1`, intervalMs: 100 } as const;

/** The one that the operator on the machine takes out and puts back. */
export const steered = { name: "b1", address: `${backendNetwork}.0.2` } as const;

/** What the servers of the site listen on. */
export interface ServerPorts {
  readonly http: number;
  readonly tcp: number;
}

/** What a namespace has to swallow for {@link SiteSize.holes}: the benchmarking network (RFC 2544). */
export const holesNetwork = "198.18.0.0/15";

/** The address of one of them, by number. */
function holeAddress(n: number): string {
  return `198.18.${Math.floor(n / 254)}.${1 + n % 254}`;
}

/** The address of a backend, by number. */
function addressOf(n: number): string {
  return `${backendNetwork}.${Math.floor(n / 254)}.${1 + n % 254}`;
}

/**
 * Backends in frontends of ten: the first is probed every 100 ms over HTTP, the others each
 * second, half of them over HTTP and half over TCP.
 */
export function siteConfig({ http, tcp }: ServerPorts, size: SiteSize): string {
  const { timeout } = size;
  const check = (name: string, type: string, port: number, interval: string, patience = timeout) =>
    `    ${name}: { type: ${type}, port: ${port}, interval: ${interval}, timeout: ${patience}` +
    `${type === "http" ? ", params: { path: / }" : ""}, fast-interval: 100ms }`;
  const backends = Array.from({ length: size.backends + size.idle }, (_, n) => {
    const kind = n === 0 ? "pulse" : n % 2 === 1 ? "web" : "port";
    const enabled = n < size.backends ? "" : ", enabled: false";
    return `    b${n}: { address: ${addressOf(n)}, healthcheck: ${kind}${enabled} }`;
  });
  const holes = Array.from(
    { length: size.holes ?? 0 },
    (_, n) => `    hole${n}: { address: ${holeAddress(n)}, healthcheck: hole }`,
  );
  const frontends = Array.from({ length: Math.ceil(size.backends / 10) }, (_, n) => {
    const names = Array.from(
      { length: Math.min(10, size.backends - n * 10) },
      (_, i) => `b${n * 10 + i}: {}`,
    );
    const address = `192.0.2.${1 + n}`;
    const pools = `[{ name: p, backends: { ${names.join(", ")} } }]`;
    return `    f${n}: { address: ${address}, protocol: tcp, port: 80, pools: ${pools} }`;
  });
  return `maglev:
  healthchecker: { netns: "${size.netns ?? ""}" }
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
${holes.length > 0 ? check("hole", "tcp", tcp, "1s", "1s") : ""}
  backends:
${[...backends, ...holes].join("\n")}
  frontends:
${frontends.join("\n")}
`;
}
