import { deepEqual, equal } from "node:assert/strict";
import { Board, isWithin, TroubleLog } from "../../lib/tester/board.ts";
import { refused, vip } from "./support/vips.ts";

const limits = { forMs: 60_000, most: 1_000 };

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
  board.reset(2);
  deepEqual([board.troubles.entries(), board.troubles.totals.net], [[], 0]);
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
