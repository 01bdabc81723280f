import assert from "node:assert/strict";
import { descriptorShares } from "../../lib/net/mod.ts";
import * as limits from "../../lib/port/limits.ts";
import { watchBudgets } from "../../lib/api/limits.ts";

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
    const found = limits.portNames.map((name) => limits.connectionLimits(name, descriptors));
    assert.deepEqual(
      found.map((each) => [each.connections, each.perPrefix, each.reserved, each.leaving]),
      expected,
      String(descriptors),
    );
  }
});

Deno.test("the web view's port has all descriptors to itself", () => {
  const { connections, leaving } = limits.connectionLimits("web", 246);
  assert.deepEqual([connections, leaving], [231, 15]);
  const requests = { requests: 4096, perPrefix: 512, reserved: 1024 };
  assert.deepEqual(limits.requestLimits("web"), requests);
});

Deno.test("with few descriptors, probes, clients and the rest get by with what there is", () => {
  for (let limit = 64; limit < 70_000; limit += 17) {
    const { probes, servers } = descriptorShares(limit);
    const clients = limits.portNames
      .map((name) => limits.connectionLimits(name, servers))
      .map(({ connections, leaving }) => connections + leaving)
      .reduce((sum, each) => sum + each, 0);
    assert.ok(clients <= servers && 40 + probes + clients <= limit, `${clients} at ${limit}`);
  }
});

Deno.test("one prefix has requests for 500 watchers, and not for all of them", () => {
  const table = limits.portNames.map((name) => limits.requestLimits(name));
  assert.deepEqual(table, [
    { requests: 4096, perPrefix: 512, reserved: 1024 },
    { requests: 512, perPrefix: 64, reserved: 128 },
  ]);
  assert.ok(watchBudgets.watchers.limit >= 2 * 512);
});

Deno.test("the other figures are those that were chosen", () => {
  const { portNames, handshakeMs, drainMs, leaveMs, skippedBytes } = limits;
  const { lackPauseMs, failuresInARow, failurePauseMs } = limits;
  assert.deepEqual(limits.handshakeLimits, { handshakes: 1024, perPrefix: 64, reserved: 64 });
  assert.deepEqual(portNames, ["grpc", "metrics"]);
  const { acceptLimits, workLimits, queueLength, bodyless } = limits;
  assert.deepEqual([acceptLimits, workLimits], Array(2).fill({ pieces: 32, ms: 2 }));
  assert.deepEqual([queueLength, bodyless], [1024, { connectionWindow: 65_535 }]);
  assert.deepEqual(
    { handshakeMs, drainMs, leaveMs, lackPauseMs, failuresInARow, failurePauseMs, skippedBytes },
    {
      handshakeMs: 10_000,
      drainMs: 5000,
      leaveMs: 1000,
      lackPauseMs: 50,
      failuresInARow: 100,
      failurePauseMs: 10,
      skippedBytes: 65_536,
    },
  );
});
