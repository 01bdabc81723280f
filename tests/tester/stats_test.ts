import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { Board, TroubleLog } from "../../lib/tester/board.ts";
import { isWithin, reportOf } from "../../lib/tester/report.ts";
import { Tally } from "../../lib/tester/stats/tally.ts";
import { isSpikeAfter, VipStats } from "../../lib/tester/stats/vip_stats.ts";
import { answered, refused, vip } from "./vips.ts";

const limits = { forMs: 60_000, most: 1_000 };

Deno.test("a value is bright for five seconds after it came", () => {
  const tally = new Tally();
  tally.add("web2", 0);
  tally.add("web1", 1_000);
  tally.add("web2", 1_500);
  tally.add(undefined, 1_500);
  const values = (now: number) =>
    tally.values(now).map(({ value, count, isRecent }) => `${value} ${count} ${isRecent}`);
  deepEqual(values(5_999), ["web1 1 true", "web2 2 true"]);
  deepEqual(values(6_000), ["web1 1 false", "web2 2 true"]);
  equal(tally.without, 1);
});

Deno.test("a tally holds 32 values whatever comes, and loses no count", () => {
  const step = fc.tuple(fc.nat(80), fc.nat(2_000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const tally = new Tally();
      let now = 0;
      for (const [value, wait] of steps) tally.add(`v${value}`, now += wait);
      const values = tally.values(now);
      equal(values.length <= 32, true);
      equal(values.reduce((sum, { count }) => sum + count, tally.others), steps.length);
    }),
  );
});

Deno.test("a new value takes the place of the one not seen for longest, unless that is recent", () => {
  const tally = new Tally();
  for (let i = 10; i < 42; i++) tally.add(`v${i}`, i);
  tally.add("v10", 50);
  tally.add("new", 5_010);
  equal(tally.others, 1);
  tally.add("new", 5_011);
  equal(tally.others, 2);
  const values = tally.values(5_011).map(({ value }) => value);
  deepEqual([values.includes("v10"), values.includes("v11"), values.includes("new")], [
    ...[true, false, true],
  ]);
});

Deno.test("a value is kept up to 64 characters", () => {
  const tally = new Tally();
  tally.add("x".repeat(64), 0);
  tally.add("y".repeat(65), 0);
  deepEqual(tally.values(0).map(({ value }) => value), ["x".repeat(64), `${"y".repeat(63)}…`]);
});

Deno.test("the same trouble again is one entry, the latest first; spikes are one for each VIP", () => {
  const log = new TroubleLog();
  log.add("a", "net", "refused", 1);
  log.add("b", "net", "refused", 2);
  log.add("a", "net", "reset", 3);
  log.add("a", "net", "refused", 4);
  log.add("a", "spike", "took 50 ms", 5);
  log.add("a", "spike", "took 60 ms", 6);
  deepEqual(log.entries().map(({ vip, text, count, lastAt }) => [vip, text, count, lastAt]), [
    ["a", "took 60 ms", 2, 6],
    ["a", "refused", 2, 4],
    ["a", "reset", 1, 3],
    ["b", "refused", 1, 2],
  ]);
  deepEqual(log.totals, { timeout: 0, http: 0, net: 4, spike: 2 });
  for (let i = 0; i < 200; i++) log.add(`vip${i}`, "http", "status 503", 10 + i);
  equal(log.entries().length, 100);
  equal(log.entries()[99]?.vip, "vip100");
  log.clear();
  deepEqual([log.entries(), log.totals.net], [[], 0]);
});

Deno.test("an answer is a spike by the median of at least twenty", () => {
  const early = new VipStats(vip("web"), limits);
  for (let i = 0; i < 19; i++) early.add(answered(1), i);
  equal(early.add(answered(500), 100), undefined);
  const row = new VipStats(vip("web"), limits);
  for (let i = 0; i < 20; i++) row.add(answered(10), i);
  equal(row.add(answered(30), 100), undefined);
  deepEqual(row.add(answered(31), 100), { slowerThanMs: 10 });
  deepEqual([isSpikeAfter(1, 21), isSpikeAfter(1, 22)], [false, true]);
  deepEqual([isSpikeAfter(100, 300), isSpikeAfter(100, 301)], [false, true]);
});

Deno.test("what is this host's own fault counts for nothing, and is told", () => {
  const board = new Board([vip("web")], limits, 0);
  const [row] = board.rows;
  board.add(vip("other"), refused, 1);
  board.add(row?.vip ?? vip("none"), { kind: "hindered", text: "no descriptors" }, 1);
  deepEqual([row?.tries, row?.hindered, row?.condition, row?.status], [0, 1, "hindered", "host"]);
  equal(board.hindrance, "no descriptors");
  equal(isWithin(board, 99), false);
  equal(isWithin(board, 100), true);
});

Deno.test("only answers over HTTP are tallied, bad ones too, but not where none came", () => {
  const [web, ssh] = [vip("web"), vip("ssh", { way: "tcp" })];
  const board = new Board([web, ssh], limits, 0);
  const bad = { kind: "failed", trouble: "http", status: "503", text: "status 503" } as const;
  board.add(web, { ...bad, header: "web1" }, 1);
  board.add(web, { ...bad, status: "http", text: "not HTTP" }, 1);
  board.add(web, refused, 1);
  board.add(ssh, { kind: "answered", ms: 1, status: "open" }, 1);
  const tallies = board.rows.map(({ tally }) => [tally.values(1).length, tally.without]);
  deepEqual(tallies, [[1, 0], [0, 0]]);
});

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
