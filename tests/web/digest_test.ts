import assert from "node:assert/strict";
import { eventToProto } from "../../lib/api/convert/events.ts";
import { atOnce } from "../../lib/time/mod.ts";
import { hear } from "../../lib/web/delta.ts";
import { digest as steps } from "../../lib/web/digest.ts";
import { eventChange } from "../../lib/web/entry.ts";
import { fold } from "../../lib/web/reduce.ts";
import { unheard } from "../../lib/web/state.ts";
import type { Change, News } from "../../lib/web/wire.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { smallConfig } from "../api/support/small_config.ts";
import { steer } from "../support/steer.ts";
import { readingOf } from "./support/reading.ts";

function digest(...given: Parameters<typeof steps>) {
  return atOnce(steps(...given));
}

/** What is known of a checker, and what happens to it from then on. */
function watched(bed: CheckerBed) {
  const state = fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
  const changes: Change[] = [];
  bed.stream.subscribe((event) => changes.push(...[eventChange(eventToProto(event)) ?? []].flat()));
  return { state, changes };
}

function travelled(news: readonly News[]): readonly News[] {
  return JSON.parse(JSON.stringify(news));
}

Deno.test("however often something changes, its newest state alone is told, in a few octets", () => {
  using bed = new CheckerBed(smallConfig(50));
  const { state, changes } = watched(bed);
  const twice = (move: () => void) => {
    bed.clock.advance(1);
    move();
  };
  for (let i = 0; i < 50; i++) twice(() => bed.move(`web${i}`, "up"));
  const once = digest(state, changes, 1);
  assert.deepEqual(hear(state, travelled(once.news)), once.state);
  const octets = JSON.stringify(once.news).length;
  assert.ok(octets < 50 * 160, `${octets} octets for 50 backends`);
  // Of the journal what is new alone.
  const before = changes.length;
  twice(() => bed.move("web0", "down"));
  const next = digest(once.state, changes.slice(before), 30);
  assert.deepEqual(hear(once.state, travelled(next.news)), next.state);
  twice(() => bed.move("web0", "up"));
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 50; i++) twice(() => bed.move(`web${i}`, "down"));
    for (let i = 0; i < 50; i++) twice(() => bed.move(`web${i}`, "up"));
  }
  const often = digest(state, changes, 1);
  assert.deepEqual(hear(state, travelled(often.news)), often.state);
  const [delta] = often.news;
  assert.ok(delta?.kind === "delta");
  assert.equal(delta.moved?.length, 50);
  assert.equal(hear(state, [delta]).backends.get("web7")?.state, "up");
});

Deno.test("what a change comes to is found out without a look at what it does not concern", () => {
  using bed = new CheckerBed(smallConfig(50));
  const { state, changes } = watched(bed);
  bed.move("web7", "up");
  let looks = 0;
  class Watched<T> extends Map<string, T> {
    override get(name: string): T | undefined {
      looks++;
      return super.get(name);
    }
  }
  const { news } = digest({ ...state, backends: new Watched(state.backends) }, changes, 30);
  assert.equal(hear(state, travelled(news)).backends.get("web7")?.state, "up");
  assert.ok(looks < 10, `${looks} looks at 50 backends`);
});

Deno.test("each change that is looked at is a step, and each backend that is compared another", () => {
  using bed = new CheckerBed(smallConfig(50));
  const { state, changes } = watched(bed);
  for (let i = 0; i < 50; i++) bed.move(`web${i}`, "up");
  const count = [...steps(state, changes, 30)].length;
  assert.ok(count >= changes.length + 50, `${count} steps for ${changes.length} changes`);
});

Deno.test("of more entries than fit, what others follow from is told, and how many there are more", () => {
  using bed = new CheckerBed(smallConfig(50));
  const { state, changes } = watched(bed);
  for (let i = 0; i < 50; i++) bed.move(`web${i}`, "up");
  const told = (limit: number) => {
    const [delta] = digest(state, changes, limit).news;
    return delta?.kind === "delta" ? delta.entries ?? [] : [];
  };
  const all = told(10_000);
  assert.equal(all.length, changes.length);
  assert.ok(!all.some(({ kind }) => kind === "more"));
  assert.deepEqual(told(changes.length), all);
  const few = told(5);
  assert.equal(few.length, 5);
  assert.ok(few.some(({ kind, frontend }) => kind === "frontend" && frontend === "www"));
  const more = few.filter(({ kind }) => kind === "more");
  assert.match(
    more[0]?.what ?? "",
    new RegExp(`^${changes.length - 4} more events: .*\\d+ backend`),
  );
  assert.equal(more.length, 1);
  const [, ...counts] = [...(more[0]?.what ?? "").matchAll(/\d+/g)].map(Number);
  assert.equal(counts.reduce((sum, count) => sum + count, 0), changes.length - 4);
  const lastLeftOut = all.find(({ seq }) => seq === more[0]?.seq);
  assert.equal(more[0]?.at, lastLeftOut?.at);
  // The newest first, as in the journal.
  const seqs = few.map(({ seq }) => seq);
  assert.deepEqual(seqs, seqs.toSorted((a, b) => b - a));
});

Deno.test("what happens is told at once also where it undoes itself", () => {
  using bed = new CheckerBed(smallConfig(3));
  const { state, changes } = watched(bed);
  steer(bed.checker).disable("web0");
  bed.clock.advance(5);
  steer(bed.checker).enable("web0");
  const { state: after, news } = digest(state, changes, 30);
  assert.deepEqual(hear(state, travelled(news)), after);
  assert.deepEqual(after.backends.get("web0")?.transitions.slice(0, 2).map(({ to }) => to), [
    ...["unknown", "disabled"],
  ]);
  assert.deepEqual(digest(after, [], 30), { state: after, news: [] });
});

Deno.test("of links and rates the last one is told, of names that are no more nothing is left", () => {
  using bed = new CheckerBed(smallConfig(3));
  const { state } = watched(bed);
  const link = (reason: string) =>
    ({ kind: "link", link: { state: "connected", since: 1, reason } }) as const;
  const traffic = (at: number) => ({ kind: "traffic", at, frontends: [], backends: [] }) as const;
  const changes = [
    ...[link("a"), traffic(1), link("b"), traffic(2)],
    { kind: "reading", goneBackends: ["web1"], goneFrontends: ["www"], steps: { x: [[1, "up"]] } },
  ] as const;
  const { state: after, news } = digest(state, changes, 30);
  assert.deepEqual(hear(state, travelled(news)), after);
  assert.deepEqual(news.map(({ kind }) => kind), ["link", "delta", "traffic"]);
  assert.deepEqual([news[0], news[2]], [link("b"), traffic(2)]);
  assert.deepEqual([after.backends.has("web1"), after.frontends.has("www")], [false, false]);
});
