/**
 * `deno task demo`: four small backends on loopback addresses, a simulated VPP, a maglevd
 * between them, a page that shows it, and trouble now and then, all in one terminal and with nothing
 * installed. `--open` shows the page in a browser. Ctrl-C ends it.
 *
 * @module
 */

import { reasonOf } from "../lib/log/mod.ts";
import { startBackend } from "./demo/backend.ts";
import type { DemoBackend } from "./demo/backend.ts";
import { demoCommands, denoCommand } from "./demo/commands.ts";
import type { DemoPorts } from "./demo/commands.ts";
import { demoBackends, demoConfig } from "./demo/config.ts";
import { type DaemonProcess, startDaemonProcess } from "./demo/daemon_process.ts";
import { announce, narrate, painter } from "./demo/narrator.ts";
import { expectNobody, firstFree } from "./demo/ports.ts";
import { type Deed, firstAct, restartAfter, restartSays, secondAct } from "./demo/story.ts";
import { startVpp } from "./demo/vpp.ts";
import { demoUser, startDemoWeb } from "./demo/web.ts";
import type { DemoVpp } from "./demo/vpp.ts";

const paint = painter(Deno.stdout.isTerminal() && Deno.env.get("NO_COLOR") === undefined);
const say = (text: string) => console.log(announce(text, new Date(), paint));

/** Aborted by Ctrl-C, SIGTERM, or the end of maglevd. */
const over = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => over.abort());
}

async function demo(parts: AsyncDisposableStack): Promise<number> {
  const { port, backends } = await firstFree(8080, startBackends);
  for (const backend of backends) parts.use(backend);

  const folder = parts.adopt(await Deno.makeTempDir({ prefix: "maglev-demo-" }), removeFolder);
  await Deno.writeTextFile(`${folder}/maglev.yaml`, demoConfig(port));
  const vpp = parts.use(startVpp(folder));
  const { daemon, ports } = await firstFree(9090, (api) => startDaemon(folder, api, vpp));
  const page = await startPage(folder, ports.api, parts);
  try {
    introduce(port, ports, page);
    await tell((deed) => perform(deed, backends, ports.api), () => daemon.restart());
  } catch {
    // maglevd has ended, and its log, above, says why.
  }
  return await daemon.stop();
}

/** All of them on one port. Rejects with AddrInUse if it is taken for one. */
async function startBackends(port: number): Promise<{ port: number; backends: DemoBackend[] }> {
  await using started = new AsyncDisposableStack();
  const backends = demoBackends.map(({ name, address }) =>
    started.use(startBackend(name, address, port))
  );
  started.move();
  return { port, backends };
}

/** maglevd, serving on `api` and the port after it. Rejects with AddrInUse if one is taken. */
async function startDaemon(folder: string, api: number, vpp: DemoVpp) {
  const ports = { api, metrics: api + 1 };
  // What `localhost` leads to first, where nobody else may listen either.
  for (const port of Object.values(ports)) expectNobody("::", port);
  const daemon = new DemoDaemon(() =>
    startDaemonProcess(daemonArguments(folder, ports, vpp), (line) => {
      const told = narrate(line, paint);
      if (told !== undefined) console.log(told);
    })
  );
  await daemon.ready;
  return { daemon, ports };
}

/** maglevd: its end is that of the demo, unless it is started again. */
class DemoDaemon {
  #current: DaemonProcess;
  #isRestarting = false;

  constructor(private readonly start: () => DaemonProcess) {
    this.#current = start();
    this.#watch(this.#current);
  }

  /** As {@link DaemonProcess.ready}. */
  get ready(): Promise<void> {
    return this.#current.ready;
  }

  /** Kills it and starts another one. Rejects as `ready` does. */
  async restart(): Promise<void> {
    this.#isRestarting = true;
    this.#current.kill();
    await this.#current.ended;
    this.#isRestarting = false;
    this.#current = this.start();
    this.#watch(this.#current);
    await this.#current.ready;
  }

  /** Ends it. Resolves to its exit code. */
  async stop(): Promise<number> {
    await this.#current.stop();
    return await this.#current.ended;
  }

  async #watch(process: DaemonProcess): Promise<void> {
    const code = await process.ended;
    if (this.#isRestarting || process.portTaken) return;
    if (code !== 0) say(`maglevd ended with exit code ${code}`);
    over.abort();
  }
}

function daemonArguments(folder: string, { api, metrics }: DemoPorts, vpp: DemoVpp): string[] {
  return [
    `--config=${folder}/maglev.yaml`,
    `--state-dir=${folder}/state`,
    `--grpc-addr=127.0.0.1:${api}`,
    `--metrics-addr=127.0.0.1:${metrics}`,
    `--vpp-api-addr=${vpp.apiSocket}`,
    `--vpp-stats-addr=${vpp.statsSocket}`,
  ];
}

/** The web view, or what keeps it from being shown: the demo goes on without. */
async function startPage(
  folder: string,
  api: number,
  parts: AsyncDisposableStack,
): Promise<string> {
  try {
    const start = (port: number) => {
      expectNobody("::", port);
      return startDemoWeb(`${folder}/page`, `localhost:${api}`, port);
    };
    const { url } = parts.use(await firstFree(Math.max(9093, api + 3), start));
    if (Deno.args.includes("--open")) open(url);
    const { user, password } = demoUser;
    return `In a browser: ${url}/view/ shows it, ${url}/admin/ steers it too (${user}, ${password}).`;
  } catch (error) {
    return `There is no web view: ${reasonOf(error)}`;
  }
}

/** Shows the page in the browser of the desktop, if there is one. */
function open(url: string): void {
  try {
    new Deno.Command("xdg-open", { args: [`${url}/view/`], stdout: "null", stderr: "null" }).spawn()
      .unref();
  } catch (error) {
    say(`no browser could be opened: ${reasonOf(error)}`);
  }
}

function introduce(port: number, ports: DemoPorts, page: string): void {
  const listed = demoBackends.map(({ name, address }) => `${name} ${address}:${port}`).join(", ");
  const deno = denoCommand(Deno.env, Deno.execPath());
  console.log(`
${paint.strong("maglevd is probing four backends:")} ${listed}
and programs a simulated VPP, which sends traffic to them.
Something breaks or heals every few seconds. Ctrl-C ends the demo.
${page}
In another terminal, in this folder, try:

${demoCommands(ports, deno).map((command) => `  ${command}`).join("\n")}
`);
}

/** Plays both acts over and over until the demo is over, `restart` once between them. */
async function tell(
  perform: (deed: Deed) => Promise<void>,
  restart: () => Promise<void>,
): Promise<void> {
  for (let round = 0; !over.signal.aborted; round++) {
    if (round === 1) {
      await pause(restartAfter * 1000);
      if (over.signal.aborted) return;
      say(restartSays);
      await restart();
    }
    for (const { after, deed, says } of round % 2 === 0 ? firstAct : secondAct) {
      await pause(after * 1000);
      if (over.signal.aborted) return;
      say(says);
      await perform(deed);
    }
  }
}

/** Does what a step of the story says. */
async function perform(deed: Deed, backends: readonly DemoBackend[], api: number): Promise<void> {
  if (deed.kind === "become") {
    const { backends: names, mood } = deed;
    const concerned = backends.filter(({ name }) => names.some((each) => each === name));
    await Promise.all(concerned.map((backend) => backend.become(mood)));
    return;
  }
  const answer = await fetch(`http://127.0.0.1:${api}/maglev.Maglev/${deed.method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: deed.backend }),
  });
  const text = await answer.text();
  if (!answer.ok) say(`maglevd refuses that: ${text}`);
}

/** Waits, or not any longer when the demo is over. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      over.signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    over.signal.addEventListener("abort", done);
  });
}

async function removeFolder(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true });
}

async function main(): Promise<number> {
  await using parts = new AsyncDisposableStack();
  return await demo(parts);
}

try {
  Deno.exit(await main());
} catch (error) {
  console.error(`the demo cannot start: ${reasonOf(error)}`);
  Deno.exit(1);
}
