import { within } from "../../support/deadline.ts";
import { Lines } from "./process.ts";

/** One record of the log. */
export type LogEntry = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A start may take longer than the 30 s that a disk has to open the state's file. */
const startMs = 60_000;

/** A running maglevd, killed when the test leaves it behind. */
export class Maglevd implements AsyncDisposable {
  readonly configPath: string;
  readonly #child: Deno.ChildProcess;
  readonly #lines: Lines;
  readonly #errors: Lines;
  #api = 0;
  #metrics = 0;

  private constructor(child: Deno.ChildProcess, configPath: string) {
    this.#child = child;
    this.configPath = configPath;
    this.#lines = new Lines(child.stdout);
    this.#errors = new Lines(child.stderr);
  }

  /** Starts the program with this configuration, on ports of its own; VPP is off. */
  static start(program: string, config: string, ...args: string[]): Promise<Maglevd> {
    return Maglevd.startWith(["-A", "--no-config"], program, config, ...args);
  }

  /** The same in a network namespace. */
  static startIn(
    namespace: string,
    program: string,
    config: string,
    ...args: string[]
  ): Promise<Maglevd> {
    const inside = ["ip", "netns", "exec", namespace, Deno.execPath()];
    return Maglevd.#launch(inside, ["-A", "--no-config"], program, config, ...args);
  }

  /** The same in a process that may have so many files open. */
  static startWithFew(openFiles: number, program: string, config: string): Promise<Maglevd> {
    const shell = ["sh", "-c", `ulimit -n ${openFiles}; exec "$0" "$@"`, Deno.execPath()];
    return Maglevd.#launch(shell, ["-A", "--no-config"], program, config);
  }

  /** The same with other flags for the runtime. */
  static startWith(
    permissions: readonly string[],
    program: string,
    config: string,
    ...args: string[]
  ): Promise<Maglevd> {
    return Maglevd.#launch([Deno.execPath()], permissions, program, config, ...args);
  }

  /** `runtime` is a command to which what it runs is added. */
  static async #launch(
    [command = "", ...before]: readonly string[],
    permissions: readonly string[],
    program: string,
    config: string,
    ...args: string[]
  ): Promise<Maglevd> {
    const folder = await Deno.makeTempDir({ prefix: "maglevd-" });
    const path = `${folder}/maglev.yaml`;
    await Deno.writeTextFile(path, config);
    // Addresses that are given add up.
    const isPlaced = args.some((arg) => arg.startsWith("--grpc-addr"));
    const child = new Deno.Command(command, {
      args: [
        ...before,
        ...["run", ...permissions, program, `--config=${path}`],
        ...isPlaced ? [] : ["--grpc-addr=127.0.0.1:0"],
        ...["--metrics-addr=127.0.0.1:0", "--vpp-api-addr="],
        ...args,
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const daemon = new Maglevd(child, path);
    try {
      daemon.#metrics = portOf(await daemon.log("metrics-listening", {}, 0, startMs));
      daemon.#api = portOf(await daemon.log("api-listening", {}, 0, startMs));
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw new Error(`maglevd did not start: ${daemon.#errors.seen.join("\n")}`, { cause: error });
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** `127.0.0.1:PORT` of the API. */
  get server(): string {
    return `127.0.0.1:${this.#api}`;
  }

  get metricsUrl(): string {
    return `http://127.0.0.1:${this.#metrics}/metrics`;
  }

  /** Records so far. */
  get entries(): LogEntry[] {
    return this.#lines.seen.map((line) => JSON.parse(line));
  }

  /** The first record of this name, past or to come, that holds these attributes. */
  async log(
    msg: string,
    attributes: Readonly<Record<string, unknown>> = {},
    from = 0,
    withinMs = 15_000,
  ): Promise<LogEntry> {
    const wanted = Object.entries(attributes);
    const what = `${msg} ${JSON.stringify(attributes)} in the log`;
    const line = await this.#lines.find(what, (text) => {
      const entry = JSON.parse(text);
      return entry.msg === msg && wanted.every(([key, value]) => entry[key] === value);
    }, { from, withinMs });
    return JSON.parse(line);
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The value of one series, or undefined when there is none. */
  async metric(series: string): Promise<number | undefined> {
    const text = await (await fetch(this.metricsUrl)).text();
    const line = text.split("\n").find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  /** A unary call with JSON over Connect. */
  async call(method: string, request: unknown = {}): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`http://${this.server}/maglev.Maglev/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    return { status: response.status, body: await response.json() };
  }

  /** How it ended. */
  async exit(withinMs = 20_000): Promise<{ code: number; errors: string }> {
    const { code } = await within(withinMs, "the end of maglevd", this.#child.status);
    await Promise.all([this.#lines.ended, this.#errors.ended]);
    return { code, errors: this.#errors.seen.join("\n") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await Promise.all([this.#lines.ended, this.#errors.ended]);
    await Deno.remove(this.configPath.replace(/\/[^/]+$/, ""), { recursive: true });
  }
}

function portOf({ addr }: LogEntry): number {
  return Number(String(addr).split(":").at(-1));
}
