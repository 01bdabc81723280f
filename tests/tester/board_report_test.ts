import { deepEqual, equal } from "node:assert/strict";
import { Board, isWithin, reportOf } from "../../lib/tester/board.ts";
import { answered, refused, vip } from "./support/vips.ts";

const limits = { forMs: 60_000, most: 1_000 };

Deno.test("the report tells each VIP, and whether too much was lost; a reset begins anew", () => {
  const web = vip("web");
  const board = new Board([web], limits, 1_000);
  for (let i = 0; i < 3; i++) board.add(web, answered(2, "web1"), 2_000);
  board.add(web, refused, 2_500);
  const init = { version: "1.2.3", unasked: [], maxLoss: 25, intervalMs: 100 };
  deepEqual(reportOf(board, init, 3_000), {
    ...{ version: "1.2.3", seconds: 2, intervalMs: 100, maxLossPercent: 25, ok: true },
    vips: [{
      ...{ name: "web", address: "192.0.2.1", protocol: "tcp", port: 80, way: "http" },
      ...{ tries: 4, failures: 1, hindered: 0, lossPercent: 25, lastStatus: "net" },
      ms: { p50: 2, p95: 2, p99: 2, max: 2 },
      header: { values: { web1: 3 }, others: 0, without: 0 },
    }],
    notAsked: [],
    troubles: {
      ...{ timeout: 0, http: 0, net: 1, spike: 0 },
      latest: [{ vip: "web", kind: "net", text: "connection refused", count: 1, secondsAgo: 0.5 }],
    },
    leftOut: 0,
  });
  equal(isWithin(board, 24.9), false);
  board.reset(4_000);
  deepEqual([board.rows[0]?.tries, board.troubles.entries(), board.since], [0, [], 4_000]);
});
