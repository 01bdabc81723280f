import assert from "node:assert/strict";
import type { ProbeResult } from "../../lib/probes/mod.ts";
import { FatalError } from "../../lib/supervisor/mod.ts";
import { Bench, fail, httpCheck, pass, sketch } from "../checker/support/bench.ts";
import { steer } from "../support/steer.ts";

const one = sketch({ backends: { a: {} } });

/** Starts and the gaps between them. */
function gaps(bench: Bench): number[] {
  const times = bench.prober.starts.map(({ at }) => at);
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}

Deno.test("the first probe comes at a random moment within one fast interval", () => {
  for (const [random, at] of [[0, 0], [0.5, 250], [0.9, 450]] as const) {
    using bench = new Bench(one, { random: () => random });
    bench.clock.advance(500);
    assert.equal(bench.prober.starts[0]?.at, at);
  }
});

Deno.test("the next probe comes after the interval that the new health calls for", () => {
  using bench = new Bench(one);
  bench.probe("a", pass);
  for (const result of [pass, fail, fail, fail, fail, pass, pass, pass]) bench.probe("a", result);
  const want = [2_000, 2_000, 500, 500, 5_000, 5_000, 500, 2_000];
  for (const [i, gap] of gaps(bench).entries()) {
    assert.ok(Math.abs(gap - (want[i] ?? 0)) <= 10, `gap ${i} is ${gap}, not ${want[i]}`);
  }
});

Deno.test("jitter spreads the delay by up to a tenth either way", () => {
  for (const [random, gap] of [[0, 1_800], [0.5, 2_000], [0.999, 2_200]] as const) {
    using bench = new Bench(one, { random: () => random, answers: pass });
    bench.clock.advance(5_000);
    assert.ok(Math.abs((gaps(bench)[0] ?? 0) - gap) <= 8, `${random}: ${gaps(bench)[0]}`);
  }
});

Deno.test("many are probed in steps that all share, each as often as it is to be", () => {
  const backends = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`b${i}`, {}]));
  let drawn = 0;
  const random = () => (drawn++ * 0.618) % 1;
  using bench = new Bench(sketch({ backends }), { random, answers: pass });
  bench.clock.advance(10_000);
  const before = bench.prober.starts.length;
  bench.clock.advance(20_000);
  const starts = bench.prober.starts.slice(before);
  const moments = new Set(starts.map(({ at }) => at)).size;
  assert.ok(moments <= 20_000 / 80 + 1, `${moments} moments`);
  assert.ok(Math.abs(starts.length - 2_000) <= 100, `${starts.length} probes`);
});

Deno.test("delays count from when the probe was due, however long it took", () => {
  using bench = new Bench(one, { answers: pass });
  bench.prober.delayMs = 900;
  bench.clock.advance(200_300);
  assert.equal(bench.prober.starts.length, 101);
});

Deno.test("a probe that outlasts the interval is followed at its end, never overlapped", () => {
  const slow = httpCheck("web", { fastIntervalMs: 100, downIntervalMs: 100, timeoutMs: 1_000 });
  using bench = new Bench(sketch({ checks: [slow], backends: { a: {} } }), { answers: fail });
  bench.prober.delayMs = 1_000;
  bench.clock.advance(10_000);
  for (const gap of gaps(bench)) assert.ok(gap >= 1_000 && gap <= 1_010, `${gap}`);
});

/** A probe that could not be made for a lack of our own. */
const lack: ProbeResult = {
  ok: false,
  code: "SOCKERR",
  detail: "out of file descriptors",
  durationMs: 0,
};

Deno.test("a prober that never answers is given up, which says nothing about the backend", () => {
  using bench = new Bench(one);
  bench.clock.advance(252 + 3_004);
  assert.deepEqual(bench.log.named("probe-lost"), [], "everybody else has had a turn");
  bench.clock.advance(104);
  assert.equal(bench.state("a"), "unknown");
  assert.equal(bench.checker.backend("a")?.lastProbe, undefined);
  assert.deepEqual(bench.log.named("probe-lost"), [
    { backend: "a", err: "the prober did not answer for 3000 ms" },
  ]);
  bench.clock.advance(10_000);
  assert.ok(bench.prober.starts.length > 1, "probing goes on");
});

Deno.test("each probe has its last chance, whatever the one before it took", () => {
  using bench = new Bench(one);
  const flight = () => [...bench.prober.flights.values()][0];
  bench.clock.advance(252 + 3_004);
  flight()?.answer(pass);
  bench.clock.advance(10);
  bench.clock.advance((flight()?.startedAt ?? 0) + 3_004 - bench.clock.now());
  assert.deepEqual(bench.log.named("probe-lost"), []);
  bench.clock.advance(114);
  assert.equal(bench.log.named("probe-lost").length, 1);
});

Deno.test("a prober that throws says nothing about the backend, and probing goes on", () => {
  using bench = new Bench(one);
  bench.prober.answers = () => {
    throw new Error("out of luck");
  };
  bench.clock.advance(600);
  bench.prober.flights.clear();
  assert.equal(bench.state("a"), "unknown");
  assert.deepEqual(bench.log.named("probe-failed")[0], {
    backend: "a",
    err: "the probe cannot be started: out of luck",
  });
  assert.deepEqual(bench.fatal, []);
  bench.prober.answers = () => pass;
  bench.clock.advance(1_000);
  assert.equal(bench.state("a"), "up");
});

Deno.test("after an error after which nothing can be trusted no probe begins any more", () => {
  using bench = new Bench(sketch({ backends: { a: {}, b: {}, c: {} } }));
  const error = new FatalError("cannot leave network namespace dp");
  bench.prober.answers = () => {
    throw error;
  };
  bench.clock.advance(10_000);
  assert.equal(bench.prober.starts.length, 1);
  bench.prober.flights.clear();
  assert.deepEqual(bench.fatal, [error]);
});

Deno.test("a lack of our own is never held against a backend, but counted, told and tried again", () => {
  const results: string[] = [];
  using bench = new Bench(one);
  bench.checker.watchProbes((backend, { code }) => results.push(`${backend} ${code}`));
  bench.probe("a", pass);
  const before = bench.checker.backend("a");
  bench.events.length = 0;
  for (let i = 0; i < 10; i++) bench.probe("a", lack);
  assert.deepEqual(bench.checker.backend("a"), before);
  assert.deepEqual(results, ["a L7OK", ...Array(10).fill("a SOCKERR")]);
  for (const gap of gaps(bench).slice(1)) assert.ok(gap <= 510, `tried again after ${gap} ms`);
  assert.deepEqual(bench.story(), ["probing impaired out of file descriptors"]);
  assert.equal(bench.log.named("probing-impaired")[0]?.err, "out of file descriptors");
  bench.prober.answers = () => pass;
  bench.clock.advance(9_900);
  assert.equal(bench.story().length, 1);
  bench.clock.advance(600);
  assert.deepEqual(bench.story().slice(1), ["probing restored 10 probes could not be made"]);
  bench.prober.answers = undefined;
  bench.clock.advance(10);
  bench.probe("a", lack);
  assert.deepEqual(bench.story().slice(2), ["probing impaired out of file descriptors"]);
});

Deno.test("a probe that could not be made is tried again within seconds, whatever the interval", () => {
  const slow = httpCheck("web", {
    intervalMs: 60_000,
    fastIntervalMs: 60_000,
    downIntervalMs: 60_000,
  });
  using bench = new Bench(sketch({ checks: [slow], backends: { a: {} } }));
  for (let i = 0; i < 5; i++) bench.probe("a", lack);
  for (const gap of gaps(bench)) assert.ok(gap <= 5_510, `tried again after ${gap} ms`);
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
});

Deno.test("the first probes are spread over a quarter of the warm-up at most, 1 s without one", () => {
  const slow = httpCheck("web", { intervalMs: 60_000, fastIntervalMs: 60_000 });
  for (const [maxDelayMs, at] of [[0, 900], [30_000, 6_750], [400_000, 54_000]] as const) {
    const config = sketch({ checks: [slow], backends: { a: {} } });
    const lb = { ...config.lb, startupMaxDelayMs: maxDelayMs };
    using bench = new Bench({ ...config, lb }, { random: () => 0.9 });
    bench.clock.advance(60_000);
    assert.equal(bench.prober.starts[0]?.at, at);
  }
});

Deno.test("a prober that answers twice is heard once", () => {
  using bench = new Bench(one);
  bench.clock.advance(500);
  const probe = [...bench.prober.flights.values()][0];
  probe?.answer(pass);
  for (let i = 0; i < 5; i++) probe?.answer(fail);
  assert.equal(bench.checker.backend("a")?.health, 4);
});

Deno.test("a result after pause, disable or a reload that drops the backend is ignored", async () => {
  for (const act of ["pause", "disable", "remove"] as const) {
    using bench = new Bench(one);
    bench.clock.advance(500);
    const probe = [...bench.prober.flights.values()][0];
    if (act === "remove") await bench.reload(sketch({ backends: {} }));
    else steer(bench.checker)[act]("a");
    assert.equal(probe?.cancelled, true, act);
    const before = bench.events.length;
    probe?.answer(pass);
    assert.equal(bench.events.length, before);
    assert.equal(bench.checker.backend("a")?.lastProbe, undefined);
    bench.clock.advance(60_000);
    assert.equal(bench.prober.starts.length, 1, `${act} stops probing`);
  }
});

Deno.test("a timeout that comes long after the deadline is the process's fault and is redone", () => {
  using bench = new Bench(one);
  bench.clock.advance(500);
  const stalled = [...bench.prober.flights.values()][0];
  bench.clock.jump(2_500);
  stalled?.answer({ ok: false, code: "L7TOUT", detail: "timeout", durationMs: 2_700 });
  assert.equal(bench.state("a"), "unknown");
  assert.equal(bench.checker.stats().excused, 1);
  assert.deepEqual(bench.story(), [
    "probing impaired maglevd itself stood still: L7TOUT timeout",
  ]);
  bench.clock.advance(10);
  assert.equal(bench.prober.starts.length, 2);
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
});

Deno.test("a timeout that comes in time counts", () => {
  using bench = new Bench(one);
  bench.clock.advance(260);
  const probe = [...bench.prober.flights.values()][0];
  bench.clock.advance(1_050);
  probe?.answer({ ok: false, code: "L7TOUT", detail: "timeout", durationMs: 1_000 });
  assert.equal(bench.state("a"), "down");
  assert.equal(bench.checker.stats().excused, 0);
});

Deno.test("a standstill that ends when a probe would be given up gives it a last chance", () => {
  using bench = new Bench(one);
  bench.clock.advance(260);
  const stalled = [...bench.prober.flights.values()][0];
  assert.ok(stalled);
  bench.clock.advance(500);
  bench.clock.jump(stalled.startedAt + 3_001 - bench.clock.now());
  stalled.answer({ ok: false, code: "L7TOUT", detail: "timeout", durationMs: 1_000 });
  assert.deepEqual(bench.log.named("probe-lost"), []);
  assert.equal(bench.checker.stats().excused, 1);
});

Deno.test("a probe is not given up because the process was stopped", () => {
  using bench = new Bench(one);
  bench.clock.advance(500);
  const stalled = [...bench.prober.flights.values()][0];
  bench.clock.jump(3_600_000);
  assert.equal(bench.state("a"), "unknown");
  assert.deepEqual(bench.log.named("probe-lost"), []);
  stalled?.answer({ ok: false, code: "L7TOUT", detail: "timeout", durationMs: 3_600_000 });
  bench.clock.advance(10);
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
});

Deno.test("a host that is always too slow still notices that a backend is down", () => {
  using bench = new Bench(one);
  for (let i = 0; i < 2; i++) {
    bench.clock.advance(500);
    const stalled = [...bench.prober.flights.values()][0];
    bench.clock.jump(1_500);
    stalled?.answer({ ok: false, code: "L7TOUT", detail: "timeout", durationMs: 2_700 });
  }
  assert.equal(bench.state("a"), "down");
});

Deno.test("one backend is probed once, however many frontends use it, and without any", () => {
  const config = sketch({
    backends: { a: {}, lonely: {} },
    frontends: { f: [{ a: 100 }], g: [{ a: 50 }], h: [{ a: 1 }] },
  });
  using bench = new Bench(config, { answers: pass });
  bench.clock.advance(600);
  assert.deepEqual(bench.prober.starts.map(({ address }) => address), ["10.0.0.0", "10.0.0.1"]);
});

Deno.test("ten thousand backends at 1 s are probed evenly, in small batches and none late", () => {
  const second = httpCheck("web", { intervalMs: 1_000, fastIntervalMs: 1_000 });
  const backends = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`b${i}`, {}]));
  let seed = 42;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  using bench = new Bench(sketch({ checks: [second], backends }), { random, answers: pass });
  bench.clock.advance(5_000);
  const { late, maxLatenessMs, running, scheduled } = bench.checker.stats();
  assert.equal(late, 0);
  assert.ok(maxLatenessMs <= 10);
  assert.equal(running + scheduled, 10_000);
  const perTenth = new Array<number>(50).fill(0);
  for (const { at } of bench.prober.starts) {
    const tenth = Math.min(49, Math.floor(at / 100));
    perTenth[tenth] = (perTenth[tenth] ?? 0) + 1;
  }
  for (const [i, n] of perTenth.entries()) assert.ok(n > 750 && n < 1_350, `tenth ${i}: ${n}`);
});

Deno.test("what is told of a probe that was lost, or not begun, says how long that took", () => {
  for (const [isLost, expected] of [[true, 3_100], [false, 0]] as const) {
    const durations: number[] = [];
    using bench = new Bench(one);
    bench.checker.watchProbes((_, { durationMs }) => durations.push(durationMs));
    if (!isLost) {
      bench.prober.answers = () => {
        throw new Error("out of luck");
      };
    }
    bench.clock.advance(260 + expected);
    bench.prober.flights.clear();
    assert.deepEqual(durations, [expected]);
  }
});

Deno.test("a failure up to 100 ms after its deadline counts, a later one is done again", () => {
  for (const [tookMs, state] of [[1_100, "down"], [1_101, "unknown"]] as const) {
    using bench = new Bench(one);
    bench.clock.advance(260);
    const probe = [...bench.prober.flights.values()][0];
    assert.ok(probe);
    bench.clock.advance(probe.startedAt + tookMs - bench.clock.now());
    probe.answer({ ok: false, code: "L7TOUT", detail: "timeout", durationMs: 1_000 });
    assert.equal(bench.state("a"), state);
    assert.equal(bench.checker.stats().excused, state === "down" ? 0 : 1);
  }
});

Deno.test("a probe on its way whose end is overdue is none that started late", () => {
  using bench = new Bench(one);
  bench.clock.advance(500);
  assert.equal(bench.prober.starts.length, 1);
  bench.clock.jump(60_000);
  assert.equal(bench.checker.stats().stalls, 1);
  assert.equal(bench.checker.stats().late, 0);
});

Deno.test("after a result that counts the next standstill is excused again", () => {
  using bench = new Bench(one);
  const late = { ok: false, code: "L7TOUT", detail: "timeout", durationMs: 2_700 } as const;
  for (let standstills = 1; standstills <= 3; standstills++) {
    bench.probe("a", pass);
    for (let waited = 0; bench.prober.flights.size === 0 && waited < 5_000; waited += 10) {
      bench.clock.advance(10);
    }
    const stalled = [...bench.prober.flights.values()][0];
    bench.clock.jump(2_500);
    stalled?.answer(late);
    assert.equal(bench.checker.stats().excused, standstills);
    assert.equal(bench.state("a"), "up");
  }
});

Deno.test("a probe that blames maglevd itself is told as it is, and takes no excuse", () => {
  using bench = new Bench(one);
  const detail = "maglevd stood still for 900ms";
  const own = { ok: false, code: "SOCKERR", detail, durationMs: 1_000 } as const;
  const late = { ok: false, code: "L7TOUT", detail: "timeout", durationMs: 1_000 } as const;
  const states = [own, own, late, own, late].map((result) => {
    for (let waited = 0; bench.prober.flights.size === 0 && waited < 5_000; waited += 10) {
      bench.clock.advance(10);
    }
    const [stalled] = bench.prober.flights.values();
    bench.clock.jump(2_500);
    stalled?.answer(result);
    return bench.state("a");
  });
  assert.deepEqual(states, ["unknown", "unknown", "unknown", "unknown", "down"]);
  assert.equal(bench.checker.stats().excused, 4);
  assert.equal(bench.story()[0], `probing impaired ${detail}`);
});
