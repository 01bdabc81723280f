import { daemonEngine, runtimeLocked } from "../../tools/programs.ts";
/** The maglevd whose event loop is watched. */

const main = new URL("../../main.ts", import.meta.url).pathname;
const probe = new URL("probe.ts", import.meta.url).pathname;

/** How long the loop did not come round, in milliseconds of CPU, and how often longer than 10. */
export interface Held {
  readonly loop: number;
  readonly long: number;
}

/** A maglevd with bench/loop/probe.ts in it. */
export class WatchedMaglevd implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #over: Promise<unknown>;
  readonly #waiting: { readonly what: RegExp; readonly found: PromiseWithResolvers<string> }[] = [];

  /** Starts it with these arguments. */
  constructor(args: readonly string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        ...daemonEngine,
        ...runtimeLocked,
        "--no-check",
        "--preload",
        probe,
        main,
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#over = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
  }

  /** The next line of its log, or of the probe's, that is like this. */
  line(what: RegExp): Promise<string> {
    const found = Promise.withResolvers<string>();
    this.#waiting.push({ what, found });
    return found.promise;
  }

  /** How the loop fared since the last time. */
  async held(): Promise<Held> {
    const line = this.line(/^\{"loop"/);
    await this.#writer.write(new TextEncoder().encode("\n"));
    return JSON.parse(await line);
  }

  /** Has it load its configuration again; resolves when that is in force. */
  async reload(): Promise<void> {
    const done = this.line(/"msg":"config-reload-done"/);
    this.#child.kill("SIGHUP");
    await done;
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await this.#writer.abort().catch(() => {});
    await this.#over;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#note(line);
    }
  }

  #note(line: string): void {
    if (/"level":"(WARN|ERROR)"|^error|^Uncaught/.test(line)) console.error(line);
    for (const [i, { what, found }] of this.#waiting.entries()) {
      if (!what.test(line)) continue;
      this.#waiting.splice(i, 1);
      found.resolve(line);
      return;
    }
  }
}
