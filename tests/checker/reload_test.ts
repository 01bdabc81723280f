import assert from "node:assert/strict";
import { isSameCheck } from "../../lib/checker/same.ts";
import { Bench, fail, httpCheck, pass, sketch } from "./support.ts";
import { ip } from "../support/ip.ts";

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
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends }));
  assert.deepEqual(bench.checker.backend("a"), before);
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
      probeDone() {},
      transition: (backend, from, to) => heard.push(`${backend} ${from}>${to}`),
      removed: (backend) => heard.push(`${backend} removed`),
    },
  });
  bench.probe("a", pass);
  heard.length = bench.events.length = 0;
  await bench.reload(
    sketch({ backends: { b: { at: "10.0.0.1" } }, frontends: { f: [{ b: 50 }] } }),
  );
  assert.deepEqual(bench.moves(), ["f up>unknown", "a up>removed", "reload"]);
  const [, removed] = bench.events;
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
  bench.checker.disable("a");
  await bench.reload(sketch({ backends: { b: {} } }));
  await bench.reload(config);
  const { state, transitions } = bench.checker.backend("a") ?? {};
  assert.deepEqual({ state, transitions }, { state: "unknown", transitions: [] });
});

Deno.test("a changed check restarts its backends from unknown, others go on", async () => {
  const [web, other] = [httpCheck("web"), httpCheck("other")];
  const backends = { a: {}, b: { healthcheck: "other" } };
  using bench = new Bench(sketch({ checks: [web, other], backends }));
  bench.probe("a", pass);
  bench.probe("b", pass);
  bench.events.length = 0;
  const slower = httpCheck("web", { rise: 5, path: "/health" });
  await bench.reload(sketch({ checks: [slower, other], backends }));
  assert.deepEqual(bench.moves(), ["a up>unknown", "reload"]);
  assert.equal(bench.checker.backend("a")?.health, 4);
  assert.equal(bench.state("b"), "up");
  assert.equal(bench.log.named("backend-transition").at(-1)?.cause, "restart");
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
  assert.equal(bench.checker.backend("a")?.health, 7);
});

Deno.test("another namespace restarts every backend", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends, netns: "dataplane" }));
  assert.equal(bench.state("a"), "unknown");
  bench.clock.advance(500);
  assert.equal(bench.prober.flights.get("10.0.0.0")?.target.netns, "dataplane");
});

Deno.test("a check that was only renamed, or is another of the same content, restarts nobody", async () => {
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

Deno.test("a new address is probed from the next probe on, without a change of state", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.events.length = 0;
  const due = bench.clock.now() + 2_000;
  await bench.reload(sketch({ backends: { a: { at: "10.9.9.9" }, b: {} }, frontends }));
  assert.equal(bench.checker.backend("a")?.config.address.text, "10.9.9.9");
  assert.equal(bench.state("a"), "up");
  assert.deepEqual(bench.moves(), ["reload"]);
  bench.clock.advance(due + 8 - bench.clock.now());
  assert.equal(starts(bench, "10.9.9.9"), 1);
});

Deno.test("a probe on its way to the old address does not count and is done anew at once", async () => {
  using bench = new Bench(config);
  bench.clock.advance(500);
  const old = bench.prober.flights.get("10.0.0.0");
  await bench.reload(sketch({ backends: { a: { at: "10.9.9.9" }, b: {} }, frontends }));
  old?.answer(fail);
  assert.equal(bench.state("a"), "unknown");
  bench.clock.advance(8);
  assert.equal(starts(bench, "10.9.9.9"), 1);
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
});

Deno.test("paused and disabled backends stay so through changes of check and address", async () => {
  using bench = new Bench(config);
  bench.checker.pause("a");
  bench.checker.disable("b");
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
  bench.checker.resume("a");
  bench.checker.enable("b");
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
  assert.deepEqual(bench.moves(), ["a up>disabled", "f up>down", "reload"]);
  await bench.reload(config);
  assert.equal(bench.state("a"), "unknown");
});

Deno.test("the operator's word on enabled outlives what the file says later", async () => {
  using bench = new Bench(config);
  bench.checker.disable("a");
  bench.checker.enable("b");
  await bench.reload(sketch({ backends: { a: {}, b: { enabled: false } }, frontends }));
  assert.deepEqual([bench.state("a"), bench.state("b")], ["disabled", "unknown"]);
  assert.deepEqual(bench.log.named("backend-enabled-kept"), [
    { backend: "b", file: false, operator: true },
  ]);
  await bench.reload(sketch({ backends: { a: { enabled: false }, b: {} }, frontends }));
  await bench.reload(config);
  assert.equal(bench.state("a"), "disabled");
});

Deno.test("the file's weights replace runtime weights", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.checker.setWeight("f", "pool0", "a", 0, false);
  assert.equal(bench.checker.frontend("f")?.state, "down");
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends }));
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 100);
  assert.deepEqual(bench.moves(), ["f down>up", "reload"]);
});

Deno.test("a weight set while a reload is being worked out gives way to the file's", async () => {
  const backends = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`b${i}`, {}]));
  const same = () => sketch({ backends, frontends: { f: [{ b0: 100 }] } });
  using bench = new Bench(same());
  bench.probe("b0", pass);
  let set = false;
  bench.clock.after(0, () => {
    set = true;
    bench.checker.setWeight("f", "pool0", "b0", 0, false);
  });
  await bench.reload(same());
  assert.ok(set);
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 100);
  assert.deepEqual(bench.moves().slice(-4), ["weight", "f up>down", "f down>up", "reload"]);
});

Deno.test("a frontend that is new to live backends goes from unknown to up", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends: { new: [{ a: 1 }] } }));
  assert.deepEqual(bench.moves(), ["new unknown>up", "reload"]);
  assert.equal(bench.checker.frontend("f"), undefined);
  bench.probe("a", fail);
  assert.deepEqual(bench.checker.backend("a")?.frontends, ["new"]);
});

Deno.test("a shorter history is cut at once, a longer one grows", async () => {
  using bench = new Bench(config);
  const flap = () => {
    bench.checker.disable("a");
    bench.checker.enable("a");
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

Deno.test("checks are the same when every field but the name is", () => {
  const base = httpCheck("a");
  assert.ok(isSameCheck(base, httpCheck("b")));
  assert.ok(isSameCheck(
    httpCheck("a", { probeIpv4Source: ip("192.0.2.1") }),
    httpCheck("a", { probeIpv4Source: ip("192.0.2.1") }),
  ));
  const changes = [
    { port: 81 },
    { type: "https" },
    { intervalMs: 1 },
    { fastIntervalMs: 1 },
    { downIntervalMs: 1 },
    { timeoutMs: 1 },
    { rise: 9 },
    { fall: 9 },
    { path: "/x" },
    { host: "x" },
    { responseCodeMin: 1 },
    { responseCodeMax: 999 },
    { responseRegexp: "x" },
    { tls: { serverName: "x", insecureSkipVerify: false } },
    { tls: { serverName: undefined, insecureSkipVerify: true } },
    { probeIpv4Source: ip("192.0.2.1") },
    { probeIpv6Source: ip("2001:db8::1") },
  ] as const;
  for (const change of changes) {
    assert.ok(!isSameCheck(base, httpCheck("a", change)), JSON.stringify(change));
  }
});
