import { equal } from "node:assert/strict";
import { openFileWorker } from "../../../lib/access/mod.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import { type Daemon, startDaemon } from "../../../lib/daemon/daemon.ts";
import { readRequest, type Settings } from "../../../lib/daemon/settings.ts";
import { createLogger } from "../../../lib/log/mod.ts";
import { ServiceManager } from "../../../lib/service/mod.ts";
import { SimulatedVpp } from "../../../lib/sim/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { settle, until } from "../../support/until.ts";

/** So much of the clock at once is not yet a VPP, or a thread, that does not answer. */
const stepMs = 500;

/** One record of the log. */
export type Entry = Readonly<Record<string, unknown>>;

/** A folder, a VPP and a clock for daemons that run in this process, one after the other. */
export class Site implements AsyncDisposable {
  readonly clock = new FakeClock(Date.now());
  readonly folder = Deno.makeTempDirSync({ prefix: "maglev-daemon-" });
  readonly path = `${this.folder}/maglev.yaml`;
  readonly worker = openFileWorker(this.clock);
  readonly vpp = new SimulatedVpp({
    clock: this.clock,
    apiPath: `${this.folder}/api.sock`,
    statsPath: `${this.folder}/stats.sock`,
  });

  constructor(config: string) {
    this.write(config);
  }

  /** What the file says from now on. */
  write(config: string): void {
    Deno.writeTextFileSync(this.path, config);
  }

  /** Settings by these flags, on ports of its own; VPP is off and nothing is kept. */
  settings(...args: string[]): Settings {
    const usual = [`--config=${this.path}`, "--metrics-addr=127.0.0.1:0", "--vpp-api-addr="];
    const isPlaced = args.some((arg) => arg.startsWith("--grpc-addr"));
    const request = readRequest(
      [...usual, ...isPlaced ? [] : ["--grpc-addr=127.0.0.1:0"], ...args],
      { get: () => undefined },
    );
    if (request.kind !== "run") throw new Error(`these flags do not run it: ${args.join(" ")}`);
    return request.settings;
  }

  /** The flags for this VPP, which starts. */
  withVpp(): string[] {
    this.vpp.start();
    return [
      `--vpp-api-addr=${this.folder}/api.sock`,
      `--vpp-stats-addr=${this.folder}/stats.sock`,
    ];
  }

  /** Starts a daemon with the file as it is; VPP is off unless flags say otherwise. */
  start(...args: string[]): Promise<InProcess> {
    return InProcess.start(this, args);
  }

  /** The same, with what is known of callers and certificates. */
  startWith(access: Access, ...args: string[]): Promise<InProcess> {
    return InProcess.start(this, args, access);
  }

  /** Lets time pass, in steps after each of which what waits for sockets and threads has its turn. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs));
      await new Promise((resolve) => setTimeout(resolve, 1));
      await settle(20);
    }
  }

  /** Lets time pass, four times as fast as it does, until `work` is done. */
  async turning<T>(work: PromiseLike<T>): Promise<T> {
    const timer = setInterval(() => this.clock.advance(20), 5);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.worker[Symbol.dispose]();
    await this.vpp.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Who may do what, and what TLS is spoken with. */
type Access = Partial<Parameters<typeof startDaemon>[2]>;

/** A daemon in this process. */
export class InProcess implements AsyncDisposable {
  readonly entries: Entry[] = [];
  /** What the service manager was told, and what the process was to end of. */
  readonly told: string[] = [];
  readonly fatal: string[] = [];
  #daemon: Daemon | undefined;
  #isOver = false;

  private constructor(private readonly site: Site) {}

  static async start(site: Site, args: readonly string[], access?: Access): Promise<InProcess> {
    const own = new InProcess(site);
    const { clock, path, worker } = site;
    const log = createLogger({ level: "info", sink: own.#sink(), clock });
    const environment = new Map([["NOTIFY_SOCKET", "/notify"], ["WATCHDOG_USEC", "30000000"]]);
    const manager = new ServiceManager({
      ...{ environment, pid: Deno.pid, clock, log },
      send: (_, message) => void own.told.push(new TextDecoder().decode(message)),
    });
    const outcome = await loadConfig(path);
    if (outcome.kind === "invalid") throw new Error(JSON.stringify(outcome.problems));
    own.#daemon = await startDaemon(
      site.settings(...args),
      outcome.config,
      { auth: undefined, tls: undefined, ...access },
      {
        ...{ clock, log, manager, worker },
        fatal: ({ message }) => void own.fatal.push(message),
      },
    );
    own.#end = () => manager[Symbol.dispose]();
    return own;
  }

  #end = () => {};

  #sink() {
    let rest = "";
    return {
      write: (octets: Uint8Array) => {
        const lines = (rest + new TextDecoder().decode(octets)).split("\n");
        rest = lines.pop() ?? "";
        this.entries.push(...lines.map((line) => JSON.parse(line)));
        return Promise.resolve(octets.length);
      },
    };
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error("it did not start");
    return this.#daemon;
  }

  /** Records of a name so far. */
  named(msg: string): Entry[] {
    return this.entries.filter((entry) => entry.msg === msg);
  }

  /** The first record, past or to come, of this name and with these attributes. */
  async log(msg: string, attributes: Entry = {}): Promise<Entry> {
    const wanted = Object.entries(attributes);
    const find = () =>
      this.named(msg).find((entry) => wanted.every(([key, value]) => entry[key] === value));
    await until(() => find() !== undefined, `${msg} ${JSON.stringify(attributes)} in the log`);
    return find() ?? {};
  }

  /** Where it listens, by the name of the record that says so. */
  address(msg: "api-listening" | "metrics-listening"): string {
    return String(this.named(msg)[0]?.addr);
  }

  /** A unary call with JSON over Connect, and its answer. */
  async call(method: string, request: unknown = {}, token = ""): Promise<Entry> {
    const response = await fetch(
      `http://${this.address("api-listening")}/maglev.Maglev/${method}`,
      {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...token !== "" && { authorization: `Bearer ${token}` },
        },
        body: JSON.stringify(request),
      },
    );
    return { status: response.status, ...await response.json() };
  }

  /** One that has to succeed. */
  async must(method: string, request: unknown = {}): Promise<Entry> {
    const answer = await this.call(method, request);
    equal(answer.status, 200, JSON.stringify(answer));
    return answer;
  }

  /** Values by series, as a scrape has them. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const response = await fetch(`http://${this.address("metrics-listening")}/metrics`);
    const lines = (await response.text()).split("\n").filter((line) => !line.startsWith("#"));
    return new Map(lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }));
  }

  /** Takes it down. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end();
    // Closing gives clients some time, and threads a limit.
    if (this.#daemon) await this.site.turning(this.#daemon[Symbol.asyncDispose]());
  }
}
