import assert from "node:assert/strict";
import { Ledger } from "../../lib/vpp/state/ledger.ts";
import { vipId } from "../../lib/vpp/state/vip.ts";
import { vipKeyOf } from "../../lib/vpp/state/desired.ts";
import { reconcile } from "../../lib/vpp/reconciler.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { Bench, fail, pass, sketch } from "../checker/support/bench.ts";
import { steer } from "../support/steer.ts";

/** What events of the checker lead to, in order. */
class Reconciling implements Disposable {
  readonly bench = new Bench(sketch({
    backends: { b1: {}, b2: {} },
    frontends: { web: [{ b1: 100 }], dns: [{ b1: 7, b2: 8 }] },
  }));
  readonly asked: string[] = [];
  /** Those of them that probes have asked for. */
  readonly probed: string[] = [];
  readonly ledger = new Ledger();
  readonly log: RecordedLog;
  readonly stop: () => void;

  constructor(level: "debug" | "info" = "debug") {
    this.log = new RecordedLog(level);
    this.stop = reconcile({
      ...{ checker: this.bench.checker, ledger: this.ledger, log: this.log },
      changed: (frontends, by) => {
        this.asked.push(...frontends);
        if (by === "probe") this.probed.push(...frontends);
      },
      reloaded: () => this.asked.push("reloaded"),
    });
  }

  /** What was asked for since this was asked last, each once. */
  take(): string[] {
    return [...new Set(this.asked.splice(0))].sort();
  }

  isFlushRequested(frontend: string, backend: string): boolean {
    const { checker } = this.bench;
    const [key, address] = [checker.frontend(frontend), checker.backend(backend)?.config.address];
    assert.ok(key && address);
    return this.ledger.isRequested(vipId(vipKeyOf(key.config)), address.text);
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

Deno.test("a transition concerns every frontend of the backend", () => {
  using reconciling = new Reconciling();
  const { bench, log } = reconciling;
  bench.probe("b1", pass);
  assert.deepEqual(reconciling.take(), ["dns", "web"]);
  bench.probe("b2", fail);
  assert.deepEqual(reconciling.take(), ["dns"]);
  assert.deepEqual(log.named("vpp-reconciler-event")[0], {
    ...{ frontend: "dns", backend: "b1", from: "unknown", to: "up" },
  });
});

Deno.test("a weight concerns its frontend, and a flush is asked for if the operator did", () => {
  using reconciling = new Reconciling();
  const { bench } = reconciling;
  bench.probe("b1", pass);
  bench.probe("b2", pass);
  reconciling.take();
  steer(bench.checker).setWeight("dns", "pool0", "b2", 9, false);
  assert.deepEqual(reconciling.take(), ["dns"]);
  assert.equal(reconciling.isFlushRequested("dns", "b2"), false);
  steer(bench.checker).setWeight("dns", "pool0", "b2", 9, true);
  assert.deepEqual(reconciling.take(), ["dns"]);
  assert.equal(reconciling.isFlushRequested("dns", "b2"), true);
  assert.equal(reconciling.isFlushRequested("dns", "b1"), false);
});

Deno.test("what a probe has found out is told from what others have changed", () => {
  using reconciling = new Reconciling();
  const { bench, probed } = reconciling;
  bench.probe("b2", pass);
  assert.ok(probed.length > 0 && probed.every((name) => name === "dns"));
  probed.length = 0;
  steer(bench.checker).disable("b2");
  steer(bench.checker).setWeight("dns", "pool0", "b1", 9, false);
  bench.checker.operate([{ action: "drain", backend: "b1" }], undefined);
  assert.deepEqual([reconciling.take(), probed], [["dns", "web"], []]);
});

Deno.test("a drain and a measure concern their frontends, each of which has its record", () => {
  using reconciling = new Reconciling();
  const { bench, log } = reconciling;
  bench.probe("b1", pass);
  reconciling.take();
  log.records.length = 0;
  bench.checker.operate([{ action: "drain", backend: "b1" }], undefined);
  assert.deepEqual(reconciling.take(), ["dns", "web"]);
  assert.deepEqual(log.named("vpp-reconciler-event").filter((each) => "drain" in each), [
    { frontend: "dns", backend: "b1", drain: "begun" },
    { frontend: "web", backend: "b1", drain: "begun" },
  ]);
  const measure = {
    kind: "safety",
    change: "begun",
    detail: "",
    cause: { kind: "safety" },
  } as const;
  bench.stream.emit([
    { ...measure, measure: "fail-open", frontend: "web", backend: "" },
    { ...measure, measure: "slow-start", frontend: "dns", backend: "b2" },
    { ...measure, measure: "flap-hold", frontend: "", backend: "b2" },
  ]);
  assert.deepEqual(reconciling.take(), ["dns", "web"]);
  assert.deepEqual(log.named("vpp-reconciler-event").slice(-2), [
    { frontend: "web", "fail-open": "begun" },
    { frontend: "dns", backend: "b2", "slow-start": "begun" },
  ]);
});

Deno.test("a reload is heard of once it is in force, and not if it is none", async () => {
  using reconciling = new Reconciling();
  const { bench, log } = reconciling;
  const rejected = { kind: "reload", result: "rejected", stage: "parse", reason: "no" } as const;
  bench.stream.emit([{ ...rejected, cause: { kind: "config" } }]);
  assert.deepEqual(reconciling.take(), []);
  await bench.reload(sketch({ backends: { b1: {} }, frontends: { web: [{ b1: 100 }] } }));
  assert.ok(reconciling.take().includes("reloaded"));
  assert.deepEqual(log.named("vpp-reconciler-event").at(-1), { reload: true });
});

Deno.test("what is not logged is done all the same, and nothing after the end", () => {
  using reconciling = new Reconciling("info");
  const { bench, log } = reconciling;
  bench.probe("b1", pass);
  assert.deepEqual(reconciling.take(), ["dns", "web"]);
  assert.deepEqual(log.records, []);
  reconciling.stop();
  bench.probe("b2", pass);
  assert.deepEqual(reconciling.take(), []);
});
