import { deepEqual, equal } from "node:assert/strict";
import { documented } from "../../tools/attack/figures.ts";
import { faults, limits, type Outcome } from "../../tools/attack/outcome.ts";
import { details, head, row } from "../../tools/attack/report.ts";
import { falseFailures, parseMetrics } from "../../tools/attack/site/metrics.ts";

const held: Outcome = {
  attack: "ping-flood",
  load: 0.5,
  seconds: 60,
  gap: { before: 112, during: limits.gapMs },
  failedProbes: 0,
  takenOut: { times: 0, first: "" },
  operator: { before: { worst: 5, failed: 0 }, during: { worst: limits.operatorMs, failed: 0 } },
  p50: { before: 1, during: 2 },
  p99: { before: 4, during: 80 },
  refused: { calls: 0.05, entries: 0.05, scrapes: 0.05 },
  rss: { before: 100e6, during: limits.rss },
  descriptors: { before: 30, during: 500 },
  logged: 2_400,
  errors: 0,
  recovered: 3,
  patience: 60,
  left: [],
  died: undefined,
  counts: { pings: 6_000_000, connections: 120 },
};

Deno.test("what reaches the limits and no more has held", () => {
  deepEqual(faults(held), []);
});

Deno.test("each limit that is passed is told", () => {
  const broken: [Partial<Outcome>, string][] = [
    [{ died: 137 }, "maglevd ended with exit code 137"],
    [{ gap: { before: 110, during: 251 } }, "no probe for 251 ms"],
    [{ failedProbes: 2 }, "2 probes failed"],
    [{ failedProbes: undefined }, "a scrape on the machine was not answered"],
    [{ takenOut: { times: 3, first: "down" } }, "3 times a server was taken out: down"],
    [
      { operator: { ...held.operator, during: { worst: 10_000, failed: 1 } } },
      "1 changes did not arrive; a change took 10000 ms",
    ],
    [{ rss: { before: 100e6, during: 401e6 } }, "401 MB resident"],
    [{ logged: 15e6, errors: 2 }, "15000 KB logged; 2 errors logged"],
    [
      { refused: { calls: 0.1, entries: 0.2, scrapes: 1 } },
      "10 % of calls failed; 20 % of new connections failed; 100 % of scrapes failed",
    ],
    [{ recovered: undefined, left: ["9 connections"] }, "not as before after 60 s: 9 connections"],
  ];
  for (const [change, fault] of broken) equal(faults({ ...held, ...change }).join("; "), fault);
});

Deno.test("a row has a cell for each heading, and says when the machine was busy", () => {
  const cells = (text: string) => text.split("|").map((cell) => cell.trim());
  equal(cells(row(held)).length, cells(head().split("\n")[0] ?? "").length);
  equal(cells(row(held)).at(-2), "ok");
  equal(cells(row({ ...held, load: 9 }))[1], "`ping-flood` (busy)");
  equal(cells(row({ ...held, died: 1 })).at(-2), "DIED");
  equal(details(held), "  the attackers: 6000000 pings, 120 connections");
});

Deno.test("figures for the documentation stand in their section, with rates a second", () => {
  const [, section = ""] = documented([held]).split("### HTTP/2 frames\n");
  const [row = ""] = section.split("\n").filter((line) => line.includes("ping-flood"));
  equal(
    row.includes("| 100,000 pings | 250 | 100 | 4 → 80 | 100 → 400 | 2 | 3 | held |"),
    true,
    row,
  );
});

Deno.test("failures for a lack of maglevd's own are no false ones", () => {
  const scrape = (refused: number, lacks: number) =>
    parseMetrics(
      `# TYPE maglev_probe_total counter
maglev_probe_total{backend="a",type="tcp",result="success",code="L4OK"} 90
maglev_probe_total{backend="a",type="tcp",result="failure",code="L4CON"} ${refused}
maglev_probe_total{backend="b",type="tcp",result="failure",code="L4CON"} 2
maglev_probe_total{backend="b",type="tcp",result="failure",code="SOCKERR"} ${lacks}
maglev_connections{server="grpc"} 4
maglev_connections{server="metrics"} 1
maglev_connections_total{server="metrics",result="accepted"} 100
maglev_unhandled_errors_total 7
maglev_probes_late_total 5
`,
    );
  const before = scrape(0, 0);
  deepEqual(before, {
    ...{ failedProbes: { L4CON: 2 }, connections: 5, unhandled: 7 },
    probes: { ended: 92, late: 5 },
  });
  equal(falseFailures(before, scrape(3, 9)), 3);
});
