/** What a program printed and how it ended. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(program: string, ...args: string[]): Promise<Output> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs a program that must succeed, and returns what it printed. */
export async function must(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, ...args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: exit code ${code}: ${stderr}`);
  return stdout;
}

/** Whether a process ignores a signal of this number (proc(5), `SigIgn`). */
export function ignores(pid: number, signal: number): boolean {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const [, ignored = ""] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  return (BigInt(`0x${ignored}`) >> BigInt(signal - 1) & 1n) === 1n;
}

/** Lines of a stream as they come. Whoever waits for one that doesn't come gets an error. */
export class Lines {
  readonly seen: string[] = [];
  readonly ended: Promise<void>;
  #wake = () => {};
  #over = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  /** The first line, past or to come, from index `from` on, that `match` says yes to. */
  async find(
    what: string,
    match: (line: string) => boolean,
    { from = 0, withinMs = 15_000 }: { from?: number; withinMs?: number } = {},
  ): Promise<string> {
    const deadline = performance.now() + withinMs;
    for (let i = from;; i++) {
      while (i >= this.seen.length) await this.#more(what, deadline);
      const line = this.seen[i] ?? "";
      if (match(line)) return line;
    }
  }

  async #more(what: string, deadline: number): Promise<void> {
    const left = deadline - performance.now();
    if (this.#over || left <= 0) {
      const why = this.#over ? "the output has ended" : "it took too long";
      throw new Error(`no ${what}: ${why}. Seen:\n${this.seen.join("\n")}`);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, left);
    });
    clearTimeout(timer);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      this.seen.push(...lines);
      this.#wake();
    }
    if (rest !== "") this.seen.push(rest);
    this.#over = true;
    this.#wake();
  }
}
