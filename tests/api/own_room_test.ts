/** What strangers can use up, and what is left for this machine then. */

import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { EventHub } from "../../lib/api/watch/hub.ts";
import { watchFilter } from "../../lib/api/watch/stream.ts";
import { WatchRequestSchema } from "../../lib/gen/maglev_pb.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { HealthService } from "../../lib/rpc/health.ts";
import { httpAdapter } from "../../lib/rpc/http_adapter.ts";
import { defaultMessageLimits } from "../../lib/rpc/limits.ts";
import { openCounting } from "../../lib/rpc/server.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { anybody } from "../rpc/support/callers.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";
import { CheckerBed } from "./support/checker_bed.ts";
import { watchBudgets } from "./support/watch.ts";

const json = [["content-type", "application/json"]] as const;
const path = "/grpc.health.v1.Health/Check";

Deno.test("strangers who have used up the room of requests and answers lock nobody here out", async () => {
  for (const full of ["request-bytes", "answer-bytes"]) {
    using budgets = new Budgets(silentLogger, systemClock);
    const countingOf = openCounting(budgets);
    for (const budget of budgets.all) if (budget.name === full) budget.take(budget.limit);
    const { http1 } = httpAdapter({
      rpcs: new HealthService([""]).rpcs(),
      countingOf,
      limits: defaultMessageLimits,
      identify: anybody,
      clock: systemClock,
    });
    const ask = async (peer: string) => {
      const body = [new TextEncoder().encode("{}")];
      const response = await http1({ ...memoryRequest({ path, headers: json, body }), peer });
      for await (const _ of response.body ?? []);
      return response.status;
    };
    assert.deepEqual(
      [await ask("192.0.2.1"), await ask("127.0.0.1"), await ask("::1")],
      [429, 200, 200],
      full,
    );
  }
});

Deno.test("strangers who watch as much as they may leave this machine its streams", async () => {
  using bed = new CheckerBed();
  const { checker, journal, log, clock } = bed;
  const hub = new EventHub({
    ...{ checker, journal, logs: log, clock, streamId: "here" },
    limits: { count: 10, bytes: 1000 },
    budgets: watchBudgets({ watchers: 2, debugWatchers: 1 }),
    ownBudgets: watchBudgets({ watchers: 2, debugWatchers: 1 }),
  });
  const usual = watchFilter(create(WatchRequestSchema, { backend: false, frontend: false }));
  const debug = { ...usual, log: "debug" } as const;
  const queues = [await hub.watch(debug), await hub.watch(usual)];
  const refused = (error: unknown) =>
    error instanceof ConnectError && error.code === Code.ResourceExhausted;
  await assert.rejects(hub.watch(usual), refused);
  queues.push(await hub.watch(debug, "127.0.0.1"));
  await assert.rejects(hub.watch(debug, "127.0.0.1"), refused);
  queues.push(await hub.watch(usual, "127.0.0.1"));
  await assert.rejects(hub.watch(usual, "127.0.0.1"), refused);
  hub.close(new ConnectError("enough", Code.Unavailable));
  await Promise.allSettled(queues.map((queue) => queue.next()));
});

Deno.test("strangers who read none of their events leave this machine's watchers theirs", async () => {
  using bed = new CheckerBed();
  const { checker, journal, log, clock } = bed;
  const budgets = watchBudgets({ backlog: 2_000 });
  const ownBudgets = watchBudgets({ backlog: 20_000 });
  const hub = new EventHub({
    ...{ checker, journal, logs: log, clock, streamId: "here", budgets, ownBudgets },
    limits: { count: 1_000, bytes: 1e6 },
  });
  const filter = watchFilter(create(WatchRequestSchema, { backend: false, frontend: false }));
  const stranger = await hub.watch(filter);
  const own = await hub.watch(filter, "127.0.0.1");
  for (let i = 0; i < 10; i++) log.info("x".repeat(1_000));
  assert.equal(own.backlog, 10);
  assert.equal(ownBudgets.backlog.used, 10 * 16 + own.bytes);
  await assert.rejects(stranger.next(), /watcher too slow/);
  assert.equal(budgets.backlog.used, 0);
  while (own.backlog > 0) own.poll();
  assert.equal(ownBudgets.backlog.used, 0);
  await own.return();
  assert.equal(hub.size, 0);
});
