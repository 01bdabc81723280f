import assert from "node:assert/strict";
import { forecastAttributes, forecastVpp } from "../../lib/daemon/vpp_forecast.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import type { PlannedChange, VppPlan, VppService } from "../../lib/vpp/mod.ts";
import { smallConfig } from "../api/support/small_config.ts";

type Desired = Parameters<typeof forecastVpp>[1];
const desired = { config: smallConfig() } as Desired;
const plan: VppPlan = { changes: [], moves: [] };

/** What is foreseen when VPP's answer to the question is this. */
function forecast(foresee: VppService["foresee"], clock = new FakeClock()) {
  return forecastVpp({ foresee }, desired, clock);
}

const change: PlannedChange = {
  ...{ kind: "as-weight", prefix: "192.0.2.1/32", protocol: "tcp", port: 80 },
  ...{ address: "10.0.0.1", detail: "weight 100 -> 0", frontend: "web" },
};

Deno.test("what VPP would be told is told with the configuration that it is of", async () => {
  const clock = new FakeClock();
  const told = await forecast(() => Promise.resolve({ ...plan, changes: [change] }), clock);
  assert.deepEqual(told, { kind: "known", config: desired.config, moves: [], changes: [change] });
  assert.equal(clock.pending, 0, "nobody waits any more");
});

Deno.test("when it fails that is told", async () => {
  assert.deepEqual(await forecast(() => Promise.reject(new Error("VPP is not connected"))), {
    ...{ kind: "unknown", reason: "VPP is not connected" },
  });
});

Deno.test("a VPP that hangs is waited for a second", async () => {
  const clock = new FakeClock();
  const asked = forecast(
    (_, signal) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    clock,
  );
  await clock.advanceAsync(999);
  assert.equal(clock.pending, 1);
  await clock.advanceAsync(1);
  assert.deepEqual(await asked, {
    ...{ kind: "unknown", reason: "VPP did not say within 1000 ms what it holds" },
  });
});

Deno.test("in the log twenty changes are named, and all counted", () => {
  const known = (changes: PlannedChange[]) =>
    forecastAttributes({ kind: "known", config: desired.config, ...plan, changes });
  assert.deepEqual(forecastAttributes(undefined), {});
  assert.deepEqual(forecastAttributes({ kind: "unknown", reason: "it hangs" }), {
    "vpp-unknown": "it hangs",
  });
  assert.deepEqual(known([]), { "vpp-changes": 0 });
  assert.deepEqual(known([change]).vpp, [
    "as-weight 192.0.2.1/32 tcp 80 10.0.0.1 (weight 100 -> 0)",
  ]);
  const text = "as-weight 192.0.2.1/32 tcp 80 10.0.0.1 (weight 100 -> 0)";
  const ofNoVip = { kind: "conf-set", prefix: "", protocol: "", port: 0, address: "" } as const;
  assert.deepEqual(known([change, { ...change, ...ofNoVip, detail: "" }]), {
    ...{ "vpp-changes": 2, vpp: [text, "conf-set"] },
  });
  assert.deepEqual(known(Array(20).fill(change)), { "vpp-changes": 20, vpp: Array(20).fill(text) });
  assert.deepEqual(known(Array(22).fill(change)), {
    ...{ "vpp-changes": 22, vpp: [...Array(20).fill(text), "and 2 more"] },
  });
});
