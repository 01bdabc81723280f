import { deepEqual, equal, ok } from "node:assert/strict";
import type { Asker, TryResult } from "../../lib/tester/ask/types.ts";
import { feasibleInterval, Round } from "../../lib/tester/round.ts";
import type { Vip, Way } from "../../lib/tester/targets.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { answered, vip } from "./support/vips.ts";

/** Asks nobody: the test says when tries end. */
class FakeAsker implements Asker {
  readonly underWay = new Set<{ readonly vip: Vip; readonly end: (result: TryResult) => void }>();
  readonly asked: string[] = [];

  ask(vip: Vip, done: (result: TryResult) => void): () => void {
    this.asked.push(vip.name);
    const entry = {
      vip,
      end: (result: TryResult) => {
        this.underWay.delete(entry);
        done(result);
      },
    };
    this.underWay.add(entry);
    return () => this.underWay.delete(entry);
  }

  endAll(name?: string): void {
    for (const { vip, end } of this.underWay) {
      if (name === undefined || vip.name === name) end(answered(1));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A round on a clock of its own. */
function bed(
  names: readonly string[],
  { random = (): number => 0.5, mostUnderWay = 1024 } = {},
) {
  const clock = new FakeClock();
  const asker = new FakeAsker();
  const counts = { done: 0, leftOut: 0 };
  const round = new Round({
    ...{ vips: names.map((name) => vip(name)), asker, clock, random, mostUnderWay },
    intervalMs: 100,
    done: () => counts.done++,
    leftOut: () => counts.leftOut++,
  });
  return { clock, asker, counts, round };
}

Deno.test("each VIP is asked once in an interval, give or take a tenth", () => {
  for (const [random, least, most] of [[0, 111, 112], [0.5, 99, 101], [0.999, 90, 92]] as const) {
    const { clock, asker, round } = bed(["a"], { random: () => random });
    round.resume();
    clock.advance(10_000);
    const { length } = asker.asked;
    ok(length >= least && length <= most, `${length} tries with ${random}`);
    round[Symbol.dispose]();
  }
});

Deno.test("VIPs begin at different times of the first interval", () => {
  const times = [0.1, 0.9];
  const { clock, asker, round } = bed(["a", "b"], { random: () => times.shift() ?? 0.5 });
  round.resume();
  clock.advance(50);
  deepEqual(asker.asked, ["a"]);
  clock.advance(45);
  deepEqual(asker.asked, ["a", "b"]);
  round[Symbol.dispose]();
});

Deno.test("what is late is not caught up", () => {
  const { clock, asker, round } = bed(["a"]);
  round.resume();
  clock.jump(5_000);
  equal(asker.asked.length, 1);
  clock.advance(100);
  equal(asker.asked.length, 2);
  round[Symbol.dispose]();
});

Deno.test("silent VIPs leave room to the others", () => {
  const { clock, asker, counts, round } = bed(["dead", "alive"], { mostUnderWay: 8 });
  round.resume();
  for (let i = 0; i < 50; i++) {
    clock.advance(100);
    asker.endAll("alive");
  }
  ok(asker.underWay.size <= 8);
  ok(counts.leftOut > 30);
  const alive = asker.asked.filter((name) => name === "alive").length;
  ok(alive >= 49, `${alive} tries of the one that answers`);
  round[Symbol.dispose]();
});

Deno.test("where there is room, a silent VIP has more than its share under way", () => {
  const { clock, asker, round } = bed(["dead", "a", "b", "c"], { mostUnderWay: 64 });
  round.resume();
  for (let i = 0; i < 100; i++) {
    clock.advance(100);
    for (const name of ["a", "b", "c"]) asker.endAll(name);
  }
  equal(asker.underWay.size, 32);
  round[Symbol.dispose]();
});

Deno.test("no more than so many tries are under way", () => {
  const names = Array.from({ length: 50 }, (_, i) => `vip${i}`);
  const { clock, asker, round } = bed(names, { mostUnderWay: 64 });
  round.resume();
  clock.advance(5_000);
  ok(asker.underWay.size <= 64, String(asker.underWay.size));
  round[Symbol.dispose]();
  equal(asker.underWay.size, 0);
  equal(clock.pending, 0);
});

Deno.test("a pause asks nothing, what is under way still counts, and it goes on afterwards", () => {
  const { clock, asker, counts, round } = bed(["a"]);
  round.resume();
  clock.advance(50);
  round.pause();
  round.pause();
  clock.advance(10_000);
  equal(asker.asked.length, 1);
  asker.endAll();
  equal(counts.done, 1);
  round.resume();
  round.resume();
  clock.advance(100);
  equal(asker.asked.length, 2);
  round[Symbol.dispose]();
  round.resume();
  clock.advance(1_000);
  equal(asker.asked.length, 2);
});

Deno.test("to finish waits for what is under way, and asks nothing more", async () => {
  const { clock, asker, round } = bed(["a"]);
  await round.finish();
  round.resume();
  clock.advance(150);
  equal(asker.underWay.size, 2);
  let isOver = false;
  const finished = round.finish().then(() => isOver = true);
  clock.advance(1_000);
  await Promise.resolve();
  equal(isOver, false);
  asker.endAll();
  await finished;
  equal(asker.asked.length, 2);
  round[Symbol.dispose]();
});

Deno.test("many VIPs are asked less often, those of HTTPS most, unless flows are kept", () => {
  const vips = (count: number, way: Way) => Array.from({ length: count }, () => ({ way }));
  equal(feasibleInterval(100, vips(400, "http"), false), 100);
  equal(feasibleInterval(100, vips(401, "tcp"), false), 101);
  equal(feasibleInterval(10, vips(100, "icmp"), false), 25);
  equal(feasibleInterval(100, vips(100, "https"), false), 150);
  equal(feasibleInterval(100, [...vips(100, "https"), ...vips(400, "http")], true), 125);
});
