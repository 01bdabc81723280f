/** A backend of a test's configuration. */
export interface TestBackend {
  readonly name: string;
  readonly address: string;
  /** Its health check; `web` unless given. */
  readonly check?: string;
}

/** What varies between the tests' configurations. */
export interface TestConfig {
  readonly port: number;
  readonly backends: readonly TestBackend[];
  readonly netns?: string;
  readonly fall?: number;
  readonly timeout?: string;
}

/**
 * One frontend whose first pool holds the first backend and whose second holds the others. There
 * are two health checks, `web` and `other`, which differ in their path.
 */
export function testConfig({ port, backends, netns, fall = 3, timeout }: TestConfig): string {
  const check = (name: string, path: string) => `
    ${name}:
      type: http
      port: ${port}
      interval: 100ms
      timeout: ${timeout ?? "1s"}
      rise: 2
      fall: ${fall}
      params: { path: ${path} }`;
  const [first, ...others] = backends.map(({ name }) => `${name}: {}`);
  const rest = others.length === 0
    ? ""
    : `\n        - { name: fallback, backends: { ${others.join(", ")} } }`;
  const listed = backends.map(({ name, address, check = "web" }) =>
    `    ${name}: { address: "${address}", healthcheck: ${check} }`
  );
  return `maglev:
  healthchecker: { netns: "${netns ?? ""}" }
  vpp: { lb: { ipv4-src-address: 192.0.2.254, ipv6-src-address: "2001:db8::254" } }
  healthchecks:${check("web", "/")}${check("other", "/other")}
  backends:
${listed.join("\n")}
  frontends:
    www:
      address: 192.0.2.1
      protocol: tcp
      port: 80
      pools:
        - { name: primary, backends: { ${first} } }${rest}
`;
}

/** A port that was free on this address a moment ago. */
export function unusedPort(hostname: string): number {
  const listener = Deno.listen({ hostname, port: 0 });
  listener.close();
  return listener.addr.port;
}
