/** The four backends: name and loopback address. */
export const demoBackends = [
  { name: "ams1", address: "127.0.0.11" },
  { name: "ams2", address: "127.0.0.12" },
  { name: "zrh1", address: "127.0.0.13" },
  { name: "zrh2", address: "127.0.0.14" },
] as const;

/** The name of one of {@link demoBackends}. */
export type DemoBackendName = (typeof demoBackends)[number]["name"];

/**
 * The demo's configuration: a website that Amsterdam serves while it can and Zurich otherwise, and
 * an API of one server each. Only the website fails open. Probes are quicker than one would have them, so that things happen.
 */
export function demoConfig(port: number): string {
  const backends = demoBackends.map(({ name, address }) =>
    `    ${name}: { address: ${address}, healthcheck: web }`
  );
  return `# The demo's configuration, see tools/demo/config.ts.
maglev:
  vpp:
    lb:
      ipv4-src-address: 192.0.2.254
      ipv6-src-address: 2001:db8::254
      startup-min-delay: 1s
      startup-max-delay: 3s
  healthchecks:
    web:
      type: http
      port: ${port}
      interval: 1s
      fast-interval: 500ms
      timeout: 800ms
      rise: 2
      fall: 2
      flap: { changes: 5, within: 20s, hold: 10s, max-hold: 20s }
      params: { path: /, host: demo.example.net, response-code: "200-299" }
  backends:
${backends.join("\n")}
  frontends:
    www:
      description: the website
      fail-open: all-down
      address: 192.0.2.1
      protocol: tcp
      # As the servers have it: VPP's tunnels leave ports as they are.
      port: ${port}
      pools:
        - { name: amsterdam, backends: { ams1: {}, ams2: {} } }
        - { name: zurich, backends: { zrh1: {}, zrh2: { weight: 50 } } }
    api:
      description: the API
      address: 192.0.2.2
      protocol: tcp
      port: 443
      src-ip-sticky: true
      pools:
        - { name: primary, backends: { ams2: {} } }
        - { name: secondary, backends: { zrh2: {} } }
`;
}
