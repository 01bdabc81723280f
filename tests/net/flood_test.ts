import assert from "node:assert/strict";
import { Connection, Engine } from "../../lib/net/mod.ts";
import { ip } from "../support/ip.ts";
import { mayLeaveDescriptors } from "../support/leaks.ts";

/** A flooding server in a thread of its own, so that it goes on whatever this one does. */
async function flooder(): Promise<Disposable & { readonly port: number }> {
  const worker = new Worker(new URL("support/flood_worker.ts", import.meta.url), {
    type: "module",
  });
  const port = await new Promise<number>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  return { port, [Symbol.dispose]: () => worker.terminate() };
}

Deno.test("a peer that sends without end stops neither timers nor deadlines", async () => {
  mayLeaveDescriptors("of a worker that ends while it listens the runtime keeps an epoll (2.9.6)");
  using server = await flooder();
  await using engine = new Engine();
  let bytes = 0;
  let ended = false;
  const target = { address: ip("127.0.0.1"), port: server.port, netns: "" };
  const connection = engine.connect({ ...target, source: undefined, suspect: false }, {
    connected: () => assert.equal(connection.watchReading(), undefined),
    failed: ({ reason }) => assert.fail(reason),
    readable: () => {
      let received = connection.receive();
      for (; received > 0; received = connection.receive()) bytes += received;
      ended ||= received === 0;
    },
  }) as Connection;
  assert.ok(connection instanceof Connection);
  using _connection = connection;
  if (connection.established) connection.watchReading();
  for (let timer = 0; timer < 20; timer++) {
    const before = bytes;
    // As many turns as it takes until there is more.
    while (bytes === before) await new Promise((resolve) => setTimeout(resolve));
  }
  await new Promise<void>((expire) => void engine.deadline(engine.clock.now() + 100, expire));
  assert.equal(ended, false, "the flood ended first");
});
