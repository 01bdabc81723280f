import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { programs } from "../../tools/programs.ts";
import type { Built } from "../support/built.ts";
import { needing } from "../support/programs.ts";
import { builtPortable } from "./support/built_packages.ts";
import { namesIn, Portable } from "./support/portable.ts";
import { canSandbox, onThrowAwayMachine } from "./support/sandbox.ts";

let building: Promise<Built> | undefined;
let unpacked: Portable | undefined;

/** The file as it ships; unpacking_test.ts has what its script does whatever is in it. */
function theBuilt(): Promise<Built> {
  return building ??= builtPortable();
}

/** The first of these unpacks, which the others find. */
function portableTest(
  name: string,
  run: (portable: Portable) => Promise<void>,
  needsRoot = false,
): void {
  const options = needing(canSandbox || !needsRoot, "root and namespaces", name);
  Deno.test(options, async () => {
    unpacked ??= await Portable.of((await theBuilt()).path);
    await run(unpacked);
  });
}

const config = `
maglev:
  vpp: {lb: {ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1"}}
  healthchecks: {c: {type: tcp, port: 9, interval: 100ms}}
  backends: {b: {address: 127.0.0.1, healthcheck: c}}
  frontends: {f: {address: 198.51.100.1, pools: [{name: p, backends: {b: {}}}]}}
`;

portableTest("the portable file runs with nothing but itself", async (portable) => {
  const { code, stdout, stderr } = await portable.run("maglevc", ["--version"]);
  assert.equal(stderr, "");
  assert.match(stdout, new RegExp(`^maglevc ${deno.version.replaceAll(".", "\\.")} `));
  assert.equal(code, 0);
});

portableTest("exit codes are the program's", async (portable) => {
  const path = `${portable.folder}/bad.yaml`;
  await Deno.writeTextFile(path, "maglev: {unknown: 1}\n");
  assert.equal((await portable.run("maglevd", ["--check", "--config", path])).code, 1);
  await Deno.writeTextFile(path, config);
  const good = await portable.run("maglevd", ["--check", "--config", path]);
  assert.equal(good.code, 0, good.stderr);
});

portableTest("one file is every program, by its name or by the first word", async (portable) => {
  for (const { name } of programs) {
    const { code, stdout } = await portable.run("maglev", [name, "--version"]);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${name} `), stdout);
  }
  const { code, stderr } = await portable.run("maglev", ["--version"]);
  assert.equal(code, 2);
  assert.match(stderr, /^maglev: start it as one of maglevd.* and maglev.*, or name one first/);
});

Deno.test("five first starts at once all work and leave one copy", async () => {
  await using portable = await Portable.of((await theBuilt()).path);
  const starts = Array.from({ length: 5 }, () => portable.run("maglevc", ["--version"]));
  for (const { code, stderr } of await Promise.all(starts)) assert.equal(code, 0, stderr);
  assert.deepEqual(await namesIn(portable.cache), [`maglev-${Deno.uid()}`]);
  await portable.copy();
});

portableTest("signals reach the program, which is the process that was started", async (p) => {
  const path = `${p.folder}/maglev.yaml`;
  await Deno.writeTextFile(path, config);
  const addresses = ["--grpc-addr=127.0.0.1:0", "--metrics-addr=", "--vpp-api-addr="];
  const process = new Deno.Command(`${p.folder}/maglevd`, {
    args: ["--config", path, ...addresses],
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", MAGLEV_CACHE_DIR: p.cache },
    stdout: "piped",
  }).spawn();
  let log = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    if (!log.includes("backend-transition") && (log + text).includes("backend-transition")) {
      assert.equal(await Deno.readTextFile(`/proc/${process.pid}/comm`), "maglevd\n");
      const environment = await Deno.readTextFile(`/proc/${process.pid}/environ`);
      assert.ok(environment.split("\0").includes("DENO_TLS_CA_STORE=system"), environment);
      process.kill("SIGTERM");
    }
    log += text;
  }
  const { code, signal } = await process.status;
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, log);
});

portableTest("the pair works together on a machine without Deno, npm or network", async (p) => {
  await Deno.writeTextFile(`${p.folder}/maglev.yaml`, config.replace("port: 9", "port: 9091"));
  const script = [
    `cd ${p.folder}; export HOME=/root`,
    "! command -v deno && ! command -v npm",
    "start() { ./maglevd --config maglev.yaml --vpp-api-addr= --state-dir=/root/state >/tmp/log & }",
    "start",
    "until ./maglevc show backends 2>/dev/null | grep -q L4OK; do kill -0 $!; sleep 0.2; done",
    "./maglevc set backend b disable --yes | head -n 2",
    "./maglevc show frontends",
    "kill -9 $!; wait $! || start",
    "until ./maglevc show backends b 2>/dev/null | grep -o '^state *disabled'; do kill -0 $!; sleep 0.2; done",
    "kill $!; wait $!",
  ].join("\n");
  const { stdout, stderr, code } = await onThrowAwayMachine(script, [p.folder]);
  assert.equal(code, 0, stderr);
  assert.equal(
    stdout,
    [
      "backend b is disabled",
      "frontend f goes down: nothing carries its traffic",
      "name  address       protocol  port  state  active pool  up/total",
      "f     198.51.100.1  any        all  down   p                 0/1",
      "state           disabled",
      "",
    ].join("\n"),
  );
}, true);

Deno.test("the files built for these tests are removed", async () => {
  await unpacked?.[Symbol.asyncDispose]();
  await (await building)?.[Symbol.asyncDispose]();
});
