import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { within } from "../support/deadline.ts";
import { startDaemonProcess } from "../../tools/demo/daemon_process.ts";
import { firstAct, restartSays, secondAct } from "../../tools/demo/story.ts";
import { root } from "../e2e/support/places.ts";
import { Lines, run } from "../e2e/support/process.ts";
import { runtimeLocked } from "../../tools/programs.ts";

Deno.test("within twelve seconds of the demo's start both servers of a pool are broken", () => {
  const [first, second] = firstAct;
  ok(first?.deed.kind === "become" && second?.deed.kind === "become");
  ok(first.after + second.after <= 12);
  equal([first.deed.mood, second.deed.mood].includes("well"), false);
});

/** What is told of the measures that keep traffic safe. */
const safetyTells = [
  "frontend www: fails open",
  "frontend www: follows its checks again",
  "backend zrh1: kept down (",
  "backend ams1: drain begun",
  "backend ams1: drain ended",
];

Deno.test("the second act is short", () => {
  ok(secondAct.reduce((sum, { after }) => sum + after, 0) <= 40);
});

Deno.test(
  needing(
    havePrograms("curl", "bash"),
    "curl and bash",
    "the demo fails over, its commands work, and Ctrl-C ends everything",
  ),
  async () => {
    const demo = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...runtimeLocked, "tools/demo.ts"],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const lines = new Lines(demo.stdout);
    const errors = new Lines(demo.stderr);
    try {
      await lines.find("last command", (line) => line.includes("/metrics | grep"));
      const commands = lines.seen.filter((line) => /^ {2}(deno|npx|curl) /.test(line))
        .map((line) => line.trim());
      ok(commands.length >= 6, commands.join("\n"));

      // At the start zurich may be known to be up before amsterdam is, which is a failover as well.
      const crash = (line: string) => line.includes("ams2 crashes: ");
      await lines.find("the crash", crash, { withinMs: 60_000 });
      const from = lines.seen.findIndex(crash);
      const failover = "www: pool amsterdam -> zurich";
      await lines.find(failover, (line) => line.includes(failover), { from, withinMs: 60_000 });

      for (const command of commands) {
        // Who sits at a terminal is asked what to do about an outage.
        const answered = command.includes("maglevc set") ? `${command} --yes` : command;
        const { code, stdout, stderr } = await run("bash", "-c", `cd ${root} && ${answered}`);
        equal(code, 0, `${command}: ${stderr}`);
        ok(stdout.length > 10, `${command} printed: ${stdout}`);
        if (command.includes("show backends ams1")) match(stdout, /L7STS/);
      }
      await lines.find("the restart", (line) => line.includes(restartSays), { withinMs: 90_000 });
      const restart = lines.seen.findIndex((line) => line.includes(restartSays));
      const listens = (line: string) => line.includes("api-listening");
      await lines.find("the new maglevd", listens, { from: restart, withinMs: 60_000 });
      const [show = ""] = commands.filter((command) => command.includes("show frontends www"));
      const events = show.replace("show frontends www", "show events kind backend num 1000");
      const { stdout } = await run("bash", "-c", `cd ${root} && ${events}`);
      match(stdout, /ams2 up → down/, "what happened before the restart is still known");

      for (const told of safetyTells) {
        await lines.find(told, (line) => line.includes(told), { from: restart, withinMs: 120_000 });
      }
      const since = lines.seen.slice(restart);
      ok(since.some((line) => line.includes("frontend api: up -> down")), "api does not fail open");
      ok(!since.some((line) => line.includes("frontend www: up -> down")), "www does");
    } finally {
      demo.kill("SIGINT");
      const { code } = await within(15_000, "the end of the demo", demo.status);
      await Promise.all([lines.ended, errors.ended]);
      equal(code, 0);
    }
    equal(errors.seen.join("\n"), "");
    ok(lines.seen.at(-1)?.endsWith("stopped"), `${lines.seen.at(-1)}`);
  },
);

Deno.test("a port that somebody has taken meanwhile is told apart, and nothing is said of it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = `127.0.0.1:${listener.addr.port}`;
  const config = `${root}docs/examples/minimal.yaml`;
  const start = (...args: string[]) => {
    const lines: string[] = [];
    const process = startDaemonProcess([`--config=${config}`, ...args], (line) => lines.push(line));
    return { process, lines };
  };
  const options = ["--vpp-api-addr=", "--metrics-addr="];
  const late = start(...options, `--grpc-addr=${taken}`);
  await rejects(late.process.ready, Deno.errors.AddrInUse);
  equal(await late.process.ended, 3);
  deepEqual(late.lines.filter((line) => line.includes('"ERROR"')), []);
  const wrong = start(...options, "--log-level=loud");
  await rejects(wrong.process.ready, { message: "maglevd ended with exit code 2" });
});
