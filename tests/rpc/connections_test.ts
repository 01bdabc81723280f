import assert from "node:assert/strict";
import { Connections } from "../../lib/rpc/connections.ts";
import type { ConnectionOptions } from "../../lib/rpc/connections.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { FakeLog } from "./fake_log.ts";

Deno.test("refused connections are closed, and logged with the limit every 10 s at most", async () => {
  const clock = new FakeClock();
  const log = new FakeLog();
  const limits = { connections: 0 };
  const connections = new Connections({ clock, log, limits } as unknown as ConnectionOptions);
  let closed = 0;
  const knock = (peer: string) =>
    connections.serve({
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(0),
      close: () => void closed++,
    }, peer);
  for (const peer of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) await knock(peer);
  await clock.advanceAsync(10_000);
  await knock("192.0.2.4");
  assert.equal(closed, 4);
  const reason = "the limit of 0 connections is reached";
  assert.deepEqual(log.lines, [
    `warn grpc-connection-refused peer=192.0.2.1 reason=${reason}`,
    `warn grpc-connection-refused peer=192.0.2.4 reason=${reason} suppressed=2`,
  ]);
  await connections.shutdown(0);
  await knock("192.0.2.5");
  assert.equal(log.records.length, 2);
});
