/** A real terminal to type into and look at: a tmux server of the test's own. */

import assert from "node:assert/strict";

/** How long a screen may take to show what is expected, in milliseconds. */
const patienceMs = 15_000;

let count = 0;

/** Resolves when a process is gone. */
async function ended(pid: string): Promise<void> {
  const end = performance.now() + patienceMs;
  const isThere = () => Deno.stat(`/proc/${pid}`).then(() => true, () => false);
  while (performance.now() < end && await isThere()) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A terminal running one program. */
export class Terminal implements AsyncDisposable {
  readonly #socket = `maglevc-test-${Deno.pid}-${count++}`;

  private constructor() {}

  /** Starts `command` with `environment` in a terminal of that size. */
  static async open(
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
    size = { columns: 80, rows: 24 },
  ): Promise<Terminal> {
    const terminal = new Terminal();
    const sizes = ["-x", String(size.columns), "-y", String(size.rows)];
    const variables = Object.entries(environment).flatMap(([k, v]) => ["-e", `${k}=${v}`]);
    await terminal.#tmux("new-session", "-d", ...sizes, ...variables, "sh");
    await terminal.#tmux("set-option", "-g", "remain-on-exit", "on");
    await terminal.type(`PS1='$ '; clear; ${command.join(" ")}`);
    await terminal.key("Enter");
    return terminal;
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  /** Types text, and Enter behind it. */
  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.key("Enter");
  }

  /** Presses keys by tmux's names: Enter, Tab, C-r, Left. */
  async key(...names: string[]): Promise<void> {
    await this.#tmux("send-keys", ...names);
  }

  /** Sends a signal to the program that runs in it. */
  async signal(name: string): Promise<void> {
    const shell = (await this.#tmux("display-message", "-p", "#{pane_pid}")).trim();
    await new Deno.Command("pkill", { args: [`-${name}`, "-P", shell] }).output();
  }

  /** Changes the size of the window. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What the screen shows, without trailing blanks. */
  async screen(): Promise<string> {
    const text = await this.#tmux("capture-pane", "-p");
    return text.split("\n").map((line) => line.trimEnd()).join("\n").trimEnd();
  }

  /** What programs have set: `alternate screen 0, cursor 1, wrap 1` is how a shell has it. */
  async modes(): Promise<string> {
    const format = "alternate screen #{alternate_on}, cursor #{cursor_flag}, wrap #{wrap_flag}";
    return (await this.#tmux("display-message", "-p", format)).trim();
  }

  /** Waits until the screen ends in `expected`; an assertion shows the screen when it does not. */
  async endsWith(expected: string): Promise<void> {
    await this.#until((screen) => screen.endsWith(expected), expected);
  }

  /** Waits until the screen contains `expected`. */
  async contains(expected: string): Promise<void> {
    await this.#until((screen) => screen.includes(expected), expected);
  }

  /** Waits until a program has taken the terminal, as editors do: it gets each key at once. */
  async isTaken(): Promise<void> {
    const tty = (await this.#tmux("display-message", "-p", "#{pane_tty}")).trim();
    const end = performance.now() + patienceMs;
    for (;;) {
      const { stdout } = await new Deno.Command("stty", { args: ["-F", tty, "-a"] }).output();
      if (new TextDecoder().decode(stdout).includes("-icanon")) return;
      assert.ok(performance.now() < end, await this.screen());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resolves when what ran in it has ended, too: it may write until then. */
  async [Symbol.asyncDispose](): Promise<void> {
    const shell = (await this.#tmux("display-message", "-p", "#{pane_pid}")).trim();
    const { stdout } = await new Deno.Command("pgrep", { args: ["-P", shell] }).output();
    await this.#tmux("kill-server");
    for (const pid of new TextDecoder().decode(stdout).split(/\s+/)) {
      if (pid !== "") await ended(pid);
    }
  }

  async #until(holds: (screen: string) => boolean, expected: string): Promise<void> {
    const end = performance.now() + patienceMs;
    let screen = await this.screen();
    while (!holds(screen) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      screen = await this.screen();
    }
    if (!holds(screen)) assert.equal(screen, expected);
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-L", this.#socket, "-f", "/dev/null", ...args],
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`tmux ${args.join(" ")}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }
}
