import { havePrograms, needing } from "../../support/programs.ts";
import { Terminal } from "./terminal.ts";

const root = new URL("../../../", import.meta.url).pathname;

/** The maglevd of fixed answers, in a process that can be killed and started again. */
class Server implements AsyncDisposable {
  #process: Deno.ChildProcess | undefined;
  port = 0;

  async start(): Promise<void> {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `${root}tests/cli/support/server.ts`, String(this.port)],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    this.port = Number(value);
  }

  async stop(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A shell in a terminal, the maglevd that it talks to, and the user's home. */
export interface Shell {
  readonly terminal: Terminal;
  readonly server: Server;
  readonly home: string;
}

/** A test in which maglevc's shell has been started in a terminal. */
export function shellTest(
  name: string,
  run: (shell: Shell) => Promise<void>,
  options: { size?: { columns: number; rows: number }; args?: string } = {},
): void {
  Deno.test(needing(havePrograms("tmux"), "tmux", name), async () => {
    const home = await Deno.makeTempDir();
    try {
      await using server = new Server();
      await server.start();
      const program = [Deno.execPath(), "run", "-A", root + "cli.ts"];
      await Deno.mkdir(`${home}/config/maglev`, { recursive: true });
      await Deno.writeTextFile(
        `${home}/config/maglev/servers.yaml`,
        `servers:\n  maglev:\n    address: 127.0.0.1:${server.port}\n`,
      );
      const flags = ["--server", "maglev", "--color=false", options.args ?? ""];
      await using terminal = await Terminal.open([...program, ...flags], {
        HOME: home,
        XDG_STATE_HOME: `${home}/state`,
        XDG_CONFIG_HOME: `${home}/config`,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        TZ: "UTC",
        LANG: "C.UTF-8",
      }, options.size);
      await run({ terminal, server, home });
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}
