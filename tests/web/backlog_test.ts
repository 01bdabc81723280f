import assert from "node:assert/strict";
import type { BackendInfo, FrontendInfo } from "../../lib/gen/maglev_pb.ts";
import { backendToProto, frontendToProto } from "../../lib/api/convert/objects.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { Backlog } from "../../lib/web/backlog.ts";
import { fold } from "../../lib/web/reduce.ts";
import { unheard } from "../../lib/web/state.ts";
import { toWire } from "../../lib/web/to_wire.ts";
import type { Reading } from "../../lib/web/wire.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { smallConfig } from "../api/support/small_config.ts";
import { changeOf, readingOf, toldOf } from "./support/reading.ts";

const trend = { times: undefined, timeoutMs: 0, changes: 0 };

/** What is known of a checker, and what is read of it behind that. */
class Bed implements Disposable {
  readonly clock = new FakeClock();
  readonly bed: CheckerBed;
  readonly published: Reading[] = [];
  readonly touched = new Set<string>();
  readonly toldAt = new Map<string, number>();
  readonly backlog: Backlog;
  state;

  /** With `msPerLook` each look at the clock takes so long. */
  constructor(backends: number, msPerLook = 0) {
    const { clock } = this;
    let looks = 0;
    const now = () => clock.now() + msPerLook * looks++;
    this.bed = new CheckerBed(smallConfig(backends));
    this.state = fold(unheard("rtr1", 0), [readingOf(this.bed.checker)]);
    this.backlog = new Backlog({
      clock: { now, wall: () => clock.wall(), turn: clock.turn, after: clock.after.bind(clock) },
      state: () => this.state,
      publish: (reading) => {
        this.published.push(reading);
        this.state = fold(this.state, [reading]);
      },
      toldAt: (name) => this.toldAt.get(name) ?? 0,
      isTouched: (kind, name) => this.touched.has(`${kind} ${name}`),
    });
  }

  read(): [BackendInfo[], FrontendInfo[]] {
    const { checker } = this.bed;
    return [
      checker.backendNames().flatMap((name) => {
        const backend = checker.backend(name);
        return backend ? [backendToProto(backend, trend)] : [];
      }),
      checker.frontendNames().flatMap((name) => {
        const frontend = checker.frontend(name);
        return frontend ? [frontendToProto(frontend, (each) => checker.backend(each))] : [];
      }),
    ];
  }

  [Symbol.dispose](): void {
    this.backlog.close();
    this.bed[Symbol.dispose]();
    assert.equal(this.clock.pending, 0);
  }
}

Deno.test("what was read is told as far as it is other than known, a little at a time", () => {
  using bed = new Bed(100);
  bed.backlog.put(...bed.read());
  assert.equal(bed.published.length, 0);
  for (let i = 0; i < 100; i++) bed.bed.move(`web${i}`, "up");
  bed.backlog.put(...bed.read());
  assert.deepEqual(bed.published.map(({ backends }) => backends?.length), [40]);
  // What is read meanwhile has to wait as well.
  bed.backlog.put(...bed.read());
  bed.clock.advance(99);
  assert.equal(bed.published.length, 1);
  bed.clock.advance(1);
  assert.equal(bed.published.length, 2);
  bed.clock.advance(10_000);
  const { backends, frontends } = fold(unheard("rtr1", 0), [readingOf(bed.bed.checker)]);
  assert.deepEqual([bed.state.backends, bed.state.frontends], [backends, frontends]);
});

Deno.test("what takes 5 ms to compare is gone on with when others had their turn", () => {
  using bed = new Bed(12, 1);
  for (let i = 0; i < 12; i++) bed.bed.move(`web${i}`, "up");
  const [backends] = bed.read();
  bed.backlog.put(backends, []);
  const told = () => bed.published.map(({ backends }) => backends?.length);
  assert.deepEqual(told(), [5]);
  bed.clock.advance(0);
  assert.deepEqual(told(), [5, 5, 2]);
});

Deno.test("the last one is told as well, and of backends and frontends either", () => {
  using bed = new Bed(41);
  for (let i = 0; i < 41; i++) bed.bed.move(`web${i}`, "up");
  const [backends, frontends] = bed.read();
  const told = () => bed.published.map((each) => [each.backends?.length, each.frontends?.length]);
  bed.backlog.put(backends, []);
  bed.clock.advance(100);
  assert.deepEqual(told(), [[40, 0], [1, 0]]);
  // A backend and a frontend make news together.
  const [web0] = backends;
  assert.ok(web0);
  web0.address = "192.0.2.99";
  for (const each of frontends) each.description = "another one";
  bed.clock.advance(100);
  bed.backlog.put([web0], frontends);
  assert.deepEqual(told()[2], [1, 1]);
  bed.clock.advance(10_000);
  assert.equal(bed.state.frontends.get("www")?.description, "another one");
});

Deno.test("of many frontends as well a few are told at once", () => {
  using bed = new Bed(1);
  const [, [www]] = bed.read();
  assert.ok(www);
  const all = Array.from({ length: 100 }, (_, i) => ({ ...www, name: `www${i}` }));
  bed.state = fold(bed.state, [{ kind: "reading", frontends: all.map(toWire) }]);
  bed.backlog.put([], all.map((each) => ({ ...each, description: "another one" })));
  assert.deepEqual(bed.published.map(({ frontends }) => frontends?.length), [40]);
  bed.clock.advance(100);
  assert.equal(bed.published.length, 2);
  bed.clock.advance(10_000);
  assert.equal(bed.state.frontends.get("www99")?.description, "another one");
});

Deno.test("of frontends with many servers that are others, fewer are told at once", () => {
  using bed = new Bed(30);
  const [, [www]] = bed.read();
  assert.ok(www);
  const all = Array.from({ length: 4 }, (_, i) => ({ ...www, name: `www${i}` }));
  bed.state = fold(bed.state, [{ kind: "reading", frontends: all.map(toWire) }]);
  const heavier = structuredClone(all);
  for (const { backends } of heavier.flatMap(({ pools }) => pools)) {
    for (const member of backends) member.weight = 7;
  }
  bed.backlog.put([], heavier);
  const told = () => bed.published.map(({ frontends }) => frontends?.length);
  assert.deepEqual(told(), [2]);
  bed.clock.advance(100);
  assert.deepEqual(told(), [2, 2]);
});

Deno.test("what happened since it was read is not undone by what was read", () => {
  using bed = new Bed(4);
  bed.bed.stream.subscribe((event) => bed.state = fold(bed.state, [changeOf(event)]));
  const [backends, frontends] = bed.read();
  bed.bed.move("web0", "up");
  const now = toldOf(bed.state);
  bed.touched.add("backend web0");
  for (const { name } of frontends) bed.touched.add(`frontend ${name}`);
  for (const each of frontends) each.description = "another one";
  bed.backlog.put(backends, frontends);
  assert.deepEqual(toldOf(bed.state), now);
  assert.equal(bed.state.frontends.get("www")?.description, "another one");
});

Deno.test("a list of before what events have told undoes nothing either", () => {
  using bed = new Bed(4);
  bed.bed.stream.subscribe((event) => bed.state = fold(bed.state, [changeOf(event)]));
  const [backends, frontends] = bed.read();
  bed.bed.clock.advance(5);
  bed.bed.move("web0", "up");
  bed.toldAt.set("web0", bed.state.backends.get("web0")?.sinceUnixNs ?? 0);
  const now = toldOf(bed.state);
  bed.backlog.put(backends, frontends);
  assert.deepEqual(toldOf(bed.state), now);
  // One of after that is news.
  const [later] = bed.read();
  for (const each of later) each.address = "192.0.2.99";
  for (const member of frontends.flatMap(({ pools }) => pools.flatMap((pool) => pool.backends))) {
    Object.assign(member, { state: "up", sinceUnixNs: later[0]?.sinceUnixNs, weight: 7 });
  }
  bed.backlog.put(later, frontends);
  assert.equal(bed.state.backends.get("web0")?.address, "192.0.2.99");
  const [main] = bed.state.frontends.get("www")?.pools ?? [];
  assert.equal(main?.backends[0]?.weight, 7);
});

Deno.test("a backlog that is closed tells nothing any more", () => {
  using bed = new Bed(100);
  for (let i = 0; i < 100; i++) bed.bed.move(`web${i}`, "up");
  bed.backlog.put(...bed.read());
  bed.backlog.close();
  assert.equal(bed.clock.pending, 0);
  bed.backlog.put(...bed.read());
  bed.clock.advance(10_000);
  assert.equal(bed.published.length, 1);
});
