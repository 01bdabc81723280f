import assert from "node:assert/strict";
import { Bench, fail, httpCheck, pass, sketch } from "./support/bench.ts";

const frontends = { f: [{ a: 100 }, { b: 50 }] };
const config = sketch({ backends: { a: {}, b: {} }, frontends });

Deno.test("reloads follow one another", async () => {
  using bench = new Bench(config);
  const names = ["c", "d", "e"] as const;
  const reloads = names.map((name) => bench.checker.reload(sketch({ backends: { [name]: {} } })));
  await bench.clock.advanceAsync(0);
  await Promise.all(reloads);
  assert.deepEqual(bench.checker.backendNames(), ["e"]);
  assert.equal(bench.moves().filter((move) => move === "reload").length, 3);
});

Deno.test("a configuration that contradicts itself changes nothing and does not block the next", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  const [events, before] = [bench.events.length, bench.checker.config];
  await assert.rejects(
    bench.reload(sketch({ backends: { a: {}, c: { healthcheck: "nope" } } })),
    /cannot apply the configuration: backend "c" uses health check "nope", which does not exist/,
  );
  await assert.rejects(
    bench.reload(sketch({ backends: { a: {} }, frontends: { f: [{ z: 1 }] } })),
    /frontend "f" has backend "z" in pool "pool0", which does not exist/,
  );
  assert.equal(bench.checker.config, before);
  assert.equal(bench.events.length, events);
  assert.equal(bench.state("a"), "up");
  await bench.reload(sketch({ backends: { a: {} } }));
  assert.deepEqual(bench.checker.backendNames(), ["a"]);
});

Deno.test("closing in the middle of a reload ends it", async () => {
  const bench = new Bench(config);
  const paused = new Promise<void>((resolve) => {
    bench.clock.turn = { isOver: true, next: () => Promise.resolve(resolve()) };
  });
  const reloading = bench.checker.reload(sketch({ backends: { c: {} } }));
  reloading.catch(() => {});
  await paused;
  bench[Symbol.dispose]();
  await assert.rejects(reloading, /abandoned because maglevd is stopping/);
  await assert.rejects(bench.checker.reload(config), /abandoned because maglevd is stopping/);
});

Deno.test("closing between the halves of a reload cancels the probes of what is gone", async () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`b${i}`, {}]));
  const bench = new Bench(sketch({ backends: { ...many, z: {} }, frontends: { f: [{ z: 1 }] } }));
  bench.probe("z", pass);
  bench.clock.advance(500);
  assert.ok(bench.prober.flights.size >= 5_000);
  bench.stream.subscribe((event) => {
    // Removing b1 and the rest takes more than one slice.
    if (event.kind === "backend" && event.backend === "b0") bench.checker.close();
  });
  await assert.rejects(bench.reload(sketch({ backends: { z: {} } })), /abandoned/);
  assert.equal(bench.prober.flights.size, 0);
  bench[Symbol.dispose]();
});

Deno.test("a listener may ask for a reload", async () => {
  using bench = new Bench(config);
  let reloading: Promise<unknown> | undefined;
  bench.stream.subscribe((event) => {
    if (event.kind === "backend") reloading ??= bench.checker.reload(sketch({ backends: {} }));
  });
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
  await bench.clock.advanceAsync(0);
  await reloading;
  assert.deepEqual(bench.checker.backendNames(), []);
});

Deno.test("a result that comes between the swap and the restart, move or removal is ignored", async () => {
  const z = { at: "10.8.8.8" };
  const kinds = {
    restart: { checks: [httpCheck("web", { port: 81 })], backends: { a: {}, z } },
    move: { backends: { a: { at: "10.9.9.9" }, z } },
    removal: { backends: { z } },
  };
  for (const [kind, change] of Object.entries(kinds)) {
    using bench = new Bench(sketch({ backends: { a: {}, z }, frontends: { g: [{ z: 0 }] } }));
    bench.probe("z", pass);
    bench.clock.advance(500);
    const old = bench.prober.flights.get("10.0.0.0");
    assert.ok(old);
    let answered = false;
    bench.stream.subscribe((event) => {
      // The weight of the new file takes effect in the swap.
      if (event.kind !== "frontend" || event.transition.to !== "up") return;
      answered = true;
      old.answer(fail);
    });
    await bench.reload(sketch({ ...change, frontends: { g: [{ z: 1 }] } }));
    assert.ok(answered, kind);
    assert.ok(!bench.moves().some((move) => move === "a unknown>down"), kind);
    assert.equal(bench.state("a"), kind === "removal" ? undefined : "unknown");
    bench.clock.advance(600);
    bench.prober.flights.delete(z.at);
    assert.equal(bench.prober.flights.size, kind === "removal" ? 0 : 1, `${kind}: probing goes on`);
  }
});

Deno.test("nobody sees weights of one configuration with backends of another", async () => {
  const size = 5_000;
  const named = (n: number, at: string) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`b${i}`, { at: at + ip4Tail(i) }]));
  const pool = (n: number, weight: number) => [
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`b${i}`, weight])),
  ];
  using bench = new Bench(
    sketch({ backends: named(size, "10.0."), frontends: { f: pool(size, 1), g: pool(1, 1) } }),
    { answers: pass },
  );
  bench.clock.advance(600);
  let looks = 0;
  const look = () => {
    looks++;
    const [f, g] = [bench.checker.frontend("f"), bench.checker.frontend("g")];
    const isOld = bench.checker.config.backends.size === size;
    const weights = new Set(f?.weights.map(({ weight }) => weight));
    assert.deepEqual([...weights], [isOld ? 1 : 2]);
    assert.equal(f?.weights.length, isOld ? size : size - 1);
    assert.equal(g?.weights[0]?.weight, isOld ? 1 : 2);
    assert.equal(bench.checker.backendNames().length, isOld ? size : size - 1);
    assert.ok(bench.checker.backend("b7")?.config.address.text.startsWith(isOld ? "10.0" : "10.1"));
  };
  bench.stream.subscribe(look);
  const reloading = bench.checker.reload(sketch({
    backends: named(size - 1, "10.1."),
    frontends: { f: pool(size - 1, 2), g: pool(1, 2) },
  }));
  let done = false;
  reloading.finally(() => done = true);
  const between = () => {
    look();
    if (!done) bench.clock.after(0, between);
  };
  between();
  while (!done) await bench.clock.advanceAsync(0);
  await reloading;
  assert.ok(looks > 10, `${looks} looks`);
});

function ip4Tail(i: number): string {
  return `${i >> 8}.${i & 255}`;
}
