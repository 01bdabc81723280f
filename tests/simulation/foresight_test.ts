import assert from "node:assert/strict";
import type { Checker } from "../../lib/checker/mod.ts";
import type { Config } from "../../lib/config/mod.ts";
import {
  operateAsForeseen,
  reloadAsForeseen,
  ReloadWatch,
} from "../../lib/simulation/foresight.ts";
import { Bench, pass, sketch } from "../checker/support/bench.ts";
import { steer } from "../support/steer.ts";

const disable = [{ action: "disable", backend: "a" }] as const;
const place = { frontend: "f", pool: "pool0", backend: "b" };

function up(): Bench {
  const backends = { a: {}, b: {} };
  const frontends = { f: [{ a: 100, b: 50 }], g: [{ b: 1 }] };
  const bench = new Bench(sketch({ backends, frontends, maxRemovalsPercent: 60 }));
  for (const name of Object.keys(backends)) bench.probe(name, pass);
  return bench;
}

/** `checker`, but for some of what it does. */
function posing(checker: Checker, instead: Partial<Checker>): Checker {
  return new Proxy(checker, {
    get(target, key) {
      const value = Reflect.get(instead, key) ?? Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("what comes as it was foreseen is right", () => {
  using bench = up();
  assert.deepEqual(operateAsForeseen(bench.checker, disable), []);
  assert.equal(bench.state("a"), "disabled");
});

Deno.test("what comes otherwise than it was foreseen is found, and what was not foreseen at all", () => {
  using bench = up();
  const { checker } = bench;
  const of = (foreseen: readonly { action: "pause" | "disable"; backend: string }[]) => {
    const seeing = posing(checker, {
      foresee: () => checker.foresee(foreseen),
      operate: () => checker.operate(disable),
    });
    return operateAsForeseen(seeing, disable);
  };
  assert.deepEqual(of([{ action: "disable", backend: "b" }]), [
    "f is up on pool0 with 50, but was foreseen as up on pool0 with 100",
    "g is up on pool0 with 1, but was foreseen as down on pool0 with 0",
    "a is disabled, but was foreseen as up",
    "b is up, but was foreseen as disabled",
  ]);
  steer(checker).enable("a");
  bench.probe("a", pass);
  assert.deepEqual(of([]), [
    "f is up on pool0 with 50, but was foreseen as up on pool0 with 150",
    "a is disabled, but was foreseen as up",
  ]);
});

Deno.test("what is foreseen in the middle of other operations is what comes after all of them", async () => {
  using bench = up();
  const { checker, clock, stream } = bench;
  const others = [...disable, { action: "weight", ...place, weight: 7, flush: false }] as const;
  const { lastSeq } = stream;
  let wrong: string[] | undefined;
  const next = () => {
    if (stream.lastSeq > lastSeq) {
      wrong ??= operateAsForeseen(checker, [{ action: "pause", backend: "b" }]);
    }
    return Promise.resolve();
  };
  clock.turn = { isOver: true, next };
  await checker.operateMany(others);
  assert.deepEqual(wrong, []);
});

Deno.test("of what VPP alone knows nothing is foreseen", () => {
  using bench = new Bench(sketch({ backends: { a: {} }, frontends: { f: [{ a: 1 }] } }));
  assert.deepEqual(operateAsForeseen(bench.checker, [{ action: "drain", backend: "a" }]), []);
});

/** What `up` has: with another weight, with b disabled, and with nothing in service. */
const edits = {
  nothing: sketch({
    backends: { a: {}, b: {} },
    frontends: { f: [{ a: 100, b: 50 }], g: [{ b: 1 }] },
  }),
  weight: sketch({
    backends: { a: {}, b: {} },
    frontends: { f: [{ a: 70, b: 50 }], g: [{ b: 1 }] },
  }),
  disabled: sketch({
    backends: { a: {}, b: { enabled: false } },
    frontends: { f: [{ a: 100, b: 50 }], g: [{ b: 1 }] },
  }),
  removals: sketch({ backends: { a: {} }, frontends: { g: [{ a: 0 }] } }),
};

/** Loads one file where another is foreseen. */
async function reload(
  bench: Bench,
  foreseen: Config,
  loaded: Config,
  watch = new ReloadWatch(),
  meanwhile = () => {},
) {
  const { checker } = bench;
  const seeing = posing(checker, {
    foreseeReload: () => checker.foreseeReload(foreseen),
    reload: () => {
      meanwhile();
      return checker.reload(loaded);
    },
  });
  checker.events.subscribe((event) => watch.hear(event, checker));
  return await bench.while(reloadAsForeseen(seeing, loaded, watch));
}

Deno.test("a reload that comes to what was foreseen is right, and one that is refused", async () => {
  for (const [edit, isRefused] of [[edits.weight, false], [edits.removals, true]] as const) {
    using bench = up();
    assert.deepEqual(await reload(bench, edit, edit), { isRefused, wrong: [] });
  }
});

Deno.test("what a reload comes to and was not foreseen is found", async () => {
  const found = async (foreseen: Config, loaded: Config) => {
    using bench = up();
    return (await reload(bench, foreseen, loaded)).wrong;
  };
  const vip = "192.0.2.0/32 6 80";
  assert.deepEqual(await found(edits.weight, edits.nothing), [
    "after a reload f is up on pool0 with 150, but was foreseen as up on pool0 with 120",
    `after a reload ${vip} is gre4; 10.0.0.0 at 100; 10.0.0.1 at 50, but was foreseen as ` +
    "gre4; 10.0.0.0 at 70; 10.0.0.1 at 50",
  ]);
  assert.equal(
    (await found(edits.nothing, edits.disabled)).includes(
      "after a reload b is disabled, but was foreseen as up",
    ),
    true,
  );
  assert.deepEqual(await found(edits.removals, edits.nothing), [
    "a reload was not refused, other than foreseen",
  ]);
  assert.deepEqual(await found(edits.nothing, edits.removals), [
    "a reload was refused, other than foreseen",
  ]);
});

Deno.test("a reload is not compared where something else changed something meanwhile", async () => {
  using bench = up();
  const meanwhile = () => void steer(bench.checker).disable("a");
  const { wrong } = await reload(bench, edits.nothing, edits.nothing, undefined, meanwhile);
  assert.deepEqual(wrong, []);
});

Deno.test("a reload is not compared where a slow start took its next step with it", async () => {
  const slow = sketch({
    backends: { a: {}, b: {} },
    frontends: { f: [{ a: 100, b: 50 }], g: [{ b: 1 }] },
    slowStartMs: 10_000,
  });
  using bench = new Bench(slow);
  for (const name of ["a", "b"]) bench.probe(name, pass);
  steer(bench.checker).disable("b");
  steer(bench.checker).enable("b");
  bench.probe("b", pass);
  const risen = () => bench.checker.frontend("f")?.slowStarts.get("b");
  const before = risen();
  // Nobody has told of the step alone.
  const deaf = new ReloadWatch();
  deaf.hear = () => {};
  const { wrong } = await reload(bench, slow, slow, deaf, () => bench.clock.advance(2_000));
  assert.ok(before !== undefined && risen() !== before);
  assert.deepEqual(wrong, []);
});
