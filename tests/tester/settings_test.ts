import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { root } from "../../tools/programs.ts";
import { UsageError } from "../../lib/flags/mod.ts";
import { completionScript, flags, shells, usage } from "../../lib/tester/flags.ts";
import { readRequest, type Settings } from "../../lib/tester/settings.ts";
import { havePrograms, needing } from "../support/programs.ts";

const nowhere = new Map<string, string>();

function settings(...args: string[]): Settings {
  const request = readRequest(args, nowhere);
  if (request.kind !== "run") throw new Error(request.kind);
  return request.settings;
}

Deno.test("without flags it is what the specification says", () => {
  deepEqual(settings(), {
    configs: ["/etc/vpp-maglev/maglev.yaml"],
    intervalMs: 100,
    json: false,
    scheme: "",
    ask: {
      path: "/.well-known/ipng/healthz",
      header: "X-IPng-Frontend",
      timeoutMs: 2000,
      host: undefined,
      insecure: false,
    },
    keepalive: false,
    filter: undefined,
    durationMs: undefined,
    maxLoss: 0,
  });
});

Deno.test("flags say otherwise", () => {
  const given = settings(
    ...["--config", "a.yaml", "--config=b.yaml,c.yaml", "--interval=1s", "--timeout=500ms"],
    ...["--scheme", "http", "--host=www.example.net", "--path=/x", "--header=Server"],
    ...["--insecure", "--keepalive", "--filter=^web", "--json", "--max-loss=2.5%"],
  );
  deepEqual(given.configs, ["a.yaml", "b.yaml", "c.yaml"]);
  deepEqual([given.intervalMs, given.scheme, given.keepalive], [1000, "http", true]);
  deepEqual(given.ask, {
    ...{ path: "/x", header: "Server", timeoutMs: 500, host: "www.example.net", insecure: true },
  });
  deepEqual([given.filter, given.durationMs, given.maxLoss], [/^web/iu, 10_000, 2.5]);
  equal(settings("--json", "--duration=1m").durationMs, 60_000);
});

const wrong: readonly (readonly [arg: string, message: string])[] = [
  ["--config=,", "--config wants a file"],
  ["--interval=9ms", '--interval is 10ms or more, not "9ms"'],
  ["--interval=fast", '--interval wants a time such as 500ms or 2s, not "fast"'],
  ["--timeout=0", '--timeout wants a time such as 500ms or 2s, not "0"'],
  ["--duration=50ms", "--duration is not shorter than --interval, or VIPs would not be asked"],
  ["--scheme=icmp", '--scheme is http, https or tcp, not "icmp"'],
  ["--path=healthz", '--path begins with / and has no blanks, unlike "healthz"'],
  ["--path=/a\r\nX: y", '--path begins with / and has no blanks, unlike "/a\r\nX: y"'],
  ["--header=a b", '--header is the name of a header, which "a b" cannot be'],
  ["--host=a b", '--host has no blanks, unlike "a b"'],
  ["--filter=(", '"(" is not a regular expression'],
  ["--max-loss=101", '--max-loss is a percentage from 0 to 100, not "101"'],
  ["--max-loss=-1", '--max-loss is a percentage from 0 to 100, not "-1"'],
  ["web", 'unexpected argument "web": there are flags only, see --help'],
];

for (const [arg, message] of wrong) {
  Deno.test(`${JSON.stringify(arg)} is refused with a sentence`, () => {
    throws(() => settings(arg), { name: "UsageError", message });
  });
}

Deno.test("help names every flag, completion has a script for three shells and no other", () => {
  for (const { name } of flags) match(usage(), new RegExp(`^  --${name} `, "m"));
  for (const line of usage().split("\n")) ok(line.length <= 80, line);
  equal(readRequest(["--help"], nowhere).kind, "help");
  equal(readRequest(["--version"], nowhere).kind, "version");
  deepEqual(readRequest(["completion", "zsh"], nowhere), { kind: "completion", shell: "zsh" });
  for (const words of [[], ["csh"], ["bash", "zsh"]]) {
    throws(() => readRequest(["completion", ...words], nowhere), UsageError);
  }
});

for (const shell of shells) {
  Deno.test({
    ...needing(havePrograms(shell), shell, `the completion script is one that ${shell} takes`),
    async fn() {
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(file, completionScript(shell));
      const { success, stderr } = await new Deno.Command(shell, { args: ["-n", file] }).output();
      await Deno.remove(file);
      equal(new TextDecoder().decode(stderr), "");
      equal(success, true);
    },
  });
}

Deno.test({
  ...needing(havePrograms("bash"), "bash", "bash completes flags, values and files"),
  async fn() {
    const complete = async (...words: string[]) => {
      const script = `${completionScript("bash")}
COMP_WORDS=(maglevt "$@"); COMP_CWORD=$#; _maglevt; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const args = ["--norc", "-c", script, "bash", ...words];
      const { stdout } = await new Deno.Command("bash", { args, cwd: root }).output();
      return new TextDecoder().decode(stdout).trim().split("\n");
    };
    deepEqual(await complete("--he"), ["--header", "--help"]);
    deepEqual(await complete("--scheme", "h"), ["http", "https"]);
    deepEqual(await complete("--scheme", "=", "t"), ["tcp"]);
    deepEqual(await complete("--config", "READ"), ["README.md"]);
    deepEqual(await complete("completion", "f"), ["fish"]);
  },
});
