import { equal, ok } from "node:assert/strict";
import { Terminal } from "../../cli/support/terminal.ts";
import { havePrograms, needing } from "../../support/programs.ts";
import { configFile, maglevt, webFrontend, WebServer } from "../support/program.ts";

const here = needing.bind(undefined, havePrograms("tmux", "stty", "pgrep", "pkill"), "tmux");

/** Asserts that the shell has its terminal back: its screen, its modes, and its cursor. */
async function isRestored(terminal: Terminal): Promise<void> {
  // What is typed before that would go to maglevt.
  await terminal.endsWith("$");
  await terminal.type("echo modes: $(stty -a | grep -o -- '-*icanon\\|-*echo ')");
  await terminal.key("Enter");
  await terminal.contains("modes: icanon echo\n$");
  const screen = await terminal.screen();
  ok(!screen.includes("OK %"), screen);
  equal(await terminal.modes(), "alternate screen 0, cursor 1, wrap 1");
}

const size = { columns: 80, rows: 24 };

Deno.test({
  ...here("the screen follows servers that die and come back, and keys; q gives the terminal back"),
  async fn() {
    await using web = new WebServer("web1");
    await using file = await configFile(
      webFrontend("web", web.port),
      `other: { address: 127.0.0.1, protocol: tcp, port: ${web.port + 1}, POOLS }`,
    );
    await using terminal = await Terminal.open(
      maglevt("--config", file.path, "--interval=20ms"),
      {},
      size,
    );
    await terminal.contains("ok   web ");
    equal(await terminal.modes(), "alternate screen 1, cursor 0, wrap 0");
    await terminal.contains("http  web1 ");
    await web.die();
    await terminal.contains("FAIL web ");
    await terminal.contains("connection refused");
    web.comeBack();
    await terminal.contains("loss web ");
    await terminal.type("s");
    await terminal.contains("sorted: name");
    await terminal.type("/^web");
    await terminal.key("Enter");
    await terminal.contains("/^web/ 1 shown");
    ok(!(await terminal.screen()).includes("\nFAIL other"), await terminal.screen());
    await terminal.type("r");
    await terminal.contains("ok   web ");
    await terminal.type("p");
    await terminal.contains("PAUSED");
    await terminal.type("?");
    await terminal.contains("any key goes back");
    await terminal.type("x");
    await terminal.resize(150, 12);
    await terminal.contains("answered by");
    await terminal.type("q");
    await isRestored(terminal);
  },
});

for (const signal of ["INT", "TERM", "HUP"]) {
  Deno.test({
    ...here(`SIG${signal} gives the terminal back`),
    async fn() {
      await using web = new WebServer("web1");
      await using file = await configFile(webFrontend("web", web.port));
      await using terminal = await Terminal.open(maglevt("--config", file.path), {}, size);
      await terminal.contains("ok   web ");
      await terminal.signal(signal);
      await isRestored(terminal);
    },
  });
}

Deno.test({
  ...here("Ctrl-Z gives the terminal back, and fg takes it again"),
  async fn() {
    await using web = new WebServer("web1");
    await using file = await configFile(webFrontend("web", web.port));
    await using terminal = await Terminal.open(maglevt("--config", file.path), {}, size);
    await terminal.contains("ok   web ");
    await terminal.key("C-z");
    await terminal.contains("Stopped");
    await terminal.type("fg");
    await terminal.key("Enter");
    await terminal.contains("ok   web ");
    await terminal.key("C-c");
    await terminal.endsWith("$");
    ok(!(await terminal.screen()).includes("OK %"));
  },
});

Deno.test({
  ...here("the end of --duration gives the terminal back, with the code for what was lost"),
  async fn() {
    await using file = await configFile(webFrontend("web", 1));
    const command = [
      ...maglevt("--config", file.path, "--duration=1s"),
      ";",
      "echo",
      "ended:",
      "$?",
    ];
    await using terminal = await Terminal.open(command, {}, size);
    await terminal.contains("ended: 5");
    await isRestored(terminal);
  },
});

Deno.test({
  ...here("an error that nobody expected gives the terminal back, and is told"),
  async fn() {
    const script = new URL("../support/crash.ts", import.meta.url).pathname;
    const command = [Deno.execPath(), "run", "-A", "--quiet", "--no-check", script];
    await using terminal = await Terminal.open(command, {}, size);
    await terminal.contains("ended by: nobody expected this");
    await isRestored(terminal);
  },
});

Deno.test({
  ...here("a dumb terminal is refused"),
  async fn() {
    await using file = await configFile(webFrontend("web", 1));
    const [program = "", ...rest] = maglevt("--config", file.path);
    await using terminal = await Terminal.open(["TERM=dumb", program, ...rest], {}, size);
    await terminal.contains("the screen needs a terminal");
    equal((await terminal.screen()).includes("OK %"), false);
  },
});
