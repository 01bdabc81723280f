import assert from "node:assert/strict";
import { partOf, slowStartPercent, slowStartSteps } from "../../lib/health/mod.ts";
import { parseIp } from "../../lib/ip/mod.ts";
import { type Table, tableShift } from "../../lib/maglev/mod.ts";
import { readPage } from "./support/pages.ts";

/** So many servers of weight 100 on so many slots, the first of which has this weight instead. */
function table(servers: number, length: number, weight: number): Table {
  return {
    length,
    servers: Array.from({ length: servers }, (_, i) => ({
      address: parseIp(`10.0.0.${i + 1}`)?.bytes ?? assert.fail(),
      weight: i === 0 ? weight : 100,
    })),
  };
}

function shift(before: Table, after: Table): number {
  const steps = tableShift(before, after);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value * 100;
  }
}

/** The row of the guide for so many servers: the share of new flows that each step moves. */
function row(servers: number, length: number): string {
  const weights = Array.from(
    { length: slowStartSteps },
    (_, i) => partOf(100, slowStartPercent(i + 1)),
  );
  const moved = weights.map((weight, i) =>
    shift(table(servers, length, weights[i - 1] ?? 0), table(servers, length, weight))
  );
  const atOnce = shift(table(servers, length, 0), table(servers, length, 100));
  const shown = [...moved, atOnce].map((percent) => percent.toFixed(1));
  return [`${servers}`, `${length}`, ...shown].join(" ");
}

Deno.test("the guide's shares of flows that a slow start moves are those of VPP's table", async () => {
  const guide = await readPage("docs/healthchecks.md");
  const section = guide.split("\n## Slow start")[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => /^\| +\d+ +\|/.test(line))
    .map((line) =>
      line.split("|").map((cell) => cell.trim()).filter((cell) => cell !== "").join(" ")
    );
  const sizes = [[3, 1024], [10, 1024], [100, 1024], [100, 65_536]] as const;
  assert.deepEqual(rows, sizes.map(([servers, length]) => row(servers, length)));
});
