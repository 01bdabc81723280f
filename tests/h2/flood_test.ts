import assert from "node:assert/strict";
import { defaultFloodBudgets } from "../../lib/h2/mod.ts";
import { FloodMeter } from "../../lib/h2/flood.ts";

const budgets = { ...defaultFloodBudgets, ping: { burst: 3, perSecond: 2, perFrame: 1 } };
const overdrawn = {
  name: "ConnectionError",
  code: 0xb,
  message: /too many ping events: more than 3/,
};

Deno.test("a budget allows its burst, then its rate", () => {
  const meter = new FloodMeter(budgets, 0);
  for (let n = 0; n < 3; n++) meter.count("ping", 0);
  assert.throws(() => meter.count("ping", 400), overdrawn);
  const patient = new FloodMeter(budgets, 0);
  for (let n = 0; n < 100; n++) patient.count("ping", n * 500);
});

Deno.test("a budget never grows beyond its burst", () => {
  const meter = new FloodMeter(budgets, 0);
  for (let n = 0; n < 3; n++) meter.count("ping", 3_600_000);
  assert.throws(() => meter.count("ping", 3_600_000), overdrawn);
});

Deno.test("frames that carry work earn more of what work brings with it, and of nothing else", () => {
  const meter = new FloodMeter(budgets, 0);
  for (let n = 0; n < 1000; n++) {
    meter.earn();
    meter.count("ping", 0);
  }
  for (let n = 0; n < defaultFloodBudgets.settings.burst; n++) meter.count("settings", 0);
  meter.earn();
  assert.throws(() => meter.count("settings", 0), /too many settings events/);
});

Deno.test("what work earns is kept beside a full budget, up to forty bursts", () => {
  const meter = new FloodMeter(budgets, 0);
  for (let n = 0; n < 1000; n++) meter.earn();
  for (let n = 0; n < 40 * 3 + 3; n++) meter.count("ping", 0);
  assert.throws(() => meter.count("ping", 0), overdrawn);
});
