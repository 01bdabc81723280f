/** What came back for one command. */
export type Answer = Record<string, unknown>;

/** Debian's Python, whose grpcio and h2 are the peers; others may lie before it in PATH. */
const python = "/usr/bin/python3";

/**
 * Makes Python modules of proto/ in a new directory, which the caller removes; of the `earlier`
 * contract, if a client is to be one that does not know what was added since.
 */
export async function makeStubs(contract: "present" | "earlier" = "present"): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "maglevd-stubs-" });
  const proto = new URL("../../../proto/", import.meta.url).pathname;
  const cwd = contract === "earlier" ? new URL("earlier/", import.meta.url).pathname : proto;
  const files = ["maglev.proto"];
  for (
    const name of ["health/v1/health", "reflection/v1/reflection", "reflection/v1alpha/reflection"]
  ) {
    files.push(`grpc/${name}.proto`);
  }
  const { success, stderr } = await new Deno.Command("protoc", {
    args: [`--python_out=${directory}`, "-I.", `-I${proto}`, ...files],
    cwd,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return directory;
}

/** A Python program that answers JSON commands line by line. */
export class PythonPeer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor(script: string, ...args: readonly string[]) {
    const path = new URL(script, import.meta.url).pathname;
    this.#process = new Deno.Command(python, {
      args: [path, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      env: { GRPC_VERBOSITY: "NONE" },
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#lines = lines(this.#process.stdout);
  }

  /** Sends a command and waits for its answer. */
  async do(name: string, args: object = {}): Promise<Answer> {
    await this.#writer.write(
      new TextEncoder().encode(`${JSON.stringify({ do: name, ...args })}\n`),
    );
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`the peer died during ${name}`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    while (!(await this.#lines.next()).done);
    await this.#process.status;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
