import assert from "node:assert/strict";
import { parseFlags, splitLineFlags } from "../../lib/cli/flags.ts";
import { hostField, parseEndpoint } from "../../lib/cli/servers.ts";

const none = { get: () => undefined };

Deno.test("flags may stand anywhere, the rest are words", () => {
  const flags = parseFlags(["show", "--json", "backends", "--server=a:1", "--color"], none);
  assert.deepEqual(flags.words, ["show", "backends"]);
  assert.equal(flags.server, "a:1");
  assert.equal(flags.json, true);
  assert.equal(flags.color, true);
});

Deno.test("one dash is as good as two, and a number is a word", () => {
  const flags = parseFlags(["-color=true", "-server", "a:1", "weight", "-1", "-"], none);
  assert.deepEqual([flags.color, flags.server, flags.words], [true, "a:1", ["weight", "-1", "-"]]);
  assert.equal(parseFlags(["-h"], none).help, true);
});

Deno.test("after -- everything is a word", () => {
  assert.deepEqual(parseFlags(["--", "--json"], none).words, ["--", "--json"]);
  assert.deepEqual(parseFlags(["show", "--"], none).words, ["show", "--"]);
  assert.deepEqual(parseFlags(["--"], none).words, []);
});

Deno.test("the server comes from the flag, else the environment", () => {
  const environment = { get: (name: string) => name === "MAGLEV_SERVER" ? "env:2" : undefined };
  assert.equal(parseFlags([], environment).server, "env:2");
  assert.equal(parseFlags(["--server", "flag:1"], environment).server, "flag:1");
  assert.equal(parseFlags([], none).server, "");
});

Deno.test("colour is undecided unless said", () => {
  assert.equal(parseFlags([], none).color, undefined);
  assert.equal(parseFlags(["--color=false"], none).color, false);
  assert.throws(() => parseFlags(["--color=maybe"], none), {
    message: '--color wants true or false, not "maybe"',
  });
});

Deno.test("unknown flags and missing values are refused", () => {
  assert.throws(() => parseFlags(["--frobnicate"], none), {
    message: "unknown flag --frobnicate; see maglevc --help",
  });
  assert.throws(() => parseFlags(["--server"], none), { message: "--server wants a value" });
});

Deno.test("flags are read in lines as on the command line, wherever they stand", () => {
  const line = "set --json=true backend -timeout 5s web0 --yes disable -dry-run -- --json";
  const words = line.split(" ").map((text, at) => ({ text, at }));
  const split = splitLineFlags(words);
  assert.deepEqual(split.flags, { json: true, yes: true, dryRun: true, timeout: "5s" });
  assert.deepEqual(split.words.map(({ text }) => text), [
    ...["set", "backend", "web0", "disable", "--", "--json"],
  ]);
  assert.equal(split.words[1]?.at, 2, "words know where they stood");
  for (
    const [wrong, message] of [
      ["show -1 --foo", "unknown flag --foo; see maglevc --help"],
      ["show --timeout", "--timeout wants a value"],
      ["show --keep-going", "--keep-going is for the start of maglevc, not for a line"],
      ["show --server=a", "--server is for the start of maglevc, not for a line"],
    ] as const
  ) {
    assert.throws(() => splitLineFlags(wrong.split(" ").map((text) => ({ text }))), { message });
  }
});

Deno.test("a server is host:port, with brackets for IPv6 and 9090 when left out", () => {
  const host = (server: string) => hostField(parseEndpoint(server));
  assert.equal(host("router:1234"), "router:1234");
  assert.equal(host(":1234"), "localhost:1234");
  assert.equal(host("router"), "router:9090");
  assert.equal(host("[2001:db8::1]:1234"), "[2001:db8::1]:1234");
  assert.equal(host("::1"), "[::1]:9090");
  assert.equal(host("2001:db8::1"), "[2001:db8::1]:9090");
  assert.deepEqual(parseEndpoint("unix:/run/x.sock"), { kind: "unix", path: "/run/x.sock" });
  assert.deepEqual(parseEndpoint("unix:///run/x.sock"), { kind: "unix", path: "/run/x.sock" });
  assert.deepEqual(parseEndpoint("unix:x.sock"), { kind: "unix", path: "x.sock" });
  assert.deepEqual(["a:1", "a:65535"].map(host), ["a:1", "a:65535"]);
  for (const bad of ["", "a:b", "a:0", "a:65536", "a:b:c", "2001:db8::g", "a/b:1", "unix:"]) {
    assert.throws(() => parseEndpoint(bad), {
      message: `a server is host:port, unix:PATH or a name of servers.yaml, not "${bad}"`,
    });
  }
});

Deno.test("where the token is comes from the flag, else the environment", () => {
  const variables = { get: (name: string) => name === "MAGLEV_TOKEN_FILE" ? "/env" : undefined };
  const none = { get: () => undefined };
  assert.equal(parseFlags([], variables).tokenFile, "/env");
  assert.equal(parseFlags(["--token-file=/flag"], variables).tokenFile, "/flag");
  assert.equal(parseFlags([], none).tokenFile, "");
  assert.throws(() => splitLineFlags([{ text: "--token-file=/flag" }]), {
    message: "--token-file is for the start of maglevc, not for a line",
  });
});
