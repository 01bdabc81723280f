import assert from "node:assert/strict";
import * as budget from "../../lib/rpc/limits.ts";
import { serveMetrics } from "../../lib/metrics/mod.ts";
import { descriptorShares } from "../../lib/net/mod.ts";
import { Budgets } from "../../lib/rpc/budget.ts";
import { defaultWatchLimits } from "../../lib/rpc/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { FakeLog } from "./support/fake_log.ts";
import { serve } from "./support/harness.ts";
import { testSupervisor, uncounted } from "./support/listening.ts";

Deno.test("ports share what is left for clients, and no more than that", () => {
  type Row = [connections: number, perPrefix: number, reserved: number, leaving: number];
  const table: [descriptors: number, grpc: Row, metrics: Row][] = [
    [1, [2, 1, 1, 0], [2, 1, 1, 0]],
    [6, [4, 1, 1, 0], [2, 1, 1, 0]],
    [16, [12, 3, 2, 0], [4, 1, 1, 0]],
    [246, [173, 38, 22, 11], [58, 13, 8, 3]],
    [1366, [1008, 128, 32, 16], [325, 74, 32, 16]],
    [4095, [1024, 128, 32, 16], [1007, 128, 32, 16]],
    [16_374, [1024, 128, 32, 16], [1024, 128, 32, 16]],
    [Infinity, [1024, 128, 32, 16], [1024, 128, 32, 16]],
  ];
  for (const [descriptors, ...expected] of table) {
    const limits = budget.portNames.map((name) => budget.connectionLimits(name, descriptors));
    assert.deepEqual(
      limits.map((each) => [each.connections, each.perPrefix, each.reserved, each.leaving]),
      expected,
      String(descriptors),
    );
  }
});

Deno.test("with few descriptors, probes, clients and the rest get by with what there is", () => {
  for (let limit = 64; limit < 70_000; limit += 17) {
    const { probes, servers } = descriptorShares(limit);
    const clients = budget.portNames
      .map((name) => budget.connectionLimits(name, servers))
      .map(({ connections, leaving }) => connections + leaving)
      .reduce((sum, each) => sum + each, 0);
    assert.ok(clients <= servers && 40 + probes + clients <= limit, `${clients} at ${limit}`);
  }
});

Deno.test("one prefix has requests for 500 watchers, and not for all of them", () => {
  const table = budget.portNames.map((name) => budget.requestLimits(name));
  assert.deepEqual(table, [
    { requests: 4096, perPrefix: 512, reserved: 1024 },
    { requests: 512, perPrefix: 64, reserved: 128 },
  ]);
  assert.ok(budget.callBudgets.watchers.limit >= 2 * 512);
});

Deno.test("the other figures are those that were chosen", () => {
  const { portNames, handshakeMs, drainMs, leaveMs } = budget;
  const { lackPauseMs, failuresInARow, failurePauseMs } = budget;
  assert.deepEqual(portNames, ["grpc", "metrics"]);
  assert.deepEqual(
    { handshakeMs, drainMs, leaveMs, lackPauseMs, failuresInARow, failurePauseMs },
    {
      handshakeMs: 10_000,
      drainMs: 5000,
      leaveMs: 1000,
      lackPauseMs: 50,
      failuresInARow: 100,
      failurePauseMs: 10,
    },
  );
  assert.equal(budget.skippedBytes, 65_536);
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
  const listed = budget.budgetList().map(({ name, limit, perPrefix, reserved }) => {
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
  const listed = budget.budgetList();
  assert.deepEqual(opened.sort(), listed.map(({ name, unit }) => `${name} in ${unit}`).sort());
  for (const { name, limit, reason } of listed) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(limit > 0 && Number.isFinite(limit), name);
    assert.match(reason, /^[A-Z][^]*\.$/);
  }
  await metrics.close();
});
