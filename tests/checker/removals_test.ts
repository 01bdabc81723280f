import assert from "node:assert/strict";
import { ReloadRefused } from "../../lib/checker/mod.ts";
import { Bench, type ConfigSketch, sketch } from "./support/bench.ts";
import { areTooMany } from "../../lib/checker/removals.ts";

const four: ConfigSketch = {
  backends: { a: {}, b: {}, c: {}, d: {} },
  frontends: { f: [{ a: 100, b: 100 }], g: [{ c: 100 }, { d: 50 }] },
  maxRemovalsPercent: 50,
};

const limited = (change: Partial<ConfigSketch>) => sketch({ ...four, ...change });

/** Why a reload is refused; undefined when it is not. */
async function refusal(change: Partial<ConfigSketch>): Promise<string | undefined> {
  using bench = new Bench(limited({}));
  const reloading = bench.reload(limited(change));
  const error = await reloading.then(() => undefined, (error: unknown) => error);
  if (error === undefined) return undefined;
  assert.ok(error instanceof ReloadRefused);
  assert.deepEqual(bench.events, [], "nothing has happened");
  assert.deepEqual(bench.checker.frontendNames(), ["f", "g"]);
  return error.message;
}

Deno.test("a reload that takes over half of the VIPs or servers out is refused", async () => {
  assert.equal(
    await refusal({ frontends: {} }),
    "the reload is refused: it would take 2 of 2 VIPs out of service (192.0.2.0 tcp 80, " +
      "192.0.2.1 tcp 80), and maglev.safety.max-removals is 50%: if that is meant, force it",
  );
  const servers = /take 3 of 4 servers out of service \(10.0.0.0, 10.0.0.1, 10.0.0.2\)/;
  const off = { enabled: false };
  assert.match(await refusal({ backends: { a: off, b: off, c: off, d: {} } }) ?? "", servers);
  const weightless = { f: [{ a: 0, b: 0 }], g: [{ c: 0 }, { d: 50 }] };
  assert.match(await refusal({ frontends: weightless }) ?? "", servers);
  const moved = { a: { at: "10.9.0.1" }, b: { at: "10.9.0.2" }, c: { at: "10.9.0.3" }, d: {} };
  assert.match(await refusal({ backends: moved }) ?? "", servers);
});

Deno.test("a VIP for all ports is one of any protocol", async () => {
  const allPorts = (protocol: "any" | "tcp") => {
    const config = limited({});
    const frontends = [...config.frontends].map(([name, frontend]) =>
      [name, { ...frontend, protocol, port: 0 }] as const
    );
    return { ...config, frontends: new Map(frontends) };
  };
  using bench = new Bench(allPorts("tcp"));
  await bench.reload(allPorts("any"));
  const error = await bench.reload(limited({ frontends: {} })).catch((error: unknown) => error);
  assert.match(String(error), /take 2 of 2 VIPs out of service \(192\.0\.2\.0, 192\.0\.2\.1\)/);
});

Deno.test("a VIP whose servers all get weight 0 is out of service as one that is gone", async () => {
  const everywhere = { a: 100, b: 100, c: 100, d: 100 };
  const present = { frontends: { f: [everywhere], g: [{ a: 1 }], h: [{ b: 1 }] } };
  using bench = new Bench(limited(present));
  const empty = { frontends: { f: [everywhere], g: [{ a: 0 }], h: [{ b: 0 }] } };
  const error = await bench.reload(limited(empty)).catch((error: unknown) => error);
  assert.match(String(error), /take 2 of 3 VIPs out of service/);
});

Deno.test("half of them may go, be moved in between, and renamed as one likes", async () => {
  assert.equal(await refusal({ frontends: { f: [{ a: 100, b: 100 }] } }), undefined);
  assert.equal(
    await refusal({ frontends: { f: [{ c: 1, d: 1, b: 1 }], z: [{ a: 1 }] } }),
    undefined,
    "the second VIP has another name",
  );
});

Deno.test("what is forced is done, and told before what it would come to", async () => {
  using bench = new Bench(limited({}));
  const foreseeing = bench.checker.foreseeReload(limited({ frontends: {} }));
  await bench.clock.advanceAsync(10);
  assert.match((await foreseeing).refusal ?? "", /2 of 2 VIPs/);
  const forced = bench.checker.reload(limited({ frontends: {} }), { isForced: true });
  await bench.clock.advanceAsync(10);
  assert.match((await forced).refusal ?? "", /2 of 2 VIPs/);
  assert.deepEqual(bench.checker.frontendNames(), []);
});

Deno.test("the share of the configuration in force counts", async () => {
  using bench = new Bench(limited({}));
  await assert.rejects(bench.reload(sketch({ backends: {}, maxRemovalsPercent: 100 })), /refused/);
  await bench.reload(limited({ maxRemovalsPercent: 100 }));
  await bench.reload(sketch({ backends: {} }));
  assert.deepEqual(bench.checker.backendNames(), []);
});

Deno.test("a refusal names a few and counts the rest", async () => {
  const names = Array.from({ length: 8 }, (_, i) => `b${i}`);
  const backends = Object.fromEntries(names.map((name) => [name, {}]));
  const frontends = { f: [Object.fromEntries(names.map((name) => [name, 1]))] };
  using bench = new Bench(sketch({ backends, frontends, maxRemovalsPercent: 50 }));
  const one = { f: [Object.fromEntries(names.map((name, i) => [name, i === 7 ? 1 : 0]))] };
  await assert.rejects(
    bench.reload(sketch({ backends, frontends: one })),
    /take 7 of 8 servers out of service \(10.0.0.0, .*, 10.0.0.4 and 2 more\)/,
  );
});

Deno.test("more than the share is too much, the share itself is not", () => {
  assert.equal(areTooMany({ gone: 5, of: 10 }, 50), false);
  assert.equal(areTooMany({ gone: 6, of: 10 }, 50), true);
  assert.equal(areTooMany({ gone: 1, of: 10 }, 0), true);
  assert.equal(areTooMany({ gone: 10, of: 10 }, 100), false);
  assert.equal(areTooMany({ gone: 0, of: 0 }, 0), false);
});
