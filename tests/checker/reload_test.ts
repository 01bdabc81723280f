import assert from "node:assert/strict";
import { checkDifference } from "../../lib/checker/same.ts";
import { configDiffSteps } from "../../lib/config/mod.ts";
import { atOnce } from "../../lib/time/mod.ts";
import { Bench, fail, httpCheck, pass, sketch } from "./support/bench.ts";
import { ip } from "../support/ip.ts";
import { steer } from "../support/steer.ts";

const frontends = { f: [{ a: 100 }, { b: 50 }] };
const config = sketch({ backends: { a: {}, b: {} }, frontends });

function starts(bench: Bench, address: string): number {
  return bench.prober.starts.filter((start) => start.address === address).length;
}

Deno.test("a reload of the same configuration touches no backend and is one event", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.clock.advance(400);
  bench.events.length = 0;
  const [before, probes] = [bench.checker.backend("a"), bench.prober.starts.length];
  const frontend = bench.checker.frontend("f");
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends }));
  assert.deepEqual(bench.checker.backend("a"), before);
  assert.equal(bench.checker.frontend("f"), frontend, "not even the snapshot is another");
  assert.deepEqual(bench.moves(), ["reload"]);
  assert.equal(bench.prober.starts.length, probes);
});

Deno.test("a probe on its way during such a reload counts", async () => {
  using bench = new Bench(config);
  bench.clock.advance(500);
  const probe = bench.prober.flights.get("10.0.0.0");
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends }));
  probe?.answer(pass);
  assert.equal(bench.state("a"), "up");
});

Deno.test("new backends are started and listed", async () => {
  using bench = new Bench(config, { answers: pass });
  await bench.reload(sketch({
    backends: { a: {}, b: {}, c: {}, off: { enabled: false } },
    frontends: { f: [{ a: 100, c: 1 }] },
  }));
  assert.deepEqual(bench.checker.backendNames(), ["a", "b", "c", "off"]);
  bench.clock.advance(600);
  assert.equal(bench.state("c"), "up");
  assert.equal(bench.state("off"), "disabled");
  assert.deepEqual(bench.checker.backend("c")?.frontends, ["f"]);
  assert.deepEqual(bench.checker.backend("b")?.frontends, []);
});

Deno.test("a backend that is gone is removed: event, log, observer, no more probes", async () => {
  const heard: string[] = [];
  using bench = new Bench(config, {
    observer: {
      probesDone() {},
      transition: (backend, from, to) => heard.push(`${backend} ${from}>${to}`),
      removed: (backend) => heard.push(`${backend} removed`),
    },
  });
  bench.probe("a", pass);
  heard.length = bench.events.length = 0;
  await bench.reload(
    sketch({ backends: { b: { at: "10.0.0.1" } }, frontends: { f: [{ b: 50 }] } }),
  );
  assert.deepEqual(bench.moves(), ["a up>removed", "f up>unknown", "reload"]);
  const [removed] = bench.events;
  assert.deepEqual(removed?.kind === "backend" && removed.frontends, ["f"]);
  assert.equal(bench.log.named("backend-transition").at(-1)?.to, "removed");
  assert.deepEqual(heard, ["a up>removed", "a removed"]);
  assert.equal(bench.checker.backend("a"), undefined);
  assert.deepEqual(bench.checker.backendNames(), ["b"]);
  const probes = starts(bench, "10.0.0.0");
  bench.clock.advance(10_000);
  assert.equal(starts(bench, "10.0.0.0"), probes);
});

Deno.test("a removed backend that comes back is a fresh one", async () => {
  using bench = new Bench(config);
  steer(bench.checker).disable("a");
  await bench.reload(sketch({ backends: { b: {} } }));
  await bench.reload(config);
  const { state, transitions } = bench.checker.backend("a") ?? {};
  assert.deepEqual({ state, transitions }, { state: "unknown", transitions: [] });
});

Deno.test("a changed check leaves the verdict standing until its first result", async () => {
  const [web, other] = [httpCheck("web"), httpCheck("other")];
  const backends = { a: {}, b: { healthcheck: "other" }, c: {} };
  const frontends = { f: [{ a: 100, b: 100, c: 100 }] };
  for (const result of [pass, fail]) {
    using bench = new Bench(sketch({ checks: [web, other], backends, frontends }));
    bench.probe("a", pass);
    bench.probe("b", pass);
    bench.probe("c", fail);
    bench.events.length = 0;
    const changed = httpCheck("web", { rise: 5, fall: 4, path: "/health" });
    const at = bench.clock.now();
    await bench.reload(sketch({ checks: [changed, other], backends, frontends }));
    assert.deepEqual(bench.story(), ["reload applied"]);
    assert.deepEqual([bench.state("a"), bench.checker.backend("a")?.health], ["up", 5]);
    assert.deepEqual([bench.state("b"), bench.checker.backend("b")?.health], ["up", 4]);
    assert.deepEqual([bench.state("c"), bench.checker.backend("c")?.health], ["down", 4]);
    const before = starts(bench, "10.0.0.0");
    bench.clock.advance(510);
    assert.equal(starts(bench, "10.0.0.0"), before + 1, `probed at once, at ${at}`);
    bench.probe("a", result);
    assert.equal(bench.state("a"), result === pass ? "up" : "down");
    bench.probe("c", result);
    assert.equal(bench.state("c"), result === pass ? "up" : "down");
  }
});

Deno.test("an edited interval takes nobody out of service and holds from the next probe on", async () => {
  const config = (intervalMs: number) =>
    sketch({
      checks: [httpCheck("web", { intervalMs })],
      backends: { a: {}, b: {} },
      frontends: { f: [{ a: 100 }, { b: 50 }] },
    });
  using bench = new Bench(config(60_000), { answers: pass });
  bench.clock.advance(700);
  bench.events.length = 0;
  const [weights, health] = [bench.checker.frontend("f")?.weights, bench.checker.backend("a")];
  await bench.reload(config(1_000));
  assert.deepEqual(bench.story(), ["reload applied"]);
  assert.deepEqual(bench.checker.frontend("f")?.weights, weights);
  assert.deepEqual(bench.checker.backend("a"), health);
  const before = starts(bench, "10.0.0.0");
  bench.clock.advance(10_000);
  assert.ok(starts(bench, "10.0.0.0") - before >= 9, "the new interval is in force");
  assert.deepEqual(bench.story(), ["reload applied"]);
});

Deno.test("a probe on its way while only the timing changes counts", async () => {
  using bench = new Bench(config);
  bench.clock.advance(500);
  const probe = bench.prober.flights.get("10.0.0.0");
  await bench.reload(sketch({
    checks: [httpCheck("web", { intervalMs: 9_000 })],
    backends: { a: {}, b: {} },
    frontends,
  }));
  assert.equal(probe?.cancelled, false);
  probe?.answer(pass);
  assert.equal(bench.state("a"), "up");
});

Deno.test("another namespace is another target for every backend", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.clock.advance(3_000);
  const old = bench.prober.flights.get("10.0.0.0");
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends, netns: "dataplane" }));
  old?.answer(fail);
  assert.deepEqual([bench.state("a"), bench.checker.backend("a")?.health], ["up", 2]);
  bench.clock.advance(500);
  assert.equal(bench.prober.flights.get("10.0.0.0")?.target.netns, "dataplane");
  bench.probe("a", fail);
  assert.equal(bench.state("a"), "down");
});

Deno.test("a check that was only renamed, or is another of the same content, changes nothing", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.events.length = 0;
  await bench.reload(
    sketch({ checks: [httpCheck("renamed")], backends: { a: {}, b: {} }, frontends }),
  );
  assert.deepEqual(bench.moves(), ["reload"]);
  bench.clock.advance(2_500);
  assert.equal(bench.prober.flights.get("10.0.0.0")?.target.check.name, "renamed");
});

Deno.test("the result of a probe of the old check does not count", async () => {
  using bench = new Bench(config);
  bench.clock.advance(500);
  const old = bench.prober.flights.get("10.0.0.0");
  await bench.reload(sketch({
    checks: [httpCheck("web", { port: 81 })],
    backends: { a: {}, b: {} },
  }));
  assert.equal(old?.cancelled, true);
  old?.answer(fail);
  assert.equal(bench.state("a"), "unknown");
});

Deno.test("a new address is probed at once, and the verdict stands until then", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: { at: "10.9.9.9" }, b: {} }, frontends }));
  assert.equal(bench.checker.backend("a")?.config.address.text, "10.9.9.9");
  assert.deepEqual([bench.state("a"), bench.checker.backend("a")?.health], ["up", 2]);
  assert.deepEqual(bench.moves(), ["reload"]);
  bench.clock.advance(500);
  assert.equal(starts(bench, "10.9.9.9"), 1);
});

Deno.test("a probe on its way to the old address does not count and is done anew", async () => {
  using bench = new Bench(config);
  bench.clock.advance(500);
  const old = bench.prober.flights.get("10.0.0.0");
  await bench.reload(sketch({ backends: { a: { at: "10.9.9.9" }, b: {} }, frontends }));
  old?.answer(fail);
  assert.equal(bench.state("a"), "unknown");
  bench.clock.advance(500);
  assert.equal(starts(bench, "10.9.9.9"), 1);
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
});

Deno.test("paused and disabled backends stay so through changes of check and address", async () => {
  using bench = new Bench(config);
  steer(bench.checker).pause("a");
  steer(bench.checker).disable("b");
  bench.events.length = 0;
  await bench.reload(sketch({
    checks: [httpCheck("web", { port: 81, fall: 9 })],
    backends: { a: { at: "10.9.9.8" }, b: { at: "10.9.9.9" } },
    frontends,
  }));
  assert.deepEqual(bench.moves(), ["reload"]);
  assert.deepEqual([bench.state("a"), bench.state("b")], ["paused", "disabled"]);
  bench.clock.advance(10_000);
  assert.equal(starts(bench, "10.9.9.8") + starts(bench, "10.9.9.9"), 0);
  steer(bench.checker).resume("a");
  steer(bench.checker).enable("b");
  bench.clock.advance(600);
  const { target } = bench.prober.flights.get("10.9.9.8") ?? {};
  assert.equal(target?.check.type === "http" && target.check.port, 81);
  assert.equal(starts(bench, "10.9.9.9"), 1);
});

Deno.test("the file's enabled applies when it changes and the operator never spoke", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: { enabled: false }, b: {} }, frontends }));
  assert.deepEqual(bench.moves(), ["a up>disabled", "f up>unknown", "reload"]);
  await bench.reload(config);
  assert.equal(bench.state("a"), "unknown");
});

Deno.test("the operator's word on enabled stands until the file says something new of that", async () => {
  using bench = new Bench(config);
  steer(bench.checker).disable("a");
  await bench.reload(sketch({ backends: { a: { at: "10.9.9.9" }, b: {} }, frontends }));
  assert.equal(bench.state("a"), "disabled", "the file says nothing new");
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: { enabled: false }, b: {} }, frontends }));
  assert.deepEqual(bench.story(), [
    "/a disabled by hand ended, file enabled>disabled (config)",
    "reload applied",
  ]);
  await bench.reload(config);
  assert.equal(bench.state("a"), "unknown", "the file alone decides by then");
});

Deno.test("what was enabled again by hand is disabled where the file comes to say so", async () => {
  using bench = new Bench(config);
  steer(bench.checker).disable("b");
  steer(bench.checker).enable("b");
  await bench.reload(sketch({ backends: { a: {}, b: { enabled: false } }, frontends }));
  assert.equal(bench.state("b"), "disabled");
});

Deno.test("the event of a reload says what differs from the configuration before", async () => {
  using bench = new Bench(config);
  const other = sketch({ backends: { a: {}, b: { enabled: false } }, frontends });
  await bench.reload(other);
  const event = bench.events.at(-1);
  assert.ok(event?.kind === "reload" && event.result === "applied");
  assert.deepEqual(event.changes, atOnce(configDiffSteps(config, other)));
  assert.deepEqual(event.changes.map(({ name, change }) => `${name} ${change}`), ["b changed"]);
  await bench.reload(other);
  const again = bench.events.at(-1);
  assert.ok(again?.kind === "reload" && again.result === "applied");
  assert.deepEqual(again.changes, []);
});

Deno.test("a frontend that is gone is told as removed", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: {}, b: {} } }));
  assert.deepEqual(bench.story(), ["f up>removed (config)", "reload applied"]);
});

Deno.test("who asked for a reload is told with all that it led to", async () => {
  using bench = new Bench(config);
  const actor = { name: "signal", from: "SIGHUP" };
  const reloading = bench.checker.reload(sketch({ backends: { b: { at: "10.0.0.1" } } }), {
    actor,
  });
  await bench.clock.advanceAsync(10);
  await reloading;
  assert.deepEqual(bench.moves(), ["a unknown>removed", "f unknown>removed", "reload"]);
  for (const event of bench.events) assert.deepEqual(event.actor, actor, event.kind);
});

Deno.test("a frontend that is new to live backends goes from unknown to up", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends: { new: [{ a: 1 }] } }));
  assert.deepEqual(bench.moves(), ["new unknown>up", "f up>removed", "reload"]);
  assert.equal(bench.checker.frontend("f"), undefined);
  assert.deepEqual(bench.checker.backend("a")?.frontends, ["new"]);
});

Deno.test("a shorter history is cut at once, a longer one grows", async () => {
  using bench = new Bench(config);
  const flap = () => {
    steer(bench.checker).disable("a");
    steer(bench.checker).enable("a");
  };
  flap();
  flap();
  const length = () => bench.checker.backend("a")?.transitions.length;
  assert.equal(length(), 4);
  await bench.reload(sketch({ backends: { a: {}, b: {} }, history: 1 }));
  assert.equal(length(), 1);
  await bench.reload(sketch({ backends: { a: {}, b: {} }, history: 3 }));
  flap();
  assert.equal(length(), 3);
});

Deno.test("checks differ in their timing, in their target, or not at all", () => {
  const base = httpCheck("a");
  assert.equal(checkDifference(base, base), undefined);
  assert.equal(checkDifference(base, httpCheck("b")), undefined);
  assert.equal(
    checkDifference(
      httpCheck("a", { probeIpv4Source: ip("192.0.2.1") }),
      httpCheck("a", { probeIpv4Source: ip("192.0.2.1") }),
    ),
    undefined,
  );
  const timing = [
    { intervalMs: 1 },
    { fastIntervalMs: 1 },
    { downIntervalMs: 1 },
    { timeoutMs: 1 },
    { rise: 9 },
    { fall: 9 },
  ] as const;
  for (const change of timing) {
    assert.equal(checkDifference(base, httpCheck("b", change)), "timing", JSON.stringify(change));
  }
  const target = [
    { port: 81 },
    { type: "https" },
    { path: "/x" },
    { host: "x" },
    { responseCodeMin: 1 },
    { responseCodeMax: 999 },
    { responseRegexp: "x" },
    { tls: { serverName: "x", insecureSkipVerify: false } },
    { tls: { serverName: undefined, insecureSkipVerify: true } },
    { probeIpv4Source: ip("192.0.2.1") },
    { probeIpv6Source: ip("2001:db8::1") },
    { port: 81, rise: 9 },
  ] as const;
  const [one, two] = ["192.0.2.1", "192.0.2.2"].map((source) =>
    httpCheck("a", { probeIpv4Source: ip(source) })
  );
  assert.ok(one && two);
  assert.equal(checkDifference(one, two), "target");
  for (const change of target) {
    assert.equal(checkDifference(base, httpCheck("b", change)), "target", JSON.stringify(change));
  }
});
