import { makeBundles } from "../../e2e/support/bundles.ts";
import { Maglevd } from "../../e2e/support/maglevd.ts";
import { Lines } from "../../e2e/support/process.ts";
import { root } from "./pages.ts";
import { locked } from "../../../tools/programs.ts";

/** What a page's configuration becomes so that it can run here. */
export interface SiteOptions {
  /** As the page shows it: addresses of 192.0.2.0/24 for backends. */
  readonly config: string;
  /** Backends, by the last number of their address, that do not answer. */
  readonly dead?: readonly number[];
  /** Whether a simulated VPP stands beside the daemon. */
  readonly vpp: boolean;
}

/** A maglevd with what it needs, and commands as an operator has them. */
export interface Site extends AsyncDisposable {
  readonly daemon: Maglevd;
  /** Runs a script by bash, with maglevd and maglevc on the path. */
  run(script: string): Promise<{ code: number; output: string }>;
  /** Waits until no backend is unknown. */
  settled(): Promise<void>;
  /** Waits until VPP's counters have been read with a VIP in them: up to 5 s. */
  counted(): Promise<void>;
  /** Stops the backend whose address ends in this number, as a crash would. */
  kill(number: number): Promise<void>;
  /** Starts it again. */
  revive(number: number): void;
  /** The same as `kill` and `revive`, until maglevd has seen it. */
  goesDown(number: number): Promise<void>;
  comesUp(number: number): Promise<void>;
  /** Ends the simulated VPP, and starts another one; until maglevd has seen it. */
  stopVpp(): Promise<void>;
  startVpp(): Promise<void>;
}

/** The network that stands in for 192.0.2.0/24. */
const network = "127.0.9.";

/** Starts backends, VPP if asked for, and maglevd. */
export async function startSite(options: SiteOptions): Promise<Site> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.adopt(await Deno.makeTempDir({ prefix: "maglev-docs-" }), remove);
  const numbers = [...new Set(options.config.match(/(?<=192\.0\.2\.)\d+/g) ?? [])].map(Number);
  const { port, servers } = serveAll(numbers);
  for (const server of servers.values()) parts.defer(() => server.shutdown());
  for (const number of options.dead ?? []) await servers.get(number)?.shutdown();
  const bundles = parts.use(await makeBundles());
  const vpp = new SiteVpp(folder);
  if (options.vpp) await vpp.start();
  parts.defer(() => vpp.stop());
  const daemon = parts.use(
    await Maglevd.start(
      ...[bundles.maglevd, localized(options.config, port)] as const,
      ...[`--state-dir=${folder}/state`, ...options.vpp ? vpp.flags : []],
      `--grpc-addr=127.0.0.1:0,unix:${folder}/maglevd.sock`,
    ),
  );
  await makeCommands(folder, bundles);
  const own = parts.move();
  const kill = async (number: number) => {
    await servers.get(number)?.shutdown();
  };
  const revive = (number: number) => {
    const server = serve(number, port);
    servers.set(number, server);
    own.defer(() => server.shutdown());
  };
  /** The next record of that name about this, which `work` brings about. */
  const seen = async (msg: string, about: object, work: () => void | Promise<void>) => {
    const from = daemon.entries.length;
    await work();
    await daemon.log(msg, { ...about }, from);
  };
  const backend = (number: number) => ({ address: `${network}${number}` });
  return {
    daemon,
    run: (script) => runScript(script, folder, daemon),
    settled: () =>
      until("no backend unknown", async () => {
        const { body } = await daemon.call("ListBackends", { details: true });
        const { backends = [] } = body as { backends?: { state: string }[] };
        return backends.every(({ state }) => state !== "unknown");
      }),
    counted: () =>
      until("VIP counters", async () => {
        const { body } = await daemon.call("GetVPPLBCounters");
        return "vips" in (body as object);
      }),
    kill,
    revive,
    goesDown: (number) =>
      seen("backend-transition", { ...backend(number), to: "down" }, () => kill(number)),
    comesUp: (number) =>
      seen("backend-transition", { ...backend(number), to: "up" }, () => revive(number)),
    stopVpp: () => seen("vpp-disconnect", {}, () => vpp.stop()),
    startVpp: () => seen("vpp-in-step", {}, () => vpp.start()),
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

/** A page's own configuration, for `maglevd --check`. */
export async function temporaryFile(text: string): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempFile({ suffix: "-maglev.yaml" });
  await Deno.writeTextFile(path, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

/** The page's configuration on loopback, with quick probes and no warm-up. */
function localized(config: string, port: number): string {
  return config
    .replaceAll("192.0.2.", network)
    .replace(/( +)ipv6-src-address:.*/, "$&\n$1startup-min-delay: 0s\n$1startup-max-delay: 0s")
    .replace(/^( {4}\w+:\n {6}type: http\n {6}port:) \d+$/gm, `$1 ${port}`)
    .replaceAll(/^( {6}(?:fast-)?interval:) .*$/gm, "$1 100ms");
}

/** A web server on each address, all on one port that was free a moment ago on the first. */
function serveAll(numbers: readonly number[]) {
  const servers = new Map<number, Deno.HttpServer<Deno.NetAddr>>();
  let port = 0;
  for (const number of numbers) {
    const server = serve(number, port);
    port = server.addr.port;
    servers.set(number, server);
  }
  return { port, servers };
}

function serve(number: number, port: number): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: network + number, port, onListen: () => {} },
    () => new Response("well\n"),
  );
}

/** A simulated VPP with traffic to every VIP. */
class SiteVpp {
  readonly #sockets: readonly string[];
  #child: Deno.ChildProcess | undefined;
  #lines: Lines | undefined;

  constructor(folder: string) {
    this.#sockets = [`${folder}/api.sock`, `${folder}/stats.sock`];
  }

  /** maglevd's flags for it. */
  get flags(): string[] {
    const [api, stats] = this.#sockets;
    return [`--vpp-api-addr=${api}`, `--vpp-stats-addr=${stats}`];
  }

  async start(): Promise<void> {
    const [api = "", stats = ""] = this.#sockets;
    const child = this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", ...locked, `${root}lib/sim/main.ts`],
        ...["--api", api, "--stats", stats, "--packets", "1000"],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = new Lines(child.stdout);
    await this.#lines.find("simulated VPP", (line) => line.startsWith("listening on"));
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGTERM");
    await Promise.all([this.#child?.status, this.#lines?.ended]);
    this.#child = undefined;
  }
}

async function makeCommands(
  folder: string,
  bundles: { readonly maglevd: string; readonly maglevc: string },
): Promise<void> {
  for (const name of ["maglevd", "maglevc"] as const) {
    await makeCommand(folder, name, bundles[name], ["--no-config"]);
  }
  const vppctl = `${root}tests/docs/support/vppctl.ts`;
  await makeCommand(folder, "vppctl", vppctl, locked, `${folder}/api.sock`);
}

async function makeCommand(
  folder: string,
  name: string,
  program: string,
  flags: readonly string[],
  ...first: string[]
): Promise<void> {
  const words = [Deno.execPath(), "run", "-A", ...flags, program, ...first];
  const command = words.map((word) => `"${word}"`).join(" ");
  await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\nexec ${command} "$@"\n`, {
    mode: 0o755,
  });
}

/** Places named on the page are replaced by those of the test, and put back in what is printed. */
async function runScript(
  script: string,
  folder: string,
  daemon: Maglevd,
): Promise<{ code: number; output: string }> {
  const metrics = new URL(daemon.metricsUrl).host;
  const local = script
    .replaceAll("localhost:9090", daemon.server)
    .replaceAll("localhost:9091", metrics)
    .replaceAll("/run/vpp-maglev/api.sock", `${folder}/maglevd.sock`);
  const child = new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", `{ ${local}\n} 2>&1`],
    cwd: folder,
    env: {
      PATH: `${folder}:${Deno.env.get("PATH")}`,
      MAGLEV_SERVER: daemon.server,
      MAGLEV_CONFIG: daemon.configPath,
      // Pages write files there; what was downloaded stays where it is.
      HOME: folder,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      NO_COLOR: "1",
    },
    stdin: "null",
  });
  const { code, stdout } = await child.output();
  return { code, output: new TextDecoder().decode(stdout).replaceAll(network, "192.0.2.") };
}

/** Asks again and again until the answer is yes. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`not within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function remove(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true });
}
