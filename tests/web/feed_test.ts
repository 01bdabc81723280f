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
import { FakeClock, sleep } from "../../lib/time/mod.ts";
import { Feed } from "../../lib/web/feed.ts";
import { ProbeHistory } from "../../lib/web/probe_history.ts";
import { fold } from "../../lib/web/reduce.ts";
import { type MaglevdState, unheard } from "../../lib/web/state.ts";
import { TrafficRates } from "../../lib/web/traffic.ts";
import { requestRecords, VppCalls } from "../../lib/web/vpp_calls.ts";
import type { Change } from "../../lib/web/wire.ts";
import { olderClient } from "../cli/support/older.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { steer } from "../support/steer.ts";
import { settle } from "../support/until.ts";
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

Deno.test("a maglevd that refuses is asked once a minute, or at once with something else to show", async () => {
  const clock = new FakeClock();
  const over = new AbortController();
  let tries = 0;
  const refusing: MaglevClient["watchEvents"] = async function* () {
    tries++;
    yield* await Promise.reject<Event[]>(new ConnectError("not you", Code.Unauthenticated));
  };
  const feed = new Feed({
    ...{ name: "rtr1", address: "there", clock, log: new RecordedLog() },
    client: () => ({ ...olderClient(), watchEvents: refusing }),
    traffic: new TrafficRates(),
    probes: new ProbeHistory(),
    calls: new VppCalls(),
    state: () => unheard("rtr1", 0),
    publish: () => {},
  });
  const running = feed.run(over.signal);
  await clock.advanceAsync(59_999);
  assert.equal(tries, 1);
  await clock.advanceAsync(1);
  assert.equal(tries, 2);
  feed.renew();
  await clock.advanceAsync(0);
  assert.equal(tries, 3);
  over.abort();
  await running;
  assert.equal(clock.pending, 0);
});

/** Feeds on this client, by a clock in the test's hands, what is known of before. */
function fed(
  client: MaglevClient,
  known: MaglevdState | (() => MaglevdState),
  clock = new FakeClock(),
) {
  const over = new AbortController();
  const changes: Change[] = [];
  const log = new RecordedLog();
  const feed = new Feed({
    ...{ name: "rtr1", address: "there", clock, log },
    client: () => client,
    traffic: new TrafficRates(),
    probes: new ProbeHistory(),
    calls: new VppCalls(),
    state: () => typeof known === "function" ? known() : known,
    publish: (change) => void changes.push(change),
  });
  const running = feed.run(over.signal);
  const end = async () => {
    over.abort();
    await running;
  };
  return { clock, changes, log, renew: () => feed.renew(), end };
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

Deno.test("a maglevd is said to be lost again though nobody was told yet that it was there", async () => {
  const older = olderClient();
  const reason = "maglevd ended the stream of events";
  const before: MaglevdState = { ...unheard("rtr1", 0), link: { state: "lost", since: 1, reason } };
  const { clock, changes, end } = fed(older, before);
  const links = () => changes.flatMap((change) => change.kind === "link" ? [change.link] : []);
  for (let i = 0; i < 1_000 && links().at(-1)?.state !== "lost"; i++) await clock.advanceAsync(0);
  const since = clock.wall();
  assert.deepEqual(links().map(({ state, since }) => [state, since]), [
    ["connected", since],
    ["lost", since],
  ]);
  await end();
});

Deno.test("a maglevd that was never heard is lost since it was asked first, however often it is", async () => {
  const silent = { ...olderClient(), watchEvents: () => assert.fail("nobody is there") };
  let known = unheard("rtr1", 0);
  const { clock, changes, end } = fed(silent, () => known);
  const since = clock.wall();
  const links = () => changes.flatMap((change) => change.kind === "link" ? [change.link] : []);
  await clock.advanceAsync(0);
  assert.partialDeepStrictEqual(links(), [{ state: "lost", since }]);
  known = fold(known, changes);
  await clock.advanceAsync(60_000);
  assert.equal(links().length, 1);
  await end();
});

/** A maglevd that is asked for events so often, at these times, and how long it then tells any. */
function asked() {
  const clock = new FakeClock();
  const times: number[] = [];
  const said = { lastsMs: 0 };
  const watchEvents: MaglevClient["watchEvents"] = async function* (_, options) {
    times.push(clock.now());
    if (said.lastsMs === 0) throw new ConnectError("not now", Code.Unavailable);
    yield create(EventSchema, { event: { case: "audit", value: {} } });
    await sleep(clock, said.lastsMs, options?.signal);
  };
  const { renew, end } = fed({ ...olderClient(), watchEvents }, unheard("rtr1", 0), clock);
  const pass = (ms: number) => clock.advanceAsync(ms, () => settle(5));
  return { renew, end, times, said, pass };
}

Deno.test("a maglevd that is not there is asked ever less often, in the end every 10 s", async () => {
  const { times, pass, renew, end } = asked();
  await pass(32_700);
  assert.deepEqual(times.splice(0), [
    ...[0, 100, 300, 700, 1_500, 3_100, 6_300, 12_700, 22_700, 32_700],
  ]);
  // Who has something else to show begins anew.
  renew();
  await pass(300);
  assert.deepEqual(times, [32_700, 32_800, 33_000]);
  await end();
});

Deno.test("a maglevd that was heard for 10 s is asked again at once, one that was for less ever later", async () => {
  const { times, said, pass, end } = asked();
  await pass(1_500);
  said.lastsMs = 9_999;
  await pass(1_600 + 9_999 + 3_200);
  assert.deepEqual(times.slice(5), [3_100, 3_100 + 9_999 + 3_200]);
  said.lastsMs = 10_000;
  await pass(9_999 + 6_400 + 10_000 + 100);
  const [first = 0, second = 0] = times.slice(7);
  assert.deepEqual([first, second - first], [32_698, 10_100]);
  await end();
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
