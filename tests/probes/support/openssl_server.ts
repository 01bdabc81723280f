import type { Credentials } from "./certificates.ts";

/** A real `openssl s_server`, which takes one connection after the other. */
export class OpensslServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #directory: string;
  readonly #output: ReadableStreamDefaultReader<string>;
  #commanded: Promise<void> | undefined;
  readonly port: number;

  private constructor(
    child: Deno.ChildProcess,
    directory: string,
    output: ReadableStreamDefaultReader<string>,
    port: number,
  ) {
    this.#child = child;
    this.#directory = directory;
    this.#output = output;
    this.port = port;
  }

  /** Starts one with `args` beside the port and the certificate; it answers HTTP with a page. */
  static async start({ cert, key }: Credentials, ...args: string[]): Promise<OpensslServer> {
    const directory = await Deno.makeTempDir({ prefix: "mgl-s_server-" });
    await Deno.writeTextFile(`${directory}/cert.pem`, cert);
    await Deno.writeTextFile(`${directory}/key.pem`, key);
    const child = new Deno.Command("openssl", {
      args: [
        ...["s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem"],
        ...args,
      ],
      cwd: directory,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    for (;;) {
      const { value, done } = await output.read();
      said += value ?? "";
      const port = /ACCEPT .*:(\d+)\s/.exec(said)?.[1];
      if (port !== undefined) return new OpensslServer(child, directory, output, Number(port));
      if (done) throw new Error(`openssl s_server ${args.join(" ")} did not start: ${said}`);
    }
  }

  /** When a client is connected, tells the server this again and again, until it ends. */
  command(line: string): void {
    this.#commanded = this.#command(line);
  }

  async #command(line: string): Promise<void> {
    await this.#output.read();
    const writer = this.#child.stdin.getWriter();
    const lines = new TextEncoder().encode(`${line}\n`.repeat(1000));
    try {
      for (;;) await writer.write(lines);
    } catch {
      // The server ends with its client, or with the test.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // It ended by itself.
    }
    await this.#child.status;
    await this.#commanded;
    await this.#output.cancel();
    if (!this.#commanded) await this.#child.stdin.close();
    await Deno.remove(this.#directory, { recursive: true });
  }
}
