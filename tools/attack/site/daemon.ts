import { processNow, type ProcessSeen } from "./process_seen.ts";
import { locked, programs } from "../../programs.ts";

/** How to start a maglevd. */
export interface MaglevdOptions {
  readonly args: readonly string[];
  /** Words before the command, such as `nice -n 5`. */
  readonly before?: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Milliseconds for a start. */
const startMs = 60_000;

/** Lines of the log that are kept. */
const keptLines = 50;

/** What an address's record of the log looks like. */
const listening = /"msg":"(api|metrics)-listening".*"addr":"[^"]*:(\d+)"/;

/** A maglevd that is attacked, as a process of its own. */
export class Daemon implements AsyncDisposable {
  /** The last lines of its log. */
  readonly tail: string[] = [];
  /** Records of its log that tell of backends which went down. */
  readonly downs: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #over: Promise<unknown>;
  readonly #ports = { api: 0, metrics: 0 };
  readonly #ready = Promise.withResolvers<void>();
  /** Those who wait for a record of some name. */
  #waiting: { readonly msg: string; readonly said: PromiseWithResolvers<void> }[] = [];
  #logged = 0;
  #errors = 0;
  #code: number | undefined;

  private constructor({ args, before = [], env = {} }: MaglevdOptions) {
    const main = new URL("../../../main.ts", import.meta.url).pathname;
    const [maglevd] = programs;
    const run = ["run", ...maglevd.permissions, ...locked, "--no-check", main, ...args];
    const [program = "", ...words] = [...before, Deno.execPath(), ...run];
    this.#child = new Deno.Command(program, {
      args: words,
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#over = Promise.all([
      this.#read(),
      this.#child.status.then(({ code }) => this.#end(code)),
    ]);
  }

  /** Starts one from source; resolves when it listens. Throws when it doesn't. */
  static async start(options: MaglevdOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    const late = setTimeout(
      () => daemon.#ready.reject(new Error("maglevd did not start")),
      startMs,
    );
    try {
      await daemon.#ready.promise;
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The ports that it listens on. */
  get api(): number {
    return this.#ports.api;
  }

  get metrics(): number {
    return this.#ports.metrics;
  }

  /** Octets of its log so far. */
  get logged(): number {
    return this.#logged;
  }

  /** Records of level ERROR so far. */
  get errors(): number {
    return this.#errors;
  }

  /** The exit code once it has ended by itself. */
  get ended(): number | undefined {
    return this.#code;
  }

  /** What it holds now. */
  process(): ProcessSeen {
    return processNow(this.pid);
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves at its next record of this name; rejects when it ends before. */
  said(msg: string): Promise<void> {
    const said = Promise.withResolvers<void>();
    this.#waiting.push({ msg, said });
    return said.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#code === undefined) this.#child.kill("SIGKILL");
    await this.#over;
  }

  async #read(): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      this.#logged += bytes.length;
      const lines = (text + decoder.decode(bytes, { stream: true })).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#note(line);
    }
  }

  #note(line: string): void {
    this.tail.push(line);
    this.tail.splice(0, Math.max(0, this.tail.length - keptLines));
    const [, name, port] = listening.exec(line) ?? [];
    if (name === "api" || name === "metrics") this.#ports[name] = Number(port);
    if (this.api > 0 && this.metrics > 0) this.#ready.resolve();
    if (line.includes('"level":"ERROR"')) this.#errors++;
    if (line.includes('"msg":"backend-transition"') && line.includes('"to":"down"')) {
      this.downs.push(line);
    }
    this.#waiting = this.#waiting.filter(({ msg, said }) => {
      const isSaid = line.includes(`"msg":"${msg}"`);
      if (isSaid) said.resolve();
      return !isSaid;
    });
  }

  #end(code: number): void {
    this.#code = code;
    const error = new Error(`maglevd ended with exit code ${code}: ${this.tail.join("\n")}`);
    for (const { reject } of [this.#ready, ...this.#waiting.map(({ said }) => said)]) reject(error);
  }
}
