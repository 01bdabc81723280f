import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { filterOf, hubBed, watchBudgets } from "../support/watch.ts";

Deno.test("there are so many watchers, fewer of them of debug records, and leaving makes room", async () => {
  const budgets = watchBudgets({ watchers: 3, debugWatchers: 1 });
  using beds = hubBed({ budgets });
  const debug = await beds.watch({ logLevel: "debug" });
  const refused = (text: RegExp) => (error: unknown) =>
    error instanceof ConnectError && error.code === Code.ResourceExhausted &&
    text.test(error.rawMessage);
  await assert.rejects(
    beds.watch({ logLevel: "debug" }),
    refused(
      /^there are 1 event streams with log records of level debug already, which is the limit$/,
    ),
  );
  assert.deepEqual([budgets.watchers.used, budgets.debugWatchers.refused], [1, 1]);
  const without = await beds.watch({ logLevel: "debug", log: false });
  const usual = await beds.watch();
  await assert.rejects(
    beds.watch(),
    refused(/^there are 3 event streams already, which is the limit$/),
  );
  await usual.return();
  await usual.return();
  assert.deepEqual([budgets.watchers.used, budgets.debugWatchers.used], [2, 1]);
  await debug.return();
  await without.return();
  assert.deepEqual([budgets.watchers.used, budgets.debugWatchers.used], [0, 0]);
  assert.equal((await beds.watch({ logLevel: "debug" })).backlog, 0);
});

Deno.test("the newest watcher of the network that has most gives way to one that has fewer", async () => {
  const budgets = watchBudgets({ watchers: 3 });
  using beds = hubBed({ budgets });
  const watch = (peer: string) =>
    beds.hub.watch(filterOf({ backend: false, frontend: false }), peer);
  const [first, , last] = [
    await watch("192.0.2.1"),
    await watch("192.0.2.1"),
    await watch("192.0.2.1"),
  ];
  const other = await watch("192.0.2.2");
  await assert.rejects(
    async () => await last?.next(),
    /^ConnectError: .*there are too many event streams, and 192\.0\.2\.2\/32 has fewer$/,
  );
  await assert.rejects(watch("192.0.2.2"), /there are 3 event streams already/);
  assert.deepEqual([budgets.watchers.used, budgets.watchers.refused, beds.hub.size], [3, 2, 3]);
  for (const queue of [first, other]) await queue?.return();
  assert.equal(budgets.watchers.used, 1);
});

Deno.test("who is cut off, or comes when all is over, is no watcher any more", async () => {
  const budgets = watchBudgets();
  using beds = hubBed({ budgets, limits: { count: 1, bytes: 1e6 } });
  await beds.watch({ backend: false, frontend: false });
  beds.bed.log.info("hello");
  beds.bed.log.info("hello");
  assert.deepEqual([budgets.watchers.used, budgets.backlog.used], [0, 0]);
  beds.hub.close(new ConnectError("over", Code.Unavailable));
  await assert.rejects(beds.watch(), /over/);
  assert.equal(budgets.watchers.used, 0);
});

Deno.test("a log record is written once, whatever levels watchers have", async () => {
  using beds = hubBed();
  const off = { backend: false, frontend: false };
  const queues = [
    await beds.watch({ ...off, logLevel: "debug" }),
    await beds.watch({ ...off, logLevel: "info" }),
    await beds.watch({ ...off, logLevel: "info" }),
    await beds.watch({ ...off, logLevel: "warn" }),
  ];
  beds.bed.log.warn("vpp-altered");
  const events = new Set(queues.map((queue) => queue.poll()));
  assert.equal(events.size, 1);
  beds.bed.log.warn("vpp-altered");
  assert.notEqual(queues[0]?.poll(), [...events][0]);
});
