import assert from "node:assert/strict";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { executeOnAll, flagsFor, parseCommand } from "../../lib/cli/execute.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import type { CommandSession } from "../../lib/cli/node.ts";
import { type Output, runOnce } from "../../lib/cli/oneshot.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import { declined } from "../../lib/cli/terminal.ts";
import { type Harness, serve } from "../api/support/harness.ts";

const never = new AbortController().signal;

async function run(servers: readonly string[], line: string, ask?: Output["ask"]) {
  const out: string[] = [];
  const err: string[] = [];
  const flags = parseFlags(line.split(" "), { get: () => undefined });
  const output = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    ...(ask && { ask }),
  };
  const code = await runOnce({ ...flags, server: servers.join(",") }, output, never);
  return { code, out: out.join("\n"), err };
}

/** Two maglevds, and an address where none is. */
interface Site extends AsyncDisposable {
  readonly one: Harness;
  readonly two: Harness;
  readonly both: readonly string[];
  readonly nobody: string;
}

async function site(): Promise<Site> {
  const [one, two] = await Promise.all([serve(), serve()]);
  one.bed.move("web0", "up");
  two.bed.move("web1", "up");
  using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    ...{ one, two, both: [one.address, two.address], nobody: `127.0.0.1:${free.addr.port}` },
    async [Symbol.asyncDispose]() {
      await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
    },
  };
}

Deno.test("of the flags that the shell began with a command gets those that are for it", () => {
  const started = { json: true, yes: true, dryRun: true, timeout: "9s" };
  const none = { json: false, yes: false, dryRun: false, timeout: undefined };
  const of = (line: string) => parseCommand(line.split(" ")).command;
  const show = of("show backends");
  const set = of("set backend web0 pause");
  const wait = of("wait backend web0 up");
  assert.deepEqual(flagsFor(show, started, none), { ...none, json: true, yes: true });
  assert.deepEqual(flagsFor(set, started, none), { ...started, timeout: undefined });
  assert.deepEqual(flagsFor(wait, started, none), { ...started, dryRun: false });
  assert.equal(flagsFor(wait, started, { ...none, timeout: "1s" }).timeout, "1s");
  // Those of the line are for it, and refused where it has no use for them.
  for (const command of [show, set, wait, of("watch events"), of("help")]) {
    assert.deepEqual(flagsFor(command, none, started), started);
    assert.deepEqual(flagsFor(command, none, none), none);
  }
});

Deno.test("rows of several servers stand in one table with a column for the server", async () => {
  await using servers = await site();
  const { one, two, both } = servers;
  const { code, out, err } = await run(both, "show backends");
  assert.deepEqual([code, err], [0, []]);
  const [titles = "", ...rows] = out.split("\n");
  assert.match(titles, /^server +name +address +state/);
  const states = rows.map((row) => row.split(/ {2,}/)).map(([server, name, , state]) =>
    `${server} ${name} ${state}`
  );
  assert.ok(states.includes(`${one.address} web0 up`), out);
  assert.ok(states.includes(`${two.address} web0 unknown`), out);
  assert.ok(states.includes(`${two.address} web1 up`), out);
  const single = (await run(both, "show backends web[0]")).out.split("\n");
  assert.match(single[0] ?? "", /^server +name +address +state/);
  assert.equal(single.length, 3);
});

Deno.test("what is no table has each line behind the name of its server", async () => {
  await using servers = await site();
  const { one, two, both } = servers;
  const { out } = await run(both, "show backends web0");
  const lines = out.split("\n");
  assert.ok(lines.some((line) => line.startsWith(`${one.address}  state`) && /up/.test(line)), out);
  assert.ok(lines.some((line) => line.startsWith(`${two.address}  state`)), out);
});

Deno.test("a server that cannot be reached is said and hides no other's answer", async () => {
  await using servers = await site();
  const { one, nobody } = servers;
  const { code, out, err } = await run([nobody, one.address], "show backends");
  assert.equal(code, 4);
  assert.match(out, new RegExp(`^${one.address} +web0 `, "m"));
  assert.deepEqual(err, [
    `error: cannot reach maglevd at ${nobody}: connection refused`,
  ]);
  const json = JSON.parse((await run([nobody, one.address], "show backends web0 --json")).out);
  assert.deepEqual(
    json.map(({ server, error, name }: Record<string, string>) => [
      ...[server, error, name],
    ]),
    [
      [nobody, `cannot reach maglevd at ${nobody}: connection refused`, undefined],
      [one.address, undefined, "web0"],
    ],
  );
});

Deno.test("JSON of several servers is one list, each row with its server", async () => {
  await using servers = await site();
  const { out } = await run(servers.both, "show backends --json");
  assert.ok(out.startsWith(`[\n  {\n    "server": "${servers.one.address}"`), out);
  const rows = JSON.parse(out);
  const up = rows.filter(({ state }: { state: string }) => state === "up");
  assert.deepEqual(
    up.map(({ server, name }: Record<string, string>) => [server, name]),
    [[servers.one.address, "web0"], [servers.two.address, "web1"]],
  );
});

Deno.test("a change goes to all, each with its own outcome, and the worst exit code counts", async () => {
  await using servers = await site();
  const { one, two, nobody, both } = servers;
  // Nothing goes down where web0 carries nothing.
  const { code, out, err } = await run([...both, nobody], "set backend web0 disable --yes");
  assert.equal(code, 4);
  assert.equal(err.length, 1);
  for (const { address, bed } of [one, two]) {
    assert.ok(out.includes(`${address}  backend web0 is disabled`), out);
    assert.equal(bed.checker.backend("web0")?.state, "disabled");
  }
});

Deno.test("a change that is dangerous at one server is asked for there, by its name", async () => {
  await using servers = await site();
  const { one, both } = servers;
  const questions: string[] = [];
  const { code } = await run(both, "set backend web0 disable", ({ question }) => {
    questions.push(question);
    return Promise.resolve();
  });
  assert.equal(code, 0);
  assert.deepEqual(questions, [`${one.address}: disable backend web0?`]);
});

Deno.test("a no is told of each server that it holds for, behind details that name theirs", async () => {
  await using servers = await site();
  const { one, two, both } = servers;
  const asked: string[] = [];
  const { code, out, err } = await run(
    both,
    "set backend web* disable",
    ({ details, question }) => {
      asked.push(...details({ style: plainStyle, width: 80 }).split("\n"), question);
      return Promise.reject(declined());
    },
  );
  assert.deepEqual([code, out], [1, ""]);
  assert.deepEqual(err, [
    `error: ${one.address}: nothing was changed`,
    `error: ${two.address}: nothing was changed`,
  ]);
  assert.ok(asked.length > 2);
  assert.deepEqual(asked.filter((line) => !line.startsWith(one.address)), []);
  assert.notEqual(two.bed.checker.backend("web1")?.state, "disabled");
});

Deno.test("what differs at one server is the outcome, and unreachable is worse", async () => {
  await using servers = await site();
  const { both, nobody } = servers;
  const wait = "wait backend web0 up --timeout 0s";
  const { code, out, err } = await run(both, wait);
  assert.equal(code, 5);
  assert.match(out, /backend web0 is up/);
  assert.equal(err.length, 1);
  assert.equal((await run([...both, nobody], wait)).code, 4);
  assert.equal((await run(both, "show backends nobody")).code, 3);
  assert.equal((await run(both, "show backends --dry-run")).code, 2);
});

Deno.test("events of several servers come in one stream, up to the limit together", async () => {
  await using servers = await site();
  const { one, both } = servers;
  // The present state of all backends of both, and no more.
  const rows = (await run(both, "show backends")).out.split("\n");
  const count = rows.length - 1;
  const { code, out } = await run(both, `watch events backend num ${count}`);
  assert.equal(code, 0);
  const seen = out.split("\n").map((line) => JSON.parse(line).server);
  assert.equal(seen.length, count);
  assert.deepEqual([...new Set(seen)].sort(), [...both].sort());
  const pretty = await run(both, `watch events backend pretty num ${count}`);
  assert.match(pretty.out, new RegExp(`^${one.address} +now +backend +web0 is up$`, "m"));
});

Deno.test("of a terminal's width the names of several servers take their part", async () => {
  const transport = createRouterTransport(({ service }) =>
    service(Maglev, {
      async *watchEvents() {
        yield { seq: 1n, event: { case: "pool", value: { from: "near", to: "x".repeat(20) } } };
        await new Promise(() => {});
      },
    })
  );
  const printed: string[] = [];
  const sessions = ["a-router", "b"].map((label): CommandSession => ({
    ...{ client: createClient(Maglev, transport), server: label, label, style: plainStyle },
    ...{ json: false, dryRun: false, timeout: undefined, memory: new Map(), now: () => 0 },
    ...{ width: 50, signal: never, agree: () => Promise.resolve(true) },
    ...{ print: (text) => void printed.push(...text.split("\n")), note: () => {} },
  }));
  const parsed = parseCommand("watch events pool pretty num 1".split(" "));
  assert.equal(await executeOnAll(parsed, sessions, () => {}), 0);
  const [line = "", ...more] = printed;
  assert.match(line, /^(a-router|b {7}) {2}now +pool +near$/);
  assert.deepEqual(more.map((each) => each.trim()), [`→ ${"x".repeat(20)}`], printed.join("\n"));
});

Deno.test("what has happened at several servers is told in the order of time", async () => {
  const times = { a: [3, 7, 20], b: [5, 9] };
  const printed: string[] = [];
  const sessions = Object.entries(times).map(([label, seconds]): CommandSession => {
    const transport = createRouterTransport(({ service }) =>
      service(Maglev, {
        // The newest first, as is asked.
        listEvents: () => ({
          events: seconds.toReversed().map((second) => ({
            atUnixNs: BigInt(second) * 1_000_000_000n,
            event: { case: "pool", value: { frontendName: `at${second}` } },
          })),
        }),
      })
    );
    return {
      ...{ client: createClient(Maglev, transport), server: label, label, style: plainStyle },
      ...{ json: false, dryRun: false, timeout: undefined, memory: new Map(), now: () => 0 },
      ...{ signal: never, agree: () => Promise.resolve(true), note: () => {} },
      print: (text) => void printed.push(...text.split("\n")),
    };
  });
  const parsed = parseCommand("show events".split(" "));
  assert.equal(await executeOnAll(parsed, sessions, () => {}), 0);
  assert.deepEqual(
    printed.slice(1).map((line) => line.replace(/^(\S+).* (at\d+).*$/, "$1 $2")),
    ["a at3", "b at5", "a at7", "b at9", "a at20"],
    printed.join("\n"),
  );
});
