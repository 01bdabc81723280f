import assert from "node:assert/strict";
import { serverUrl } from "../../lib/cli/client.ts";
import { parseFlags } from "../../lib/cli/flags.ts";

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
  assert.deepEqual(parseFlags(["--", "--json"], none).words, ["--json"]);
});

Deno.test("the server comes from the flag, else the environment, else localhost:9090", () => {
  const environment = { get: (name: string) => name === "MAGLEV_SERVER" ? "env:2" : undefined };
  assert.equal(parseFlags([], environment).server, "env:2");
  assert.equal(parseFlags(["--server", "flag:1"], environment).server, "flag:1");
  assert.equal(parseFlags([], none).server, "localhost:9090");
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

Deno.test("a server is host:port, with brackets for IPv6 and 9090 when left out", () => {
  assert.equal(serverUrl("router:1234"), "http://router:1234");
  assert.equal(serverUrl(":1234"), "http://localhost:1234");
  assert.equal(serverUrl("router"), "http://router:9090");
  assert.equal(serverUrl("[2001:db8::1]:1234"), "http://[2001:db8::1]:1234");
  assert.equal(serverUrl("::1"), "http://[::1]:9090");
  assert.equal(serverUrl("2001:db8::1"), "http://[2001:db8::1]:9090");
  for (const bad of ["", "a:b", "a:0", "a:70000", "a:b:c", "2001:db8::g", "a/b:1"]) {
    assert.throws(() => serverUrl(bad), { message: `--server wants host:port, not "${bad}"` });
  }
});
