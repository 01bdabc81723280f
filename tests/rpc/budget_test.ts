import assert from "node:assert/strict";
import * as budget from "../../lib/rpc/budget.ts";
import { descriptorShares } from "../../lib/net/mod.ts";

Deno.test("ports share what is left for clients, and no more than that", () => {
  const table: [descriptors: number, grpc: [number, number], metrics: [number, number]][] = [
    [1, [2, 2], [2, 2]],
    [6, [4, 2], [2, 2]],
    [16, [12, 6], [4, 2]],
    [246, [184, 92], [61, 31]],
    [1366, [1024, 256], [341, 171]],
    [4095, [1024, 256], [1023, 256]],
    [16_374, [1024, 256], [1024, 256]],
    [Infinity, [1024, 256], [1024, 256]],
  ];
  for (const [descriptors, ...expected] of table) {
    const limits = budget.portNames.map((name) => budget.connectionLimits(name, descriptors));
    assert.deepEqual(
      limits.map(({ connections, connectionsPerPeer }) => [connections, connectionsPerPeer]),
      expected,
      String(descriptors),
    );
  }
});

Deno.test("with few descriptors, probes, clients and the rest get by with what there is", () => {
  for (let limit = 64; limit < 70_000; limit += 17) {
    const { probes, servers } = descriptorShares(limit);
    const clients = budget.portNames
      .map((name) => budget.connectionLimits(name, servers).connections)
      .reduce((sum, each) => sum + each, 0);
    assert.ok(clients <= servers && 40 + probes + clients <= limit, `${clients} at ${limit}`);
  }
});

Deno.test("the other figures are those that were chosen", () => {
  const { portNames, handshakeMs, drainMs, lackPauseMs, failuresInARow, failurePauseMs } = budget;
  assert.deepEqual(portNames, ["grpc", "metrics"]);
  assert.deepEqual(
    { handshakeMs, drainMs, lackPauseMs, failuresInARow, failurePauseMs },
    {
      handshakeMs: 10_000,
      drainMs: 5000,
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
  const limits = Object.values(budget.callBudgets).map(({ name, limit }) => [name, limit]);
  assert.deepEqual(Object.fromEntries(limits), {
    "request-bytes": 16_777_216,
    "answer-bytes": 67_108_864,
    "watchers": 1024,
    "debug-watchers": 32,
    "watch-backlog-bytes": 67_108_864,
  });
  assert.deepEqual(budget.connectionShares, { requests: 1_048_576, answers: 33_554_432 });
});
