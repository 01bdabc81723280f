import assert from "node:assert/strict";
import {
  Board,
  durationBounds,
  isPass,
  newPart,
  type Noted,
  rowsPerPart,
} from "../../lib/probing/board.ts";
import { probeCodes } from "../../lib/probes/mod.ts";

function boards(parts = 1): { writer: Board; reader: Board } {
  const [writer, reader] = [new Board(), new Board()];
  for (let i = 0; i < parts; i++) {
    const memory = newPart();
    writer.grow(memory);
    reader.grow(memory);
  }
  return { writer, reader };
}

function note(board: Board, row: number, { revision, counter, result }: Noted): void {
  board.note(row, revision, counter, result, result.at);
}

const result = {
  ok: true,
  code: "L7OK",
  detail: "status 200",
  durationMs: 1.25,
  at: 17.5,
} as const;

const nothingCounted = { codes: Array(11).fill(0), buckets: Array(12).fill(0), seconds: 0 };

Deno.test("a row takes seventeen cache lines and 112 octets: 30,000 backends take 36 MB", () => {
  assert.equal(newPart().byteLength, rowsPerPart * (17 * 64 + 8 + 104));
});

Deno.test("what one side notes, the other reads, row by row, the last only", () => {
  const { writer, reader } = boards(2);
  assert.equal(reader.rows, 2 * rowsPerPart);
  for (const row of [0, 1, rowsPerPart - 1, rowsPerPart, 2 * rowsPerPart - 1]) {
    assert.equal(reader.read(row), undefined);
    for (let i = 0; i < 3; i++) {
      const noted = { revision: row * 10 + i, counter: i, result: { ...result, at: row + i } };
      note(writer, row, noted);
      assert.deepEqual(reader.read(row), noted);
    }
  }
  assert.equal(reader.read(2), undefined);
  assert.throws(() => reader.read(2 * rowsPerPart), /the board has no row 256/);
});

Deno.test("no row writes into another one", () => {
  const { writer, reader } = boards();
  const rows = Array.from({ length: rowsPerPart }, (_, row) => row);
  const noted = (row: number) => ({
    ...{ revision: 1_000 + row, counter: row },
    result: { ...result, detail: `${row} ${"x".repeat(230)}`, durationMs: row, at: 1 + row },
  });
  for (const row of rows) {
    for (let i = 0; i <= row % 3; i++) note(writer, row, noted(row));
    writer.count(row, "SOCKERR", 0);
    writer.count(row, "L4OK", 1_000_000 + row);
    writer.noteRunning(row, 2_000_000 + row);
  }
  for (const row of rows) {
    assert.equal(reader.runningSince(row, 0), 2_000_000 + row);
    assert.deepEqual(reader.read(row), noted(row));
    const { codes, buckets, seconds } = reader.tally(row);
    assert.deepEqual([codes.at(0), codes.at(-1), buckets.at(-1)], [1, 1, 1]);
    assert.equal(seconds, (1_000_000 + row) / 1000);
  }
  for (const row of rows) {
    assert.deepEqual(reader.read(row), noted(row));
    assert.deepEqual(reader.tally(row), nothingCounted);
  }
});

Deno.test("every code and detail comes across, the longest cut at a whole character", () => {
  const { writer, reader } = boards();
  for (const code of probeCodes) {
    const noted = { revision: 1, counter: 0, result: { ...result, code, ok: isPass(code) } };
    note(writer, 3, noted);
    assert.deepEqual(reader.read(3), noted);
  }
  assert.deepEqual(probeCodes.filter(isPass), ["L4OK", "L6OK", "L7OK"]);
  for (const detail of ["", "x".repeat(240), "connection refused", "connection refused", "ü"]) {
    note(writer, 3, { revision: 2, counter: 0, result: { ...result, detail } });
    assert.equal(reader.read(3)?.result.detail, detail);
  }
  note(writer, 3, { revision: 2, counter: 0, result: { ...result, detail: "x".repeat(241) } });
  assert.equal(reader.read(3)?.result.detail, "x".repeat(240));
  const long = `${"x".repeat(239)}üü`;
  note(writer, 3, { revision: 2, counter: 0, result: { ...result, detail: long } });
  assert.equal(reader.read(3)?.result.detail, "x".repeat(239));
});

Deno.test("a counter is told if it is as new as is asked for", () => {
  const { writer, reader } = boards();
  assert.equal(reader.counter(5, 0), undefined);
  note(writer, 5, { revision: 7, counter: 4, result });
  assert.equal(reader.counter(5, 7), 4);
  assert.equal(reader.counter(5, 6), 4);
  assert.equal(reader.counter(5, 8), undefined);
});

Deno.test("counts are by code and by duration; what could not be made took no time", () => {
  const { writer, reader } = boards();
  for (const ms of [0.5, 1, 1.01, 2_500, 2_501]) writer.count(9, "L4OK", ms);
  writer.count(9, "SOCKERR", 50);
  const { codes, buckets, seconds } = reader.tally(9);
  assert.deepEqual(codes.map((count, i) => count > 0 ? `${probeCodes[i]} ${count}` : ""), [
    ...["L4OK 5", ...Array(9).fill("")],
    "SOCKERR 1",
  ]);
  assert.deepEqual(durationBounds, [.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5]);
  assert.deepEqual(buckets, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  assert.ok(Math.abs(seconds - 5.003_51) < 1e-9);
  assert.deepEqual(reader.tally(10), nothingCounted);
});

Deno.test("what was tallied is not tallied again, though counts begin anew at the end", () => {
  const memory = newPart();
  new Int32Array(memory).fill(0x7fff_ffff);
  const board = new Board();
  board.grow(memory);
  const sums = () => {
    const { codes, buckets } = board.tally(9);
    return [codes, buckets].map((counts) => counts.reduce((sum, count) => sum + count));
  };
  assert.deepEqual(sums(), [0, 0]);
  board.count(9, "L4OK", 1);
  board.count(9, "L4TOUT", 3_000);
  assert.deepEqual(sums(), [2, 2]);
  assert.deepEqual(sums(), [0, 0]);
});

Deno.test("the durations of the last hundred results are kept, each row's its own", () => {
  const { writer, reader } = boards();
  const neighbours = [16, 18];
  for (const row of [17, ...neighbours]) writer.restart(row, 5);
  for (const row of neighbours) writer.count(row, "L4OK", 7);
  assert.deepEqual([...reader.durations(17, 5)], []);
  for (let ms = 1; ms <= 250; ms++) {
    writer.count(17, "L4OK", ms);
    writer.count(17, "SOCKERR", 1e6);
    const expected = Array.from({ length: Math.min(ms, 100) }, (_, i) => ms - i);
    assert.deepEqual([...reader.durations(17, 5)].sort((a, b) => b - a), expected);
  }
  for (const row of neighbours) assert.deepEqual([...reader.durations(row, 5)], [7]);
  assert.deepEqual([...reader.durations(17, 6)], []);
  writer.restart(17, 6);
  assert.deepEqual([...reader.durations(17, 6)], []);
  writer.count(17, "L4TOUT", 2_000);
  assert.deepEqual([...reader.durations(17, 6)], [2_000]);
});

Deno.test("the end of the certificate that was seen last is kept, until something else is probed", () => {
  const { writer, reader } = boards();
  writer.restart(4, 1);
  assert.equal(reader.certificateEnd(4, 1), undefined);
  for (const end of [1_700_000_000_123, 1_800_000_000_456]) {
    writer.noteCertificate(4, end);
    assert.equal(reader.certificateEnd(4, 1), end);
  }
  assert.equal(reader.certificateEnd(5, 0), undefined);
  assert.equal(reader.certificateEnd(4, 2), undefined);
  writer.restart(4, 2);
  assert.equal(reader.certificateEnd(4, 2), undefined);
});

Deno.test("since when a probe is under way is told, unless it is of what was probed before", () => {
  const { writer, reader } = boards(2);
  const row = rowsPerPart + 3;
  writer.restart(row, 5);
  assert.equal(reader.runningSince(row, 5), undefined);
  writer.noteRunning(row, 1_700_000_000_123.25);
  assert.equal(reader.runningSince(row, 5), 1_700_000_000_123.25);
  assert.equal(reader.runningSince(3, 0), undefined);
  assert.equal(reader.runningSince(row, 6), undefined, "something else is to be probed");
  writer.noteRunning(row, 0);
  writer.restart(row, 6);
  assert.equal(reader.runningSince(row, 6), undefined);
});

Deno.test("what is being read is written over only two results later", () => {
  const [board, memory] = [new Board(), newPart()];
  board.grow(memory);
  const holds = (detail: string) => {
    const octets = new Uint8Array(memory).slice();
    return new TextDecoder("latin1").decode(octets).includes(detail);
  };
  const seen: boolean[] = [];
  for (const detail of ["the first", "the second", "the third"]) {
    board.note(0, 1, 1, { ...result, detail }, 0);
    seen.push(holds("the first"));
  }
  assert.deepEqual(seen, [true, true, false]);
});
