/** A program under test: a process of its own, so that its CPU is its own. */
export class Peer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    const options = { env, stdin: "piped", stdout: "piped" } as const;
    this.#process = new Deno.Command(command, { ...options, args: [...args] }).spawn();
    this.#lines = lines(this.#process.stdout);
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (!done) return value;
    const { code, signal } = await this.#process.status;
    throw new Error(`the program has ended by ${signal ?? `exit code ${code}`}`);
  }

  /** Sends it a line. */
  async tell(text: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${text}\n`));
    writer.releaseLock();
  }

  /** Seconds of CPU spent so far, user and system. */
  cpu(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.#process.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Seconds that its main thread waited for a CPU so far: others had it. */
  waited(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.#process.pid}/schedstat`);
    return Number(stat.split(" ")[1]) / 1e9;
  }

  /** Resident memory in bytes. */
  memory(): number {
    return residentBytes(this.#process.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#process.status;
    await this.#process.stdin.abort().catch(() => {});
    while (!(await this.#lines.next()).done);
  }
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

const ticksPerSecond = 100;

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** What a program prints. Throws when it fails. */
export async function output(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`${command} failed: ${text}${new TextDecoder().decode(stderr)}`);
  return text;
}
