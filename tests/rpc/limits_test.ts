import assert from "node:assert/strict";
import * as budget from "../../lib/rpc/limits.ts";
import { budgetList, serveMetrics } from "../../lib/metrics/mod.ts";
import { Budgets } from "../../lib/port/budget.ts";
import { defaultWatchLimits } from "../../lib/rpc/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { serve } from "./support/harness.ts";
import { testSupervisor, uncounted } from "../port/support/listening.ts";

Deno.test("the other figures are those that were chosen", () => {
  assert.deepEqual(budget.defaultMessageLimits, {
    readMaxBytes: 65_536,
    writeMaxBytes: 33_554_432,
    compressMinBytes: 16_384,
  });
  assert.equal(budget.quickBytes, 4096);
  assert.deepEqual(budget.connectionShares, { requests: 1_048_576, answers: 33_554_432 });
});

Deno.test("every budget has the name and the figures that operators know it by", () => {
  type Figures = [limit: number, perPrefix?: number, reserved?: number];
  const known: Record<string, Figures> = {
    "grpc-connections": [1024, 128, 32],
    "metrics-connections": [1024, 128, 32],
    "grpc-requests": [4096, 512, 1024],
    "metrics-requests": [512, 64, 128],
    "grpc-handshakes": [1024, 64, 64],
    "metrics-handshakes": [1024, 64, 64],
    "request-bytes": [16_777_216],
    "answer-bytes": [67_108_864],
    "watchers": [1024],
    "debug-watchers": [32],
    "watch-backlog-bytes": [67_108_864],
    "own-request-bytes": [4_194_304],
    "own-watch-backlog-bytes": [16_777_216],
    "own-answer-bytes": [33_554_432],
    "own-watchers": [512],
    "own-debug-watchers": [8],
    "check-calls": [8, 2, 2],
    "reload-calls": [8, 2, 2],
    "vpp-read-calls": [64, 16, 16],
    "vpp-sync-calls": [16, 4, 4],
    "list-calls": [2048, 256, 512],
    "archive-calls": [32, 8, 16],
    "scrape-bytes": [25_165_824],
    "own-scrape-bytes": [33_554_432],
  };
  const listed = budgetList.map(({ name, limit, perPrefix, reserved }) => {
    return [name, [limit, perPrefix, reserved].filter((each) => each !== undefined)];
  });
  assert.deepEqual(Object.fromEntries(listed), known);
  assert.deepEqual(defaultWatchLimits, { count: 32_768, bytes: 8_388_608 });
});

Deno.test("the list of budgets is what the servers open, each with unit, reason and metric", async () => {
  const log = new FakeLog();
  using budgets = new Budgets(log, systemClock);
  await using _ = await serve({ budgets });
  const metrics = serveMetrics({
    address: { hostname: "127.0.0.1", port: 0 },
    metrics: { scrape: async function* () {} },
    connections: uncounted,
    budgets,
    clock: systemClock,
    log,
    supervisor: testSupervisor(log),
  });
  const opened = [...budgets.all].map(({ name, unit }) => `${name} in ${unit}`);
  assert.deepEqual(opened.sort(), budgetList.map(({ name, unit }) => `${name} in ${unit}`).sort());
  for (const { name, limit, reason } of budgetList) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(limit > 0 && Number.isFinite(limit), name);
    assert.match(reason, /^[A-Z][^]*\.$/);
  }
  await metrics.close();
});
