import assert from "node:assert/strict";
import { type Batch, Outbox } from "../../lib/probing/outbox.ts";
import type { Report } from "../../lib/probing/mod.ts";

function report(row: number, counter: number, kind: Report["kind"] = "verdict"): Report {
  const result = { ok: true, code: "L4OK", detail: "", durationMs: 1, at: 0 } as const;
  return { kind, row, revision: 1, health: { state: "up", counter }, result };
}

function outbox(): { box: Outbox; batches: Batch[] } {
  const batches: Batch[] = [];
  return { box: new Outbox((batch) => batches.push(batch)), batches };
}

const counters = (batch: Batch | undefined) =>
  batch?.reports.map(({ row, health }) => `${row}:${health.counter}`);

Deno.test("one batch is on its way, the rest waits until it has been taken", () => {
  const { box, batches } = outbox();
  box.flush();
  assert.equal(batches.length, 0, "nothing is not told");
  box.report(report(1, 0));
  box.report(report(2, 1, "pulse"));
  box.report(report(1, 2));
  box.line({ level: "warn", msg: "odd", attributes: undefined });
  box.flush();
  box.report(report(3, 0));
  box.flush();
  assert.equal(batches.length, 1);
  assert.deepEqual(counters(batches[0]), ["1:0", "1:2", "2:1"]);
  assert.deepEqual(batches[0]?.lines, [{ level: "warn", msg: "odd", attributes: undefined }]);
  assert.equal(batches[0]?.droppedLines, 0);
  box.taken();
  assert.deepEqual(counters(batches[1]), ["3:0"]);
  assert.deepEqual(batches[1]?.lines, []);
  box.taken();
  assert.equal(batches.length, 2);
  box.report(report(4, 0));
  box.flush();
  assert.deepEqual(counters(batches[2]), ["4:0"]);
});

Deno.test("a batch is small, verdicts first, and nothing is told twice", () => {
  const { box, batches } = outbox();
  for (let row = 0; row < 600; row++) box.report(report(row, 0, "lack"));
  for (let row = 0; row < 700; row++) box.report(report(row, 1));
  box.flush();
  for (let i = 0; i < 5; i++) box.taken();
  assert.deepEqual(batches.map(({ reports }) => reports.length), [512, 512, 276]);
  const told = batches.flatMap((batch) => batch.reports.map(({ kind, row }) => `${kind} ${row}`));
  assert.equal(new Set(told).size, 1_300);
  assert.equal(told[699], "verdict 699");
  assert.equal(told[700], "lack 0");
});

Deno.test("who is too slow hears the last verdict of each row, whatever else is left out", () => {
  const { box, batches } = outbox();
  box.report(report(0, 0));
  box.flush();
  for (let i = 0; i < 8_192; i++) box.report(report(i % 100, i));
  for (let i = 0; i < 5_000; i++) box.report(report(i, 1, "pulse"));
  for (let i = 0; i < 5_000; i++) {
    box.line({ level: "debug", msg: `${i}`, attributes: undefined });
  }
  for (let i = 0; i < 30; i++) box.taken();
  const rest = batches.slice(1).flatMap(({ reports }) => reports);
  assert.equal(rest.filter(({ kind }) => kind === "verdict").length, 8_192, "there was room");
  assert.equal(rest.filter(({ kind }) => kind === "pulse").length, 4_096);
  assert.equal(batches.flatMap(({ lines }) => lines).length, 4_096);
  assert.deepEqual(batches.slice(1, 3).map(({ droppedLines }) => droppedLines), [904, 0]);
  const { box: fuller, batches: thinned } = outbox();
  fuller.report(report(0, 0));
  fuller.flush();
  for (let i = 0; i < 8_193; i++) fuller.report(report(i % 100, i));
  fuller.taken();
  fuller.taken();
  const last = thinned[1]?.reports ?? [];
  assert.equal(last.length, 100);
  assert.deepEqual(
    last.map(({ health }) => health.counter),
    Array.from({ length: 100 }, (_, i) => {
      return 8_093 + i;
    }),
  );
});

Deno.test("after there was too much there is as much room as before", () => {
  const { box, batches } = outbox();
  box.report(report(0, 0));
  box.flush();
  for (let i = 0; i < 8_193; i++) box.report(report(i % 100, i));
  for (let i = 0; i < 8_092; i++) box.report(report(i % 100, i));
  for (let i = 0; i < 30; i++) box.taken();
  assert.equal(batches.slice(1).flatMap(({ reports }) => reports).length, 8_192);
});

Deno.test("thinning does not begin anew for each verdict when there are many rows", () => {
  const { box, batches } = outbox();
  box.report(report(0, 0));
  box.flush();
  for (let round = 0; round < 4; round++) {
    for (let row = 0; row < 10_000; row++) box.report(report(row, round));
  }
  for (let i = 0; i < 100; i++) box.taken();
  const last = new Map<number, number>();
  const told = batches.slice(1).flatMap(({ reports }) => reports);
  assert.equal(told.length, 10_000 + 3_611, "nothing is left out until as much has come again");
  for (const { row, health } of told) {
    last.set(row, health.counter);
  }
  assert.equal(last.size, 10_000);
  assert.ok([...last.values()].every((counter) => counter === 3));
});
