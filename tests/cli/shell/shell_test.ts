import assert from "node:assert/strict";
import { shellTest } from "../support/shell.ts";

shellTest("the shell says both sides' versions, then prompts", async ({ terminal }) => {
  await terminal.contains("maglevc 0.");
  await terminal.contains("maglevd 0.1.0 (commit 1a2b3c4, built 2026-01-01T00:00:00Z) at maglev");
  await terminal.endsWith("maglev>");
});

shellTest("Tab completes a unique keyword with a blank behind it", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.type("sh");
  await terminal.key("Tab");
  await terminal.type("h");
  await terminal.key("Tab");
  await terminal.type("w");
  await terminal.endsWith("maglev> show healthchecks w");
});

shellTest("Tab lists live names, fills what they share and restores the line", async (shell) => {
  const { terminal } = shell;
  await terminal.endsWith("maglev>");
  await terminal.type("show backends n");
  await terminal.key("Tab");
  await terminal.endsWith("nginx0  nginx1\nmaglev> show backends nginx");
  await terminal.type("1");
  await terminal.key("Tab", "Enter");
  await terminal.contains("L4CON (connection refused)");
});

shellTest("? prints a line of help per choice and keeps the line", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.type("show vpp ?");
  await terminal.endsWith(
    "  info  Version, process and uptime of VPP\n  lb    The lb plugin\nmaglev> show vpp",
  );
});

shellTest("? inside quotes is a character", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter('show backends "a?b"');
  await terminal.contains("no backend matches a?b");
});

shellTest("an unknown word is marked with a caret", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter("show foo");
  await terminal.contains('maglev> show foo\n             ^\n"foo" is not known here');
});

shellTest("a quote that is left open is marked, and nothing is run", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter('show "version');
  await terminal.contains('maglev> show "version\n             ^\nthe quote " is not closed');
});

shellTest("an ambiguous word is answered with what it could be", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter("s");
  await terminal.contains('"s" is ambiguous: show, set, sync');
});

shellTest("editing keys work in the middle of a line with wide characters", async (shell) => {
  const { terminal } = shell;
  await terminal.endsWith("maglev>");
  await terminal.type("日本 backends");
  await terminal.key("C-a", "C-Right", "C-w");
  await terminal.type("show ");
  await terminal.endsWith("maglev> show backends");
  await terminal.key("C-e", "C-u");
  await terminal.type("x");
  await terminal.endsWith("maglev> x");
});

shellTest("Up and Ctrl-R find earlier lines, also those of an earlier shell", async (shell) => {
  const { terminal, home } = shell;
  await terminal.endsWith("maglev>");
  await terminal.enter("show version");
  await terminal.enter("show foo");
  await terminal.contains('"foo" is not known here');
  await terminal.key("Up", "Up");
  await terminal.endsWith("maglev> show version");
  await terminal.key("C-u", "C-r");
  await terminal.type("foo");
  await terminal.endsWith("(reverse-search) 'foo': show foo");
  await terminal.key("BSpace");
  await terminal.endsWith("(reverse-search) 'fo': show foo");
  await terminal.key("C-g");
  await terminal.endsWith("maglev>");
  await terminal.type("ab");
  await terminal.endsWith("maglev> ab");
  const path = `${home}/state/maglevc/history`;
  assert.equal(await Deno.readTextFile(path), "show version\nshow foo\n");
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
});

shellTest("several lines pasted at once run one after the other", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.type("show healthchecks ping\nshow foo\nshow version\n");
  await terminal.contains("1m30s");
  await terminal.contains('"foo" is not known here');
  await terminal.endsWith("maglev>");
  const screen = await terminal.screen();
  assert.ok(screen.indexOf("1m30s") < screen.indexOf("show foo"), screen);
});

shellTest("a long line is taken as fast as it is pasted", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter(`show${" ".repeat(5000)}foo`);
  await terminal.contains('"foo" is not known here');
});

shellTest("several backends are changed only after a yes", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter("set backend nginx* pause");
  await terminal.contains("frontend www: fails over from main to fallback, weight 150 → 10");
  await terminal.endsWith("pause these 2 backends? [y/N]");
  await terminal.enter("n");
  await terminal.contains("nothing was changed");
  await terminal.enter("set backend nginx* pause");
  await terminal.endsWith("pause these 2 backends? [y/N]");
  await terminal.enter("y");
  await terminal.contains("backend nginx0 is paused\nbackend nginx1 is paused");
});

shellTest("Ctrl-C and Ctrl-D at a question are a no", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  for (const key of ["C-c", "C-d"]) {
    await terminal.enter("set backend nginx1 disable");
    await terminal.endsWith("disable backend nginx1? [y/N]");
    await terminal.key(key);
    await terminal.endsWith("nothing was changed\nmaglev>");
    await terminal.enter("set backend nginx1 disable --yes --dry-run");
    await terminal.endsWith("dry run: nothing was changed\nmaglev>");
    await terminal.key("C-l");
  }
});

shellTest("flags at the start hold for every line that has a use for them", async (shell) => {
  const { terminal } = shell;
  await terminal.endsWith("maglev>");
  await terminal.enter("set backend nginx1 disable");
  await terminal.endsWith("dry run: nothing was changed\nmaglev>");
  await terminal.enter("show version");
  await terminal.contains("maglev> show version\nmaglevc 0.");
}, { args: "--dry-run" });

shellTest("a single command asks on its terminal, too", async ({ terminal }) => {
  await terminal.endsWith("disable backend nginx1? [y/N]");
  await terminal.enter("y");
  await terminal.contains("backend nginx1 is disabled");
  await terminal.endsWith("$");
}, { args: "set backend nginx1 disable" });

for (const [key, name] of [["C-c", "Ctrl-C"], ["C-d", "Ctrl-D"]] as const) {
  shellTest(`${name} at the question of a single command is a no`, async ({ terminal }) => {
    await terminal.endsWith("disable backend nginx1? [y/N]");
    await terminal.key(key);
    await terminal.contains("error: nothing was changed");
    await terminal.endsWith("$");
  }, { args: "set backend nginx1 disable" });
}

shellTest("a watch in the background leaves the terminal alone and goes on", async (shell) => {
  const end = performance.now() + 15_000;
  const output = () => Deno.readTextFile(`${shell.home}/out`).catch(() => "");
  while (!(await output()).includes('"nginx1"') && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.match(await output(), /"nginx1"/, await shell.terminal.screen());
}, { args: "watch events num 3 > $HOME/out &" });

shellTest("Ctrl-Z stops the shell, and fg brings back a shell that listens", async (shell) => {
  const { terminal } = shell;
  await terminal.endsWith("maglev>");
  await terminal.type("show ver");
  await terminal.key("C-z");
  await terminal.endsWith("$");
  await terminal.enter("stty -a | grep -o ' icanon'");
  await terminal.endsWith(" icanon\n$");
  await terminal.enter("fg");
  await terminal.endsWith("maglev> show ver");
  await terminal.enter("sionx");
  await terminal.contains('"versionx" is not known here');
  await terminal.endsWith("maglev>");
});

shellTest("Ctrl-Z stops the shell while a command runs, which goes on after fg", async (shell) => {
  const { terminal } = shell;
  await terminal.endsWith("maglev>");
  await terminal.type("wait backend nginx0 down --timeout 1h");
  await terminal.key("Enter", "C-z");
  await terminal.endsWith("$");
  await terminal.enter("fg");
  await terminal.isTaken();
  await terminal.key("C-c");
  await terminal.endsWith("cancelled\nmaglev>");
});

shellTest("Ctrl-C also means a command that has not begun yet", async ({ terminal, home }) => {
  await terminal.endsWith("maglev>");
  await Deno.mkdir(`${home}/state/maglevc`, { recursive: true });
  // The line is saved before it runs, and this history takes nothing until somebody reads it.
  await new Deno.Command("mkfifo", { args: [`${home}/state/maglevc/history`] }).output();
  await terminal.type("wait backend nginx0 down --timeout 1h");
  await terminal.key("Enter", "C-c");
  await terminal.enter("show version");
  await Deno.readTextFile(`${home}/state/maglevc/history`);
  await terminal.contains("cancelled\nmaglev> show version");
});

shellTest("a single watch that was stopped goes on after fg until any key", async (shell) => {
  const { terminal } = shell;
  await terminal.contains("probing  impaired");
  await terminal.key("C-z");
  await terminal.endsWith("$");
  await terminal.enter("fg");
  await terminal.isTaken();
  await terminal.type("q");
  await terminal.endsWith("$");
  await terminal.enter("stty -a | grep -o ' icanon'");
  await terminal.endsWith(" icanon\n$");
}, { args: "watch events pretty" });

shellTest("Ctrl-W deletes up to white space, Alt-Backspace up to a dash", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.type("show backends web-1.example");
  await terminal.key("C-w");
  await terminal.type("a-b-c");
  await terminal.key("M-BSpace");
  await terminal.type("x");
  await terminal.endsWith("maglev> show backends a-b-x");
  await terminal.key("C-w", "C-w", "C-w");
  await terminal.type("y");
  await terminal.endsWith("maglev> y");
});

shellTest("Tab in the middle of a word does not put in what stands there", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.type("show healthchecks");
  await terminal.key("C-Left", "Right", "Right", "Right", "Tab");
  await terminal.type("web");
  await terminal.endsWith("maglev> show healthchecks web");
  await terminal.key("C-a", "Right", "Right", "Tab");
  await terminal.type("X");
  await terminal.endsWith("maglev> showX healthchecks web");
});

shellTest("help prints every command", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter("help");
  await terminal.contains("  show version                      Versions of this maglevc");
  await terminal.contains("  --timeout span ");
  await terminal.endsWith("maglev>");
}, { size: { columns: 80, rows: 120 } });

shellTest("Tab on what there is not says that, and not that maglevd is silent", async (shell) => {
  const { terminal } = shell;
  await terminal.endsWith("maglev>");
  await terminal.type("set frontend nowhere pool ");
  await terminal.key("Tab");
  await terminal.contains('(names are not known: frontend "nowhere" not found)');
});

shellTest("any key ends watch events and the prompt is back", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter("watch events pretty");
  await terminal.contains("anonymous from 198.51.100.9");
  await terminal.type("q");
  await terminal.endsWith("maglev>");
});

shellTest("a lost maglevd is one line, the next command finds it again", async (shell) => {
  const { terminal, server } = shell;
  await terminal.endsWith("maglev>");
  await server.stop();
  await terminal.enter("show backends");
  await terminal.contains(`cannot reach maglevd at maglev (127.0.0.1:${server.port}):`);
  await terminal.type("show ba");
  await terminal.key("Tab");
  await terminal.endsWith("maglev> show backends");
  await terminal.key("Tab");
  await terminal.contains("(names are not known: maglevd does not answer)");
  await server.start();
  await terminal.key("Enter");
  await terminal.contains("nginx0  192.0.2.10");
});

shellTest("watch events says that maglevd went away and that it is back", async (shell) => {
  const { terminal, server } = shell;
  await terminal.endsWith("maglev>");
  await terminal.enter("watch events pretty");
  await terminal.contains("probing  impaired");
  await server.stop();
  await terminal.contains("trying again");
  await server.start();
  await terminal.contains(`maglevd at maglev (127.0.0.1:${server.port}) is back`);
  await terminal.key("x");
  await terminal.endsWith("maglev>");
}, { size: { columns: 100, rows: 60 } });

shellTest("a narrow window that changes its size keeps the line", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.type("show frontends somewhere-far-away");
  await terminal.resize(60, 12);
  await terminal.contains("maglev> show frontends somewhere-far-away");
  await terminal.key("C-u");
  await terminal.type("show v?");
  await terminal.contains("vpp      VPP and its load balancer");
}, { size: { columns: 30, rows: 10 } });

shellTest("a line of several rows is edited where it stands", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.enter("show foo");
  await terminal.contains('"foo" is not known here');
  await terminal.endsWith("maglev>");
  await terminal.type("show frontends somewhere-far-away-and-farther");
  for (const letter of ["x", "y"]) {
    await terminal.key("Left");
    await terminal.type(letter);
  }
  await terminal.endsWith("maglev> show frontends somewhere-far-awa\ny-and-fartheyxr");
  await terminal.contains('"foo" is not known here');
}, { size: { columns: 40, rows: 12 } });

shellTest("Ctrl-C drops the line, Ctrl-D and quit leave and give the terminal back", async (s) => {
  const { terminal } = s;
  await terminal.endsWith("maglev>");
  await terminal.type("show nonsense");
  await terminal.key("C-c");
  await terminal.endsWith("maglev> show nonsense\nmaglev>");
  await terminal.key("C-d");
  // Until then what is typed is still the shell's that is ending.
  await terminal.endsWith("maglev>\n$");
  await terminal.enter("stty -a | grep -o ' icanon'");
  await terminal.endsWith(" icanon\n$");
});

shellTest("SIGTERM gives the terminal back as well", async ({ terminal }) => {
  await terminal.endsWith("maglev>");
  await terminal.signal("TERM");
  await terminal.endsWith("$");
  await terminal.enter("stty -a | grep -o ' icanon'");
  await terminal.endsWith(" icanon\n$");
});
