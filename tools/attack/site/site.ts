import { Peer } from "../../../bench/rpc/processes.ts";
import { SimulatedVpp } from "../../../lib/sim/mod.ts";
import { pulse, type ServerPorts, siteConfig, type SiteSize } from "./config.ts";
import { Daemon } from "./daemon.ts";
import { machineAddress, machineAddress6 } from "./network.ts";
import { accessFile, tlsFlags } from "./certificates.ts";
import type { Target } from "../types.ts";
import { locked } from "../../programs.ts";

/** A maglevd as its users run it, between 100 servers and a simulated VPP. */
export interface Site {
  readonly vpp: SimulatedVpp;
  /** The program of servers.ts. */
  readonly servers: Peer;
  readonly daemon: Daemon;
  readonly target: Target;
}

/** Milliseconds until all servers are in VPP. */
const startMs = 60_000;

/**
 * Starts everything in this namespace, maglevd behind these words and with these flags more;
 * resolves when VPP has every server with its weight.
 */
export async function startSite(
  parts: AsyncDisposableStack,
  size: SiteSize,
  before: readonly string[] = [],
  more: readonly string[] = [],
): Promise<Site> {
  const folder = parts.adopt(
    await Deno.makeTempDir({ prefix: "maglev-attack-" }),
    (path) => Deno.remove(path, { recursive: true }),
  );
  const sockets = { apiPath: `${folder}/api.sock`, statsPath: `${folder}/stats.sock` };
  const vpp = parts.use(new SimulatedVpp({ ...sockets, workers: 1 }));
  vpp.start();
  const inside = size.netns === undefined ? [] : ["ip", "netns", "exec", size.netns];
  const servers = parts.use(programBehind(inside, "site/servers.ts", pulse.address));
  const ports: ServerPorts = JSON.parse(await servers.line());
  const config = `${folder}/maglev.yaml`;
  await Deno.writeTextFile(config, siteConfig(ports, size));
  const auth = `${folder}/auth.yaml`;
  await Deno.writeTextFile(auth, accessFile);
  const tls = size.tls ? tlsFlags(auth) : [];
  const daemon = parts.use(
    await Daemon.start({
      args: [
        `--config=${config}`,
        ...["--grpc-addr=:0", "--metrics-addr=:0"],
        `--vpp-api-addr=${sockets.apiPath}`,
        `--vpp-stats-addr=${sockets.statsPath}`,
        ...tls,
        ...more,
      ],
      before,
    }),
  );
  await inService(vpp, size.backends);
  const { api, metrics } = daemon;
  const target = { host: machineAddress, host6: machineAddress6, api, metrics };
  return { vpp, servers, daemon, target };
}

/** A program of this folder. */
export function program(path: string, ...args: readonly string[]): Peer {
  return programBehind([], path, ...args);
}

/** The same with words before the command. */
export function programBehind(
  before: readonly string[],
  path: string,
  ...args: readonly string[]
): Peer {
  const module = new URL(`../${path}`, import.meta.url).pathname;
  const run = ["run", "-A", ...locked, "--no-check", module, ...args];
  const [command = "", ...words] = [...before, Deno.execPath(), ...run];
  return new Peer(command, words);
}

async function inService(vpp: SimulatedVpp, count: number): Promise<void> {
  const end = performance.now() + startMs;
  for (;;) {
    const servers = vpp.state().flatMap((vip) => vip.servers);
    const up = servers.filter(({ weight }) => weight === 100).length;
    if (up === count) return;
    if (performance.now() > end) throw new Error(`only ${up} servers came into service`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
