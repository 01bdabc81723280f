import { deepEqual } from "node:assert/strict";
import { Board } from "../../../lib/tester/board.ts";
import { arranged, type Controls } from "../../../lib/tester/screen/controls.ts";
import { answered, vip } from "../support/vips.ts";

Deno.test("VIPs of which nothing tells which is first stay as in the files", () => {
  const names = ["b", "a", "a"];
  const board = new Board(
    names.map((name, i) => vip(name, { port: 80 - i })),
    { forMs: 60_000, most: 1_000 },
    0,
  );
  const ports = (order: Controls["order"]) =>
    arranged(board.rows, order, undefined, 0).map((row) => row.vip.port);
  for (const order of ["file", "p99", "loss", "failures"] as const) {
    deepEqual(ports(order), [80, 79, 78], order);
  }
  deepEqual(ports("name"), [79, 78, 80]);
  deepEqual(ports("address"), [78, 79, 80]);
  const [, second] = board.rows;
  if (second) board.add(second.vip, answered(0), 0);
  deepEqual(ports("p99"), [79, 80, 78]);
});
