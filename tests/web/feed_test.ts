import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectTo, type MaglevClient } from "../../lib/cli/mod.ts";
import {
  BackendEventSchema,
  type Event,
  EventSchema,
  ProbePulsesSchema,
} from "../../lib/gen/maglev_pb.ts";
import { type MaglevdState, unheard } from "../../lib/web/state.ts";
import { requestRecords } from "../../lib/web/vpp_calls.ts";
import { olderClient } from "../cli/support/older.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { steer } from "../support/steer.ts";
import { settle } from "../support/until.ts";
import { fed } from "./support/fed.ts";
import { follow, openOlder } from "./support/follow.ts";
import { oddConfig } from "./support/odd_configs.ts";

/** An older maglevd that tells these events when it was read; `isOver`: and then nothing more. */
function tellingLater(
  events: readonly Event["event"][],
  isOver = false,
): {
  readonly client: MaglevClient;
  readonly tell: () => void;
  readonly isRead: (state: MaglevdState) => void;
} {
  const read = Promise.withResolvers<void>();
  const client = openOlder();
  const watchEvents: MaglevClient["watchEvents"] = async function* (_, options) {
    yield create(EventSchema, { event: { case: "audit", value: {} } });
    await read.promise;
    for (const event of events) yield create(EventSchema, { event });
    const { signal } = options ?? {};
    if (!signal?.aborted && !isOver) {
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    }
  };
  return {
    client: Object.assign(client, { watchEvents }),
    tell: read.resolve,
    isRead: ({ backends, frontends }) => {
      if (backends.size > 0 && frontends.size > 0) read.resolve();
    },
  };
}

Deno.test("what is read again is told if it is other than before", async () => {
  await using maglevd = await serve();
  using connection = connectTo(maglevd.address);
  let isChanged = false;
  const { state, changes } = await follow(connection.client, ({ frontends, backends }) => {
    if (!isChanged && backends.size > 0 && frontends.size > 0) {
      isChanged = true;
      // The one is said of a backend as well, of which nothing is other than before.
      steer(maglevd.bed.checker).setWeight("www", "primary", "web0", 7, false);
      steer(maglevd.bed.checker).disable("web1");
    }
    const members = frontends.get("www")?.pools.flatMap((pool) => pool.backends) ?? [];
    return members.some(({ byHand }) => byHand) && backends.get("web1")?.byHand !== undefined;
  });
  assert.equal(state.backends.get("web1")?.byHand?.value, "disabled");
  const told = changes.flatMap((change) => change.kind === "reading" ? change.backends ?? [] : []);
  assert.deepEqual(told.slice(state.backends.size).map(({ name }) => name), ["web1"]);
});

Deno.test("the past of a frontend is read, whatever it is called", async () => {
  await using maglevd = await serve({}, new CheckerBed(oddConfig(["constructor", "__proto__"])));
  for (const name of ["__proto__", "constructor"]) maglevd.bed.move(name, "up");
  using connection = connectTo(maglevd.address);
  const { client } = connection;
  // The checker's time is not that of who follows it.
  const listEvents: MaglevClient["listEvents"] = (request, options) =>
    client.listEvents({ ...request, notBeforeUnixNs: 0n }, options);
  const { state } = await follow({ ...client, listEvents }, ({ journal }) => journal.length > 0);
  assert.deepEqual([...state.steps.keys()].sort(), ["__proto__", "constructor"]);
});

Deno.test("outcomes of probes are told, and kept for whoever asks for those of one backend", async () => {
  const pulse = { backendName: "nginx0", ok: true, code: "L4OK", durationNs: 1_500_000n };
  const pulses = create(ProbePulsesSchema, { pulses: [pulse] });
  const { client, isRead } = tellingLater([{ case: "pulses", value: pulses }]);
  const { changes, probes } = await follow(client, (state) => {
    isRead(state);
    return state.backends.get("nginx0")?.lastProbe?.code === "L4OK";
  });
  const [told] = changes.flatMap((change) => change.kind === "pulses" ? [change] : []);
  assert.deepEqual(told?.pulses, [["nginx0", true, "L4OK", 1.5]]);
  assert.deepEqual(probes.points("nginx0"), [[told?.at, 1.5, true]]);
});

Deno.test("of backends that nobody has, no probes are kept", async () => {
  const names = ["nobody", "nginx0"];
  const pulses = create(ProbePulsesSchema, {
    pulses: names.map((backendName) => ({ backendName, ok: true, code: "L4OK" })),
    running: names.map((backendName) => ({ backendName, sinceUnixNs: 1_000_000n })),
  });
  const { client, isRead } = tellingLater([{ case: "pulses", value: pulses }]);
  const { changes, probes } = await follow(client, (state) => {
    isRead(state);
    return state.running.has("nginx0");
  });
  const [told] = changes.flatMap((change) => change.kind === "pulses" ? [change] : []);
  assert.deepEqual([told?.pulses, told?.running].map((all) => all?.map(([name]) => name)), [
    ["nginx0"],
    ["nginx0"],
  ]);
  assert.deepEqual(names.map((name) => probes.points(name).length), [0, 1]);
});

Deno.test("probes that are running are told, and are over when maglevd is lost", async () => {
  const { client, isRead } = tellingLater([
    {
      case: "pulses",
      value: create(ProbePulsesSchema, {
        running: [{ backendName: "nginx0", sinceUnixNs: 1_700_000_000_123_000_064n }],
        runningAnew: true,
      }),
    },
    { case: "pulses", value: create(ProbePulsesSchema, {}) },
  ], true);
  const seen = new Set<number | undefined>();
  const { changes, state } = await follow(client, (state) => {
    isRead(state);
    seen.add(state.running.get("nginx0"));
    return state.link.state === "lost";
  });
  const told = changes.flatMap((change) => change.kind === "pulses" ? [change] : []);
  assert.deepEqual(told.map(({ running, isAnew }) => [running, isAnew]), [
    [[["nginx0", 1_700_000_000_123]], true],
    [[], false],
    [undefined, true],
  ]);
  assert.deepEqual([...seen], [undefined, 1_700_000_000_123]);
  assert.equal(state.running.size, 0);
});

Deno.test("what a stream opens with is known to run before anything was read, what comes later is not", async () => {
  const running = (backendName: string, runningAnew: boolean) => ({
    case: "pulses" as const,
    value: create(ProbePulsesSchema, {
      ...{ runningAnew, running: [{ backendName, sinceUnixNs: 1_000_000n }] },
    }),
  });
  const client: MaglevClient = {
    ...openOlder(),
    listBackends: () => new Promise(() => {}),
    async *watchEvents(_, options) {
      yield create(EventSchema, { event: running("web0", true) });
      yield create(EventSchema, { event: running("web1", false) });
      const { signal } = options ?? {};
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    },
  };
  const { clock, changes, end } = fed(client, unheard("rtr1", 0));
  const told = () => changes.flatMap((change) => change.kind === "pulses" ? [change.running] : []);
  for (let i = 0; i < 1_000 && told().length < 2; i++) await clock.advanceAsync(0);
  assert.deepEqual(told(), [[["web0", 1]], []]);
  await end();
});

Deno.test("of an older maglevd is shown what it tells, and the rest is unknown", async () => {
  const { state } = await follow(
    openOlder(),
    ({ frontends, backends }) => frontends.size > 0 && backends.size > 0,
  );
  assert.equal(state.link.state, "connected");
  assert.equal(state.status, undefined);
  const www = state.frontends.get("www");
  assert.deepEqual([www?.state, www?.activePool], ["", ""]);
  // It tells states of backends alone: they were looked up.
  assert.deepEqual(www?.pools[0]?.backends.map((each) => each.state), ["up", "unknown"]);
  assert.deepEqual(state.backends.get("nginx0")?.frontends, ["www"]);
  assert.ok(state.vpp && "version" in state.vpp);
  assert.deepEqual([state.steps.size, state.trafficAt], [0, 0]);
});

Deno.test("what an older maglevd tells of a backend anew does not say that nobody uses it", async () => {
  const transition = { from: "up", to: "down", atUnixNs: 1n };
  const value = create(BackendEventSchema, { backendName: "nginx0", transition });
  const { client, isRead } = tellingLater([{ case: "backend", value }]);
  let wasDown = false;
  const { state } = await follow(client, (state) => {
    isRead(state);
    const nginx0 = state.backends.get("nginx0");
    wasDown ||= nginx0?.state === "down";
    return wasDown && nginx0?.state === "up";
  });
  assert.deepEqual(state.backends.get("nginx0")?.frontends, ["www"]);
  // Nor that its frontends know nothing of it: their members' states are looked up again.
  const members = state.frontends.get("www")?.pools.flatMap(({ backends }) => backends);
  assert.deepEqual(members?.map(({ state }) => state), ["up", "unknown"]);
});

Deno.test("events of an older maglevd have no number, and are folded all the same", async () => {
  const { changes } = await follow(openOlder(), ({ backends }) => backends.size > 0);
  const told = changes.flatMap((change) => change.kind === "event" ? [change.entry?.()] : []);
  assert.partialDeepStrictEqual(told, [{ seq: 0, backend: "nginx0", to: "down" }]);
});

Deno.test("a stream that ends is said to be lost once, with the time since, until it is back", async () => {
  let tries = 0;
  const older = openOlder();
  const watchEvents: MaglevClient["watchEvents"] = async function* (request, options) {
    if (++tries > 3) return yield* older.watchEvents(request, options);
    if (tries === 1) yield* await Promise.resolve<Event[]>([]);
    else throw new TypeError("made up");
  };
  const { changes, log } = await follow(
    { ...older, watchEvents },
    ({ link }) => link.state === "connected",
  );
  const links = changes.flatMap((change) => change.kind === "link" ? [change.link] : []);
  assert.deepEqual(links.map(({ state, reason }) => [state, reason]), [
    ["lost", "maglevd ended the stream of events"],
    ["lost", "unexpected: made up"],
    ["connected", ""],
  ]);
  assert.equal(links[0]?.since, links[1]?.since);
  assert.equal(log.named("maglevd-lost").length, 1);
});

for (
  const [what, answer, reason] of [
    ["a web page", () => new Response("hello"), /is not maglevd's API: unsupported content type/],
    ["garbage", () =>
      new Response(new Uint8Array([0, 0, 0, 0, 2, 255, 255]), {
        headers: { "content-type": "application/connect+proto" },
      }), /./],
  ] as const
) {
  Deno.test(`a server that answers with ${what} is lost, with the reason`, async () => {
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
    using connection = connectTo(`127.0.0.1:${server.addr.port}`);
    const { state } = await follow(connection.client, ({ link }) => link.state === "lost");
    assert.match(state.link.reason, reason);
    assert.equal(state.backends.size, 0);
  });
}

Deno.test("what happens while all is read is read next, without being waited for", async () => {
  const value = create(BackendEventSchema, {
    backendName: "nginx0",
    transition: { from: "up", to: "down", atUnixNs: 1n },
  });
  const { client, tell } = tellingLater([{ case: "backend", value }]);
  const held = Promise.withResolvers<void>();
  let reads = 0;
  const { getBackend, listHealthChecks } = client;
  const { clock, changes, end } = fed({
    ...client,
    getBackend: (request, options) => {
      if (request.name === "nginx0") reads++;
      return getBackend(request, options);
    },
    listHealthChecks: async (request, options) => {
      await held.promise;
      return await listHealthChecks(request, options);
    },
  }, unheard("rtr1", 0));
  while (!changes.some((change) => change.kind === "reading" && change.backends)) {
    await clock.advanceAsync(0);
  }
  const before = reads;
  tell();
  while (!changes.some((change) => change.kind === "event")) await clock.advanceAsync(0);
  await clock.advanceAsync(1_000);
  assert.equal(reads, before);
  held.resolve();
  for (let i = 0; i < 1_000 && reads === before; i++) await clock.advanceAsync(0);
  assert.equal(reads, before + 1);
  await end();
  assert.equal(clock.pending, 0);
});

Deno.test("a maglevd is asked for all that changes, signs of life, and what VPP is asked, and that is logged", async () => {
  const requests: object[] = [];
  const older = openOlder();
  const { clock, log, changes, end } = fed({
    ...older,
    watchEvents(request, options) {
      requests.push(request);
      return older.watchEvents(request, options);
    },
  }, unheard("rtr1", 0));
  for (let i = 0; i < 1_000 && changes.length === 0; i++) await clock.advanceAsync(0);
  assert.deepEqual(requests, [{
    ...{ changes: true, pulses: true, heartbeat: true, log: true },
    logNames: requestRecords,
  }]);
  assert.deepEqual(log.named("maglevd-connected"), [{ server: "rtr1" }]);
  await end();
});

Deno.test("the past that is known is not asked for again, though an attempt in between has failed", async () => {
  let tries = 0;
  let asked = 0;
  const client: MaglevClient = {
    ...olderClient(),
    listEvents: (request, options) => {
      asked++;
      return olderClient().listEvents(request, options);
    },
    async *watchEvents(_, options) {
      if (++tries === 2) throw new ConnectError("not now", Code.Unavailable);
      const value = { streamId: "s", resumed: tries > 1 };
      yield create(EventSchema, { event: { case: "opening", value } });
      if (tries === 1) return await read.promise;
      const { signal } = options ?? {};
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    },
  };
  const read = Promise.withResolvers<void>();
  const { clock, changes, end } = fed(client, unheard("rtr1", 0));
  const turns = async (holds: () => boolean) => {
    for (let i = 0; i < 1_000 && !holds(); i++) await clock.advanceAsync(1);
    assert.ok(holds());
  };
  const isRead = () => changes.some((change) => change.kind === "reading" && change.steps);
  await turns(isRead);
  assert.equal(asked, 2);
  changes.length = 0;
  read.resolve();
  await turns(() => tries === 3 && changes.some((change) => change.kind === "reading"));
  await settle();
  assert.equal(asked, 2);
  await end();
});
