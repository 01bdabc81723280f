import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import type { MaglevClient } from "../../lib/cli/mod.ts";
import { FrontendInfoSchema } from "../../lib/gen/maglev_pb.ts";
import { describeError, exitCodeOf } from "../../lib/cli/errors.ts";
import { execute, parseCommand } from "../../lib/cli/execute.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import { now } from "./support/fixture.ts";
import { olderClient } from "./support/older.ts";

// Texts show local times.
Deno.env.set("TZ", "UTC");

async function run(
  line: string,
  flags: { readonly json?: true; readonly dryRun?: true } = {},
  client = olderClient(),
) {
  const lines: string[] = [];
  const print = (text: string) => void lines.push(text);
  const words = line.split(" ");
  try {
    const code = await execute(parseCommand(words), {
      ...{ client, server: "there", style: plainStyle, json: false, dryRun: false },
      ...{ signal: new AbortController().signal, memory: new Map(), now: () => now },
      ...{ print, note: print, agree: () => Promise.resolve(true), ...flags },
      timeout: words[0] === "wait" ? "0s" : undefined,
    });
    return { code, said: lines.join("\n") };
  } catch (error) {
    return { code: exitCodeOf(error), said: describeError(error, "there") };
  }
}

const shown: Readonly<Record<string, string>> = {
  "show backends":
    `name    address     state      for  last check  p50  p95  max  timeout  changes/10m  frontends
nginx0  192.0.2.10  up       3m12s  -                                                www
nginx1  192.0.2.11  unknown      -  -                                                www`,
  "show frontends": `name  address       protocol  port  state  active pool  up/total
www   198.51.100.1  tcp         80  -      -                 1/2`,
  "show frontends www": `name           www
address        198.51.100.1
protocol       tcp
port           80
state          -
src-ip-sticky  false
flush-on-down  -
pool main
  backend  state      for  weight  effective  share
  nginx0   up       3m12s  100           100   100%
  nginx1   unknown      -  50              0     0%`,
  "show backends nginx0": `name         nginx0
address      192.0.2.10
state        up for 3m12s
enabled      true
healthcheck  web
health       -
last probe   -
frontends    www
transitions
  at                                   from        to
  2026-01-02 03:00:53.000Z  3m12s ago  unknown  →  up`,
  "show backends nginx1": `name         nginx1
address      192.0.2.11
state        unknown
enabled      true
healthcheck  web
health       -
last probe   -
frontends    www`,
  "show status": `status     unknown: nothing is seen to be wrong, but not all is told
maglevd    older than maglevc, and tells nothing of itself
vpp        26.06-release, connected
backends   1 unknown, 1 up
frontends  1 of a state that is not told`,
  "show vpp info": `version          26.06-release
build-date       2026-06-24
build-directory  /b
pid              4711
booted           2026-01-01 03:04:05.000Z (1d ago)
connected        2026-01-02 03:03:05.000Z (1m ago)`,
  "watch events pretty num 2": `now                      backend  nginx0 is up
2026-01-02 03:04:05.000Z backend  nginx0 up → down`,
  "set backend nginx0 disable": "backend nginx0 is disabled",
  "set backend nginx* disable": "backend nginx0 is disabled\nbackend nginx1 is disabled",
  "config reload": "config reloaded",
};

for (const [line, expected] of Object.entries(shown)) {
  Deno.test(`a maglevd of before: ${line}`, async () => {
    const { code, said } = await run(line);
    assert.equal(said, expected);
    assert.equal(code, 0);
  });
}

Deno.test("a maglevd of before: what it does not tell is refused and not made up", async () => {
  const refusals: readonly (readonly [string, RegExp])[] = [
    ["show vpp lb plan", /older than maglevc and does not tell what a sync would change/],
    ["show events", /older than maglevc and keeps no events/],
    ["show backends flapping", /older than maglevc and does not tell how often backends changed/],
    ["wait frontend www up", /older than maglevc and does not tell the states of frontends/],
    ["wait vpp in-step", /older than maglevc and does not tell whether VPP is in step/],
    ["config diff", /older than maglevc and does not tell how its file differs/],
    ["set all reset", /older than maglevc and does not tell|has no reset/],
  ];
  for (const [line, expected] of refusals) {
    const { code, said } = await run(line);
    assert.equal(code, 1, said);
    assert.match(said, expected);
  }
  for (const line of ["set backend nginx0 disable", "sync vpp lb state", "config reload"]) {
    const { code, said } = await run(line, { dryRun: true });
    assert.equal(code, 1, said);
    assert.match(said, /older than maglevc and does not tell what/);
  }
});

Deno.test("a maglevd of before: JSON leaves out what is not told", async () => {
  const [backend] = JSON.parse((await run("show backends", { json: true })).said);
  assert.deepEqual(Object.keys(backend), [
    ...["name", "address", "state", "transitions", "enabled", "healthcheck", "frontends"],
  ]);
  const frontend = JSON.parse((await run("show frontends www", { json: true })).said);
  for (const key of ["state", "activePool", "flushOnDown"]) assert.ok(!(key in frontend), key);
});

Deno.test("a maglevd of before: a weight is set as it can, with flows flushed where asked for", async () => {
  const asked: object[] = [];
  const setFrontendPoolBackendWeight: MaglevClient["setFrontendPoolBackendWeight"] = (request) => {
    asked.push({ ...request });
    return olderClient().getFrontend({ name: "www" });
  };
  const client = { ...olderClient(), setFrontendPoolBackendWeight };
  const place = "set frontend www pool main backend nginx0 weight";
  const plain = await run(`${place} 7`, {}, client);
  assert.deepEqual(plain, {
    code: 0,
    said: "backend nginx0 has weight 7 in pool main of www",
  });
  const flushed = await run(`${place} 0 flush`, {}, client);
  assert.match(flushed.said, /^backend nginx0 has weight 0 in pool main of www, flows flushed/);
  const about = { frontend: "www", pool: "main", backend: "nginx0" };
  assert.deepEqual(asked, [{ ...about, weight: 7, flush: false }, {
    ...{ ...about, weight: 0, flush: true },
  }]);
});

Deno.test("what VPP has, and maglevd does not know, is told as kept", async () => {
  const member = (reason: string, effectiveWeight: number) => ({
    name: reason,
    reason,
    effectiveWeight,
  });
  const getFrontend: MaglevClient["getFrontend"] = ({ name = "" }) =>
    Promise.resolve(create(FrontendInfoSchema, {
      ...{ name, state: "up", activePool: "main" },
      pools: [{
        name: "main",
        backends: [
          member("kept", 0),
          member("fail-open", 0),
          member("fail-open", 1),
          member("zero", 0),
        ],
      }],
    }));
  const { said } = await run("show frontends www", {}, { ...olderClient(), getFrontend });
  const rows = said.slice(said.indexOf("pool main")).split("\n").slice(2)
    .map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(rows.map(([name, , , , effective]) => [name, effective]), [
    ...[["kept", "kept"], ["fail-open", "kept"], ["fail-open", "1"], ["zero", "0"]],
  ]);
});
