import { type DemoBackend, startBackend } from "../demo/backend.ts";
import { startDaemonProcess } from "../demo/daemon_process.ts";
import { firstFree } from "../demo/ports.ts";
import { startVpp } from "../demo/vpp.ts";

/** The servers of the site, in the order of their loopback addresses. */
const names = [
  ...["web1", "web2", "web3", "web4", "web5", "web6"],
  ...["api1", "api2", "api3", "shop1", "shop2", "shop3", "shop4", "auth1", "auth2"],
] as const;

/** A site that looks like one: two routers before the same fifteen servers. */
export interface Site {
  readonly backends: ReadonlyMap<string, DemoBackend>;
  /** Ports of the two APIs. */
  readonly apis: readonly number[];
}

/** Starts servers, two simulated VPPs and two maglevds; `parts` owns them. */
export async function startSite(folder: string, parts: AsyncDisposableStack): Promise<Site> {
  const addresses = names.map((_, i) => `127.0.0.${31 + i}`);
  const { port, started } = await firstFree(8200, (port) => startServers(addresses, port));
  for (const server of started) parts.use(server);
  const backends = new Map(started.map((server) => [server.name, server]));
  const apis: number[] = [];
  for (const router of ["rtr1", "rtr2"]) {
    const own = `${folder}/${router}`;
    await Deno.mkdir(own);
    await Deno.writeTextFile(`${own}/maglev.yaml`, config(port, addresses));
    const vpp = parts.use(startVpp(own));
    const { api, daemon } = await firstFree((apis[0] ?? 9389) + 1, async (api) => {
      const daemon = startDaemonProcess([
        `--config=${own}/maglev.yaml`,
        `--grpc-addr=127.0.0.1:${api}`,
        "--metrics-addr=",
        `--state-dir=${own}/state`,
        `--vpp-api-addr=${vpp.apiSocket}`,
        `--vpp-stats-addr=${vpp.statsSocket}`,
      ], () => {});
      await daemon.ready;
      return { api, daemon };
    });
    apis.push(api);
    parts.defer(() => daemon.stop());
  }
  return { backends, apis };
}

/** All of them on one port. Rejects with AddrInUse if it is taken for one. */
async function startServers(
  addresses: readonly string[],
  port: number,
): Promise<{ readonly port: number; readonly started: readonly DemoBackend[] }> {
  await using parts = new AsyncDisposableStack();
  const started = names.map((name, i) => parts.use(startBackend(name, addresses[i] ?? "", port)));
  parts.move();
  return { port, started };
}

function config(port: number, addresses: readonly string[]): string {
  const backends = names.map((name, i) =>
    `    ${name}: { address: ${addresses[i]}, healthcheck: web }`
  );
  const frontend = (name: string, address: string, text: string, pools: readonly string[]) => `
    ${name}:
      description: ${text}
      address: ${address}
      protocol: tcp
      port: ${port}
      pools:
${pools.map((pool) => `        - ${pool}`).join("\n")}`;
  return `maglev:
  safety: { max-removals: 100% }
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
      timeout: 3s
      rise: 2
      fall: 2
      params: { path: /healthz, host: www.example.net, response-code: "200-299" }
  backends:
${backends.join("\n")}
  frontends:${
    frontend("www", "192.0.2.1", "the website", [
      "{ name: amsterdam, backends: { web1: {}, web2: {}, web3: {}, web4: { weight: 50 } } }",
      "{ name: zurich, backends: { web5: {}, web6: {} } }",
    ])
  }${
    frontend("api", "192.0.2.2", "the API that the apps use", [
      "{ name: primary, backends: { api1: {}, api2: {} } }",
      "{ name: backup, backends: { api3: {} } }",
    ])
  }${
    frontend("shop", "192.0.2.3", "checkout and basket", [
      "{ name: main, backends: { shop1: {}, shop2: {}, shop3: {}, shop4: {} } }",
    ])
  }${
    frontend("login", "192.0.2.4", "single sign-on", [
      "{ name: main, backends: { auth1: {}, auth2: {} } }",
    ])
  }
`;
}
