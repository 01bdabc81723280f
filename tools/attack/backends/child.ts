/** A process beside this one that prints a line at a time, and is told one at a time. */
export class Child implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #read: Promise<void>;
  readonly #each: ((line: string) => void) | undefined;
  #come = () => {};
  #code: number | undefined;

  /**
   * Runs a module of this tree by Deno, with `nice` (nice(1)) where this is root, so that others on
   * this machine are not what is measured. `each` takes the lines, else {@link line} gives them.
   */
  constructor(
    module: string,
    nice: number,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
    each?: (line: string) => void,
  ) {
    const path = new URL(module, import.meta.url).pathname;
    this.#each = each;
    const priority = Deno.uid() === 0 ? nice : 0;
    this.#child = new Deno.Command("nice", {
      args: [
        ...["-n", `${priority}`, Deno.execPath()],
        ...["run", "-A", "--frozen", "--no-check", path, ...args],
      ],
      ...(env ? { env } : {}),
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#read = this.#readLines();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The exit code, once it has ended. */
  get code(): number | undefined {
    return this.#code;
  }

  /** The next line. Rejects when it ends before. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#code !== undefined) throw new Error(`a process ended with code ${this.#code}`);
      await new Promise<void>((resolve) => this.#come = resolve);
    }
  }

  /** Tells it a line. */
  async tell(line: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async #readLines(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      if (this.#each) parts.forEach(this.#each);
      else this.#lines.push(...parts);
      this.#come();
    }
    this.#code = (await this.#child.status).code;
    this.#come();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#code === undefined) this.#child.kill("SIGKILL");
    await this.#read;
    await this.#writer.abort().catch(() => {
      // It was closed with the process.
    });
  }
}
