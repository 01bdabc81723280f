import { deepEqual, equal } from "node:assert/strict";
import { CounterTable, HistogramTable } from "../../lib/metrics/series.ts";

const family = { help: "h", buckets: [] as number[] };

function counters() {
  return new CounterTable({ ...family, name: "c_total", type: "counter", labels: ["x", "y"] });
}

Deno.test("a counter exists from its first touch and counts per set of labels", () => {
  const table = counters();
  table.touch("a", "1");
  table.increment("a", "2");
  table.increment("a", "2");
  table.increment("b", "2");
  deepEqual([...table.lines()], [
    'c_total{x="a",y="1"} 0\n',
    'c_total{x="a",y="2"} 2\n',
    'c_total{x="b",y="2"} 1\n',
  ]);
});

Deno.test("dropping a first label drops all its series and no others", () => {
  const table = counters();
  table.increment("a", "1");
  table.increment("a", "2");
  table.increment("b", "1");
  table.drop("a");
  deepEqual([...table.lines()], ['c_total{x="b",y="1"} 1\n']);
});

Deno.test("series may come and go while a scrape stands half-way", () => {
  const table = counters();
  for (const x of ["a", "b", "c"]) table.increment(x, "1");
  const lines = table.lines();
  equal(lines.next().value, 'c_total{x="a",y="1"} 1\n');
  table.drop("b");
  table.increment("d", "1");
  deepEqual([...lines], ['c_total{x="c",y="1"} 1\n', 'c_total{x="d",y="1"} 1\n']);
});

Deno.test("a histogram's buckets are cumulative, bounds included", () => {
  const table = new HistogramTable({
    ...family,
    name: "h",
    type: "histogram",
    labels: ["x"],
    buckets: [0.5, 1],
  });
  for (const value of [0.25, 0.5, 1, 1.5]) table.observe(value, "a");
  deepEqual([...table.lines()].join("").split("\n"), [
    'h_bucket{x="a",le="0.5"} 2',
    'h_bucket{x="a",le="1"} 3',
    'h_bucket{x="a",le="+Inf"} 4',
    'h_sum{x="a"} 3.25',
    'h_count{x="a"} 4',
    "",
  ]);
});

Deno.test("what was counted elsewhere is added to what was, in its buckets and to the sum", () => {
  const about = { ...family, name: "h", labels: ["x"] };
  const table = new HistogramTable({ ...about, type: "histogram", buckets: [1, 2] });
  table.observe(0.5, "a");
  table.add([1, 0, 2], 9.5, "a");
  table.add([0, 4, 0], 6, "a");
  deepEqual([...table.lines()].join("").split("\n"), [
    'h_bucket{x="a",le="1"} 2',
    'h_bucket{x="a",le="2"} 6',
    'h_bucket{x="a",le="+Inf"} 8',
    'h_sum{x="a"} 16',
    'h_count{x="a"} 8',
    "",
  ]);
});

Deno.test("a histogram without labels has only the bound in its braces", () => {
  const table = new HistogramTable({
    ...family,
    name: "h",
    type: "histogram",
    labels: [],
    buckets: [1],
  });
  table.touch();
  equal(
    [...table.lines()].join(""),
    'h_bucket{le="1"} 0\nh_bucket{le="+Inf"} 0\nh_sum 0\nh_count 0\n',
  );
});
