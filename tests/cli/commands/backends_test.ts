import assert from "node:assert/strict";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";
import { parseFlags } from "../../../lib/cli/flags.ts";
import { connectTo } from "../../../lib/cli/client.ts";
import { matchingBackends } from "../../../lib/cli/commands/backends.ts";
import { execute, parseCommand } from "../../../lib/cli/execute.ts";
import { runOnce } from "../../../lib/cli/oneshot.ts";
import type { CommandContext } from "../../../lib/cli/node.ts";
import { plainStyle } from "../../../lib/cli/style.ts";
import { fail, pass } from "../../checker/support/bench.ts";
import { type Harness, serve } from "../../api/support/harness.ts";
import { steer } from "../../support/steer.ts";

const never = new AbortController().signal;

async function names(server: string, line: string): Promise<string> {
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  const flags = parseFlags(["--json", ...line.split(" ")], { get: () => undefined });
  const code = await runOnce({ ...flags, server }, { out: note, err: note }, never);
  if (code !== 0) return said.join("\n");
  const found = JSON.parse(said.join("\n")) as { name: string }[];
  return found.map(({ name }) => name).join(", ");
}

Deno.test("backends are chosen by a pattern, by their state and by what was said of them", async () => {
  await using harness = await serve();
  const { address, bed } = harness;
  bed.move("web0", "up");
  bed.move("web1", "down");
  bed.move("web2", "paused");
  bed.move("web3", "disabled");
  assert.equal(await names(address, "show backends web[01]"), "web0, web1");
  assert.equal(await names(address, "show backends down"), "web1");
  assert.equal(await names(address, "show backends by-hand"), "web2, web3");
  assert.equal(await names(address, "show backends web[0-2] by-hand"), "web2");
  assert.equal(await names(address, "show backends db* down"), "error: no backend matches db*");
});

Deno.test("a name that looks like a pattern means itself, where there is one", async () => {
  const backends = ["web[1]", "web1", "web2"].map((name) => ({ name }));
  const transport = createRouterTransport(({ service }) =>
    service(Maglev, {
      listBackends: () => ({ backendNames: backends.map(({ name }) => name), backends }),
    })
  );
  const found = async (pattern: string) => {
    const context: CommandContext = {
      ...{ client: createClient(Maglev, transport), server: "there", signal: never },
      ...{ memory: new Map(), now: () => 0, dryRun: false, timeout: undefined },
      args: { words: [], values: new Map([["backend", pattern]]) },
      agree: () => Promise.resolve(true),
    };
    return (await matchingBackends(context)).map(({ name }) => name);
  };
  assert.deepEqual(await found("web[1]"), ["web[1]"]);
  assert.deepEqual(await found("web[12]"), ["web1", "web2"]);
  assert.deepEqual(await found("web*"), ["web[1]", "web1", "web2"]);
});

/** What a command shows of a maglevd that a test has in its hands, in lines. */
async function shown({ address, bed }: Harness, line: string, json = false): Promise<string[]> {
  const lines: string[] = [];
  const note = (text: string) => void lines.push(...text.split("\n"));
  using connection = connectTo(address);
  await execute(parseCommand(line.split(" ")), {
    ...{ client: connection.client, server: address, style: plainStyle, json },
    ...{ signal: never, memory: new Map(), dryRun: false, timeout: undefined },
    ...{ now: () => bed.clock.wall(), print: note, note, agree: () => Promise.resolve(true) },
  });
  return lines;
}

/** Some columns of a table. */
function columns(lines: readonly string[], ...titles: string[]): string[] {
  const [head = [], ...rows] = lines.map((line) => line.split(/ {2,}/));
  return rows.map((cells) => titles.map((title) => cells[head.indexOf(title)]).join(" "));
}

Deno.test("a backend whose weight was set by hand was steered by hand, too", async () => {
  await using harness = await serve();
  const { address, bed: { checker } } = harness;
  const none = await shown(harness, "show backends by-hand");
  assert.deepEqual(none, ["no backend was steered by hand"]);
  steer(checker).setWeight("www", "primary", "web1", 7, false);
  steer(checker).setWeight("api", "primary", "web1", 0, false);
  steer(checker).disable("web3");
  assert.equal(await names(address, "show backends by-hand"), "web1, web3");
  assert.equal(await names(address, "show backends web[0-2] by-hand"), "web1");
  const [, row = ""] = await shown(harness, "show backends by-hand");
  assert.match(
    row,
    /weight 0 in api by hand, file 100, weight 7 in www by hand, file 100$/,
  );
  const lines = await shown(harness, "show backends by-hand", true);
  const [first] = JSON.parse(lines.join("\n"));
  assert.deepEqual(first.weightsByHand, [
    { frontend: "api", pool: "primary", weight: 0, file: "100" },
    { frontend: "www", pool: "primary", weight: 7, file: "100" },
  ]);
});

Deno.test("backends that flap come by how often they changed of late", async () => {
  await using harness = await serve();
  const { bed } = harness;
  for (let i = 0; i < 4; i++) {
    bed.move("web1", "up");
    bed.move("web1", "down");
  }
  bed.clock.advance(300_000);
  for (let i = 0; i < 5; i++) {
    bed.move("web2", "up");
    bed.move("web2", "down");
  }
  bed.move("web0", "up");
  const table = await shown(harness, "show backends flapping");
  assert.deepEqual(columns(table, "name", "changes/10m"), ["web2 9", "web1 7"]);
  assert.deepEqual(
    columns(await shown(harness, "show backends web[013] flapping"), "name", "state"),
    ["web1 down"],
  );
  // An answer that was just given is given again, unless something has happened.
  bed.clock.advance(300_000);
  bed.move("web0", "down");
  assert.deepEqual(
    columns(await shown(harness, "show backends flapping"), "name", "changes/10m"),
    ["web2 9"],
  );
  bed.clock.advance(300_000);
  bed.move("web0", "up");
  assert.deepEqual(await shown(harness, "show backends flapping"), ["no backend flaps"]);
});

Deno.test("each change of a backend's state is shown with its reason, or whose wish it was", async () => {
  await using harness = await serve();
  const { checker } = harness.bed;
  harness.bed.move("web0", "up");
  harness.bed.move("web0", "down");
  steer(checker).pause("web0", { name: "anna", from: "192.0.2.7" });
  const lines = await shown(harness, "show backends web0");
  const history = lines.join("\n").split("\n").map((line) => line.match(/→ +(.*)$/)?.[1] ?? "");
  assert.deepEqual(history.filter((line) => line !== ""), [
    "paused  by anna from 192.0.2.7",
    "down    L7STS (status 503)",
    "up      L7OK (status 200)",
  ]);
});

Deno.test("changes that maglevd itself has forgotten are shown as the journal has them", async () => {
  const at = 1_700_000_000_000_000_000n;
  const transition = { from: "up", to: "paused", atUnixNs: at };
  const event = { case: "backend", value: { backendName: "web0", transition } } as const;
  const actor = { name: "anna", from: "192.0.2.7" };
  const client = createClient(
    Maglev,
    createRouterTransport(({ service }) => {
      service(Maglev, {
        getBackend: () => ({ name: "web0", state: "paused", sinceUnixNs: at }),
        getHealthCheck: () => ({ rise: 2, fall: 3 }),
        listEvents: () => ({ events: [{ event, actor, cause: { kind: "operator" } }] }),
      });
    }),
  );
  const lines: string[] = [];
  await execute(parseCommand(["show", "backends", "web0"]), {
    ...{ client, style: plainStyle, json: false, server: "", memory: new Map(), dryRun: false },
    ...{ timeout: undefined, now: () => 1_700_000_000_000, signal: new AbortController().signal },
    print: (text) => void lines.push(text),
    note: () => {},
    agree: () => Promise.resolve(true),
  });
  assert.match(lines.join("\n"), /up +→ +paused +by anna from 192\.0\.2\.7$/);
});

Deno.test("backends are slow whose probes take over half of their timeout, the slowest first", async () => {
  await using harness = await serve();
  const { bed } = harness;
  const timeoutMs = bed.checker.healthcheck("web")?.timeoutMs ?? 0;
  const probes = [["web0", .5], ["web1", .51], ["web2", .9], ["web3", .1]] as const;
  for (const [name, share] of probes) {
    for (const result of [pass, pass, fail]) {
      bed.probe(name, { ...result, durationMs: share * timeoutMs });
    }
  }
  const slow = await shown(harness, "show backends slow");
  assert.deepEqual(columns(slow, "name", "p95", "timeout"), [
    "web2 1.35s 1.5s",
    "web1 765ms 1.5s",
  ]);
  const one = await shown(harness, "show backends web3 slow");
  assert.deepEqual(one, ["no backend is slow"]);
});

Deno.test("of a maglevd that is older it is not known who flaps, and nothing is invented", async () => {
  const older = createClient(
    Maglev,
    createRouterTransport(({ service }) => {
      service(Maglev, {
        listBackends: () => ({ backendNames: ["web0"], backends: [{ name: "web0" }] }),
      });
    }),
  );
  const context = (line: string, print: (text: string) => void) =>
    execute(parseCommand(line.split(" ")), {
      ...{ client: older, server: "old", style: plainStyle, json: false, signal: never },
      ...{ memory: new Map(), dryRun: false, timeout: undefined, now: () => 0, print },
      ...{ note: print, agree: () => Promise.resolve(true) },
    });
  await assert.rejects(
    context("show backends flapping", () => {}),
    /older than maglevc and does not tell how often backends changed/,
  );
  const said: string[] = [];
  await context("show backends", (text) => void said.push(text));
  assert.deepEqual(columns(said.join("").split("\n"), "name"), ["web0"]);
  assert.doesNotMatch(said.join(""), /0s|NaN|100/);
});

Deno.test("a filter is no abbreviation: a name may stand in its place", async () => {
  await using harness = await serve();
  assert.match(await names(harness.address, "show backends dow"), /backend "dow" not found/);
});
