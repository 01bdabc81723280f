import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import type { ServiceImpl } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { type Event, EventSchema, Maglev } from "../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { ProbeHistory } from "../../lib/web/probe_history.ts";
import { Reader } from "../../lib/web/reader.ts";
import { fold } from "../../lib/web/reduce.ts";
import { stripMs, unheard } from "../../lib/web/state.ts";
import { TrafficRates } from "../../lib/web/traffic.ts";
import type { Reading } from "../../lib/web/wire.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { settle } from "../support/until.ts";

type Service = Partial<ServiceImpl<typeof Maglev>>;

/** Two backends of one frontend, and who waits for VPP. */
class Bed {
  readonly clock = new FakeClock();
  /** What it was asked for, each with its time in milliseconds. */
  readonly asked: (readonly [call: string, at: number])[] = [];
  readonly failures: string[] = [];
  readonly readings: Reading[] = [];
  readonly probes = new ProbeHistory();
  readonly reader: Reader;
  names = ["web0", "web1"];
  state = unheard("rtr1", 0);
  /** Told when rates have been published. */
  onTraffic = () => {};
  readonly over = new AbortController();
  #running = Promise.resolve();

  constructor(service: Service = {}) {
    const states = () => this.names.map((name) => ({ name, state: "up", sinceUnixNs: 1n }));
    const www = () => ({ name: "www", state: "up" });
    const whole: Service = {
      listBackends: () => ({ backendNames: this.names, backends: states() }),
      listFrontends: () => ({ frontendNames: ["www"], frontends: [www()] }),
      getBackend: ({ name }) => ({ name, state: "down", sinceUnixNs: 2n, frontends: ["www"] }),
      getFrontend: () => ({ ...www(), state: "down" }),
      listHealthChecks: () => ({ names: ["web", "gone"] }),
      getHealthCheck: ({ name }) => name === "web" ? { name } : notFound(),
      getStatus: () => ({ version: "1" }),
      getVPPInfo: () => ({ version: "25.10" }),
      getVPPLBCounters: () => ({ atUnixNs: BigInt(this.clock.wall()) * 1_000_000n }),
      listEvents: () => ({ events: [] }),
      ...service,
    };
    const noted = Object.entries(whole).map(([call, answer]) => [
      call,
      (...args: never) => {
        this.asked.push([call, this.clock.now()]);
        return (answer as (...args: never) => unknown)(...args);
      },
    ]);
    const transport = createRouterTransport((router) =>
      router.service(Maglev, Object.fromEntries(noted))
    );
    this.reader = new Reader({
      ...{ name: "rtr1", address: "there", clock: this.clock, log: new RecordedLog() },
      client: createClient(Maglev, transport),
      traffic: new TrafficRates(),
      probes: this.probes,
      state: () => this.state,
      publish: (change) => {
        if (change.kind === "reading") this.readings.push(change);
        if (change.kind === "traffic") this.onTraffic();
        this.state = fold(this.state, [change]);
      },
      signal: this.over.signal,
      failed: (error) => {
        this.failures.push(error instanceof ConnectError ? error.rawMessage : String(error));
      },
    });
  }

  /** Reads from now on, and what is to be read at once. */
  async begin(isPastKnown = true): Promise<void> {
    this.#running = this.reader.run(isPastKnown);
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms, () => settle(5));
    await settle(100);
  }

  /** When it was asked for something. */
  times(call: string): number[] {
    return this.asked.filter(([name]) => name === call).map(([, at]) => at);
  }

  async end(): Promise<void> {
    this.over.abort();
    await this.#running;
    assert.equal(this.clock.pending, 0);
  }
}

function notFound(): never {
  throw new ConnectError("there is none", Code.NotFound);
}

function moved(backendName: string): Event {
  const transition = { from: "up", to: "down", atUnixNs: 2n };
  return create(EventSchema, { event: { case: "backend", value: { backendName, transition } } });
}

Deno.test("all is read at once and every 30 s, counters every 5 s, until it is over", async () => {
  const bed = new Bed();
  await bed.begin();
  assert.deepEqual([...bed.state.backends.keys(), ...bed.state.frontends.keys()], [
    ...["web0", "web1", "www"],
  ]);
  assert.deepEqual([...bed.state.checks.keys()], ["web"], "one that is gone by now is left out");
  assert.equal(bed.state.readAt, bed.clock.wall());
  assert.deepEqual(bed.failures, ["undefined"]);
  await bed.pass(61_000);
  assert.deepEqual(bed.times("listBackends"), [0, 30_000, 60_000]);
  assert.deepEqual(bed.times("getVPPLBCounters").slice(0, 4), [0, 5_000, 10_000, 15_000]);
  assert.deepEqual(bed.times("getBackend"), []);
  assert.equal(bed.state.trafficAt, bed.clock.wall() - 1_000);
  assert.deepEqual(bed.times("listEvents"), [], "the past was known");
  await bed.end();
  await bed.pass(60_000);
  assert.equal(bed.times("listBackends").length, 3);
});

Deno.test("what an event concerns is read by name a quarter of a second later, and once for many", async () => {
  const bed = new Bed({
    getBackend: ({ name }) => name === "gone" ? notFound() : { name, state: "down" },
  });
  await bed.begin();
  const before = bed.readings.length;
  bed.reader.heard(moved("web0"));
  await bed.pass(200);
  for (const name of ["web0", "web1", "gone"]) bed.reader.heard(moved(name));
  assert.deepEqual(bed.times("getBackend"), []);
  await bed.pass(50);
  assert.deepEqual(bed.times("getBackend"), [250, 250, 250]);
  const told = bed.readings.slice(before).flatMap(({ backends = [] }) => backends);
  assert.deepEqual(told.map(({ name }) => name), ["web0", "web1"]);
  await bed.pass(1_000);
  assert.equal(bed.times("getBackend").length, 3);
  // What is as it was is not told again.
  const then = bed.readings.length;
  bed.reader.heard(moved("web0"));
  await bed.pass(250);
  assert.deepEqual([bed.times("getBackend").length, bed.readings.length], [4, then]);
  await bed.end();
});

Deno.test("what happens while a list is made is not undone by it, and read by name behind it", async () => {
  let takesMs = 0;
  let isEnabled = false;
  const bed: Bed = new Bed({
    listBackends: async () => {
      await new Promise<void>((resolve) => bed.clock.after(takesMs, resolve));
      const of = (name: string) => ({ name, state: "up", sinceUnixNs: 1n, enabled: isEnabled });
      return { backendNames: bed.names, backends: bed.names.map(of) };
    },
  });
  await bed.begin();
  [takesMs, isEnabled] = [1_000, true];
  await bed.pass(30_900);
  bed.reader.heard(moved("web0"));
  await bed.pass(100);
  const enabled = () =>
    [...bed.state.backends.values()].flatMap(({ name, enabled }) => enabled ? [name] : []);
  assert.deepEqual(enabled(), ["web1"]);
  await bed.pass(1_000);
  assert.deepEqual(bed.times("getBackend"), [31_150]);
  assert.equal(bed.state.backends.get("web0")?.state, "down");
  await bed.end();
});

Deno.test("who ends it waits for nothing, and is told of nothing that failed by that", async () => {
  const waiting = new Bed({ listHealthChecks: () => new Promise(() => {}) });
  await waiting.begin();
  await waiting.end();
  assert.deepEqual([waiting.failures, waiting.state.backends.size], [[], 2]);
  const told = new Bed();
  told.onTraffic = () => told.over.abort();
  await told.begin();
  await told.pass(5_000);
  await told.end();
});

Deno.test("of VPP alone is asked what an event says of it", async () => {
  const bed = new Bed();
  await bed.begin();
  bed.reader.heard(create(EventSchema, { event: { case: "vpp", value: { change: "lost" } } }));
  await bed.pass(249);
  assert.deepEqual(bed.times("getVPPInfo"), [0]);
  await bed.pass(1);
  assert.deepEqual([bed.times("getVPPInfo"), bed.times("listBackends")], [[0, 250], [0]]);
  await bed.end();
});

Deno.test("where much is concerned all is read, at once and a while later, for a tenth of the time", async () => {
  let takesMs = 0;
  const bed = new Bed({
    listHealthChecks: async () => {
      await new Promise<void>((resolve) => bed.clock.after(takesMs, resolve));
      return { names: [] };
    },
  });
  await bed.begin();
  const reload = create(EventSchema, { event: { case: "reload", value: { result: "applied" } } });
  await bed.pass(1_000);
  takesMs = 1_000;
  bed.reader.heard(reload);
  await bed.pass(1_250);
  // It took from 1250 to 2250; so nothing of the kind before 12250.
  assert.deepEqual(bed.times("listBackends"), [0, 1_250]);
  takesMs = 0;
  bed.reader.heard(reload);
  await bed.pass(9_999);
  assert.deepEqual(bed.times("listBackends").slice(2), []);
  await bed.pass(1);
  assert.deepEqual(bed.times("listBackends").slice(2), [12_250]);
  // What was told may have been of before.
  await bed.pass(4_999);
  assert.equal(bed.times("listBackends").length, 3);
  await bed.pass(1);
  assert.deepEqual(bed.times("listBackends").slice(3), [17_250]);
  await bed.pass(30_000);
  assert.deepEqual(bed.times("listBackends").slice(4), [47_250]);
  await bed.end();
});

Deno.test("what fails is said, keeps no other part from being shown, and is tried again in 2 s", async () => {
  let isBroken = true;
  const broken = new ConnectError("no such luck", Code.Internal);
  const bed = new Bed({
    getStatus: () => {
      if (isBroken) throw broken;
      return { version: "1" };
    },
  });
  await bed.begin();
  assert.deepEqual([bed.failures, bed.state.backends.size], [["no such luck"], 2]);
  await bed.pass(1_999);
  assert.deepEqual(bed.times("listBackends"), [0]);
  isBroken = false;
  await bed.pass(1);
  assert.deepEqual(bed.times("listBackends"), [0, 2_000]);
  assert.deepEqual(bed.failures, ["no such luck", "undefined"]);
  assert.equal(bed.state.status?.version, "1");
  await bed.end();
});

Deno.test("VPP that is away is said to be so, and an older maglevd tells less", async () => {
  let code = Code.Unavailable;
  const away = () => {
    throw new ConnectError("VPP is away", code);
  };
  const old = () => {
    throw new ConnectError("what?", Code.Unimplemented);
  };
  const bed = new Bed({ getVPPInfo: away, getVPPLBCounters: away, getStatus: old });
  await bed.begin();
  assert.deepEqual([bed.state.vpp, bed.state.status], [{ unavailable: "VPP is away" }, undefined]);
  assert.deepEqual(bed.failures, ["undefined"]);
  code = Code.Internal;
  await bed.pass(5_000);
  assert.deepEqual(bed.failures, ["undefined", "VPP is away"]);
  // What could not be counted is counted again, like all else.
  code = Code.Unavailable;
  await bed.pass(5_000);
  assert.deepEqual(bed.times("getVPPLBCounters"), [0, 5_000, 10_000]);
  await bed.end();
});

Deno.test("backends that are gone are forgotten, with their probes, and new ones are told", async () => {
  const bed = new Bed();
  await bed.begin();
  bed.probes.take(1, [["web0", true, "L4OK", 1], ["web1", true, "L4OK", 1]]);
  bed.names = ["web1", "web2"];
  await bed.pass(30_000);
  assert.deepEqual([...bed.state.backends.keys()], ["web1", "web2"]);
  assert.deepEqual(["web0", "web1"].map((name) => bed.probes.points(name).length), [0, 1]);
  await bed.end();
});

Deno.test("the past is read once: the newest of the journal, and the last hour of frontends", async () => {
  const step = (from: string, to: string, ms: number) => ({
    event: {
      case: "frontend" as const,
      value: { frontendName: "www", transition: { from, to, atUnixNs: BigInt(ms) * 1_000_000n } },
    },
  });
  const asked: object[] = [];
  const at = new FakeClock().wall();
  const bed = new Bed({
    listEvents: ({ kinds, limit, notBeforeUnixNs }) => {
      asked.push({ kinds, limit, notBefore: Number(notBeforeUnixNs / 1_000_000n) - at });
      // The newest first.
      return { events: [step("up", "down", at - 1_000), step("unknown", "up", at - 2_000)] };
    },
  });
  await bed.begin(false);
  assert.deepEqual(asked, [
    { kinds: [], limit: 200, notBefore: -at },
    { kinds: ["frontend"], limit: 1_000, notBefore: -stripMs },
  ]);
  assert.deepEqual(bed.state.steps.get("www"), [
    ...[[at - stripMs, "unknown"], [at - 2_000, "up"], [at - 1_000, "down"]],
  ]);
  assert.deepEqual(bed.state.journal.map(({ to }) => to), ["down", "up"]);
  assert.equal(bed.reader.isPastKnown, true);
  await bed.pass(30_000);
  assert.equal(asked.length, 2);
  await bed.end();
});
