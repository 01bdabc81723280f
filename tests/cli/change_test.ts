import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { execute, parseCommand } from "../../lib/cli/execute.ts";
import { formatOutcomeText } from "../../lib/cli/change.ts";
import { describeError } from "../../lib/cli/errors.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import { type Output, runLines } from "../../lib/cli/oneshot.ts";
import { colourStyle, plainStyle } from "../../lib/cli/style.ts";
import { Maglev, OutcomeSchema } from "../../lib/gen/maglev_pb.ts";
import type { VppService } from "../../lib/vpp/mod.ts";
import { type Harness, serve } from "../api/support/harness.ts";
import { vpp } from "../api/support/service_bed.ts";
import { now } from "./support/fixture.ts";
import { linesAt } from "./support/one_shot.ts";

const never = new AbortController().signal;

function recorder(): { output: Output; said: string[] } {
  const said: string[] = [];
  const note = (text: string) => void said.push(...text.split("\n"));
  return { output: { out: note, err: note }, said };
}

/** A VPP that went away. */
const awayVpp: VppService = {
  ...vpp,
  away: () => ({ since: 1, reason: "it hung up", nextTryAt: 1 }),
};

/** Of www and api: web0 and web1, then web2 and web3. Those of `up` are up. */
async function site(up: readonly string[]): Promise<Harness> {
  const harness = await serve();
  for (const name of up) harness.bed.move(name, "up");
  return harness;
}

Deno.test("a change that VPP does not hear of is told as such, before it and after it", async () => {
  await using harness = await serve({ vpp: awayVpp });
  for (const name of ["web0", "web1"]) harness.bed.move(name, "up");
  const told =
    /^traffic stays as it is until VPP is back: VPP is not connected since .*: it hung up;/;
  const dry = await linesAt(harness.address, "set backend web0 pause --dry-run");
  assert.match(dry.said.at(-1) ?? "", told);
  const done = await linesAt(harness.address, "set backend web0 pause");
  assert.match(done.said.at(-1) ?? "", told);
  const idle = await linesAt(harness.address, "set backend web0 pause");
  assert.deepEqual(idle.said.at(-1), "no frontend's weights change");
  const many = await linesAt(harness.address, "set backend web[1] disable --yes");
  assert.match(many.said.at(-1) ?? "", told);
});

Deno.test("what a change comes to is always told", async () => {
  await using harness = await site(["web0", "web1"]);
  assert.deepEqual(await linesAt(harness.address, "set backend web0 pause"), {
    code: 0,
    said: [
      "backend web0 is paused",
      "frontend api: weight 200 → 100",
      "  pool     backend  weight   share",
      "  primary  web0     100 → 0  50% → 0%",
      "  primary  web1     100      50% → 100%",
      "frontend www: weight 200 → 100",
      "  pool     backend  weight   share",
      "  primary  web0     100 → 0  50% → 0%",
      "  primary  web1     100      50% → 100%",
    ],
  });
});

Deno.test("of what becomes of frontends the dangerous stands out", () => {
  const frontends = [{ frontendName: "www", danger: "goes-down", after: {}, before: {} }, {
    ...{ frontendName: "api", after: {}, before: {} },
  }];
  const [down = "", same = ""] = formatOutcomeText(create(OutcomeSchema, { frontends }), {
    style: colourStyle,
  }).split("\n");
  assert.ok(down.startsWith(colourStyle.paint("bad", "frontend www goes down").slice(0, -4)), down);
  assert.equal(same, "frontend api: , with the traffic it has");
});

Deno.test("a change that is not kept says so loudly, and to scripts", async () => {
  const memory = { kept: () => Promise.resolve("database or disk is full") };
  await using harness = await serve({ memory });
  const { code, said } = await linesAt(harness.address, "set backend web0 pause");
  assert.equal(code, 0, "it is done");
  const loud = "this is NOT KEPT, and forgotten when maglevd restarts: database or disk is full";
  assert.equal(said.at(-1), loud);
  const { said: json } = await linesAt(harness.address, "set backend web0 resume --json");
  assert.partialDeepStrictEqual(JSON.parse(json.join("\n")), {
    outcome: { notKept: "database or disk is full" },
  });
});

Deno.test("an outage needs --yes where nobody can be asked, and is told with it as well", async () => {
  await using harness = await site(["web0"]);
  const { address, bed } = harness;
  const refused = await linesAt(address, "set backend web0 disable");
  assert.equal(refused.code, 1);
  assert.deepEqual(refused.said.filter((line) => !line.startsWith(" ")), [
    "error: not without --yes: disable backend web0",
    "backend web0 would be disabled",
    "frontend api goes down: nothing carries its traffic until a probe has passed",
    "frontend www goes down: nothing carries its traffic until a probe has passed",
  ]);
  assert.equal(bed.checker.backend("web0")?.state, "up");
  const done = await linesAt(address, "--yes set backend web0 disable");
  assert.equal(done.code, 0);
  assert.ok(done.said.includes("backend web0 is disabled"));
  assert.ok(done.said.some((line) => line.startsWith("frontend www goes down")));
});

Deno.test("weight 0 on one of two and the other disabled is an outage", async () => {
  await using harness = await site(["web0", "web1"]);
  const { address } = harness;
  for (const frontend of ["www", "api"]) {
    const weight = `set frontend ${frontend} pool primary backend web0 weight 0`;
    assert.equal((await linesAt(address, weight)).code, 0);
  }
  assert.equal((await linesAt(address, "set backend web1 disable")).code, 1);
});

Deno.test("an outage is asked for, once and with all that comes of it, and told only once", async () => {
  await using harness = await site(["web0"]);
  const { address, bed } = harness;
  const asked: string[] = [];
  const ask: Output["ask"] = ({ details, question }, style) => {
    asked.push(...details(style).split("\n"), question);
    return Promise.resolve();
  };
  const { code, said } = await linesAt(address, "set backend web0 pause", ask);
  assert.deepEqual([code, said], [0, ["backend web0 is paused"]]);
  assert.equal(asked[0], "backend web0 would be paused");
  assert.equal(asked.at(-1), "pause backend web0?");
  assert.ok(asked.some((line) => line.startsWith("frontend www goes down")));
  assert.equal(bed.checker.backend("web0")?.state, "paused");
});

Deno.test("a pattern is asked for even if it matches one name", async () => {
  await using harness = await site(["web0", "web1"]);
  const { address } = harness;
  const one = await linesAt(address, "set backend web0* pause");
  assert.equal(one.code, 1);
  assert.equal(one.said[0], "error: not without --yes: pause backend web0");
  const all = await linesAt(address, "set backend web* pause --dry-run");
  assert.ok(all.said.some((line) => line.startsWith("frontend www goes down")), "all together");
  const none = await linesAt(address, "set backend db* pause");
  assert.deepEqual(none, { code: 3, said: ["error: no backend matches db*"] });
});

Deno.test("a dry run changes nothing and ends with 5 if it foresees an outage", async () => {
  await using harness = await site(["web0", "web1"]);
  const { address, bed } = harness;
  const fine = await linesAt(address, "--dry-run set backend web0 disable");
  assert.deepEqual([fine.code, fine.said.at(0), fine.said.at(-1)], [
    0,
    "backend web0 would be disabled",
    "dry run: nothing was changed",
  ]);
  assert.equal((await linesAt(address, "--dry-run set backend web[01] disable")).code, 5);
  const weight = "set frontend www pool primary backend web0 weight 1 --dry-run";
  const { said } = await linesAt(address, weight);
  assert.equal(said[0], "backend web0 would have weight 1 in pool primary of www");
  assert.equal(bed.checker.backend("web0")?.state, "up");
  assert.equal(bed.checker.frontend("www")?.config.pools[0]?.backends[0]?.weight, 100);
});

Deno.test("what changes nothing says so", async () => {
  await using harness = await site(["web0"]);
  const { said } = await linesAt(harness.address, "set backend web0 enable");
  assert.deepEqual(said, ["backend web0 stays up", "no frontend's weights change"]);
});

Deno.test("exit codes tell what went wrong", async () => {
  await using harness = await site([]);
  const { address } = harness;
  const code = async (line: string, server = address) => (await linesAt(server, line)).code;
  assert.equal(await code("show backends"), 0);
  assert.equal(await code("sync vpp lb state"), 1, "VPP is off");
  assert.equal(await code("show trees"), 2);
  assert.equal(await code("show"), 2);
  assert.equal(await code("show backends", "a:b:c"), 2);
  assert.equal(await code("show backends nobody"), 3);
  assert.equal(await code("set backend nobody pause"), 3);
  assert.equal(await code("show backends", "127.0.0.1:1"), 4);
});

async function script(server: string, lines: readonly string[], flags: string[] = []) {
  const { output, said } = recorder();
  async function* read() {
    yield* await Promise.resolve(lines);
  }
  const parsed = parseFlags(flags, { get: () => undefined });
  return { code: await runLines({ ...parsed, server }, read(), output, never), said };
}

Deno.test("a script stops at the first line that fails, and says which", async () => {
  await using harness = await site(["web0", "web1"]);
  const { address } = harness;
  const lines = ["", "set backend web0 pause --dry-run", "show backends nobody", "show trees"];
  const first = await script(address, lines);
  assert.equal(first.code, 3);
  assert.equal(first.said.at(0), "backend web0 would be paused");
  assert.equal(first.said.at(-1), 'error: line 3: backend "nobody" not found');
  const outage = "set backend web[01] disable --dry-run";
  const silent = await script(address, ["show version", outage, "show version"]);
  assert.equal(silent.code, 5);
  assert.equal(silent.said.at(-1), "line 2: the script ends here, with exit status 5");
  const all = await script(address, lines, ["--keep-going"]);
  assert.equal(all.code, 3, "that of the first");
  assert.match(all.said.at(-1) ?? "", /^error: line 4: "trees" is not known here/);
});

Deno.test("a script whose lines do not come is cancelled like a command", async () => {
  await using harness = await site(["web0"]);
  const stop = new AbortController();
  const { output, said } = recorder();
  async function* script() {
    yield "show backends nobody";
    yield "show version";
    stop.abort();
    await new Promise(() => {});
  }
  const flags = parseFlags(["--keep-going"], { get: () => undefined });
  const code = await runLines({ ...flags, server: harness.address }, script(), output, stop.signal);
  assert.deepEqual([code, said.at(-1)], [3, "error: cancelled before the end of the script"]);
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
  const late = new AbortController();
  queueMicrotask(() => late.abort());
  assert.equal(await runLines(flags, silent, output, late.signal), 1);
});

Deno.test("a script ends where the shell would, and runs no line with a quote left open", async () => {
  await using harness = await site(["web0"]);
  const { address, bed } = harness;
  const short = await script(address, ["q", "show trees"]);
  assert.deepEqual(short, { code: 0, said: [] });
  const more = await script(address, ["quit now"]);
  assert.equal(more.code, 2);
  assert.match(more.said.join(), /^error: line 1: "now" is one word too many/);
  const open = await script(address, ["  # it's", "set backend 'web0 disable --yes", "show trees"]);
  assert.deepEqual(open, { code: 2, said: ["error: line 2: the quote ' is not closed"] });
  const last = await script(address, ['set backend web0 disable --yes"']);
  assert.deepEqual(last, { code: 2, said: ['error: line 1: the quote " is not closed'] });
  assert.notEqual(bed.checker.backend("web0")?.state, "disabled");
});

Deno.test("a line of a script may agree, and nobody is asked", async () => {
  await using harness = await site(["web0"]);
  const { address, bed } = harness;
  assert.equal((await script(address, ["set backend web0 disable"])).code, 1);
  assert.equal((await script(address, ["set backend web0 disable --yes", "quit", "x"])).code, 0);
  assert.equal(bed.checker.backend("web0")?.state, "disabled");
});

Deno.test("a maglevd that is older does what it is asked, and no dry run", async () => {
  const did: string[] = [];
  const client = createClient(
    Maglev,
    createRouterTransport(({ service }) =>
      service(Maglev, {
        listHealthChecks: () => ({}),
        getBackend: ({ name }) => ({ name, state: "up" }),
        checkConfig: () => ({ ok: true }),
        reloadConfig: () => {
          did.push("reload");
          return { ok: true };
        },
        disableBackend: ({ name }) => {
          did.push(`disable ${name}`);
          return { name, state: "disabled" };
        },
      })
    ),
  );
  const run = async (line: string, dryRun: boolean) => {
    const said: string[] = [];
    const note = (text: string) => void said.push(text);
    await execute(parseCommand(line.split(" ")), {
      ...{ client, style: plainStyle, json: false, signal: never, memory: new Map(), dryRun },
      timeout: undefined,
      ...{ now: () => now, server: "there", print: note, note },
      agree: () => Promise.resolve(true),
    }).catch((error) => note(describeError(error, "there")));
    return said.join("\n");
  };
  for (const line of ["set backend a disable", "config reload"]) {
    assert.match(await run(line, true), /this maglevd is older than maglevc and does not tell/);
  }
  assert.match(await run("config diff", false), /is older than maglevc and does not tell how/);
  assert.deepEqual(did, []);
  assert.equal(await run("set backend a disable", false), "backend a is disabled");
  assert.equal(await run("config reload", false), "config reloaded");
  assert.deepEqual(did, ["disable a", "reload"]);
});
