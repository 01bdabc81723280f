import assert from "node:assert/strict";
import { Impairment } from "../../lib/checker/impairment.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** Lacks of our own, and what is told of them, with the seconds. */
class Lacking {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly impairment = new Impairment(this.clock, {
    emit: (events) => {
      for (const one of events) {
        assert.ok(one.kind === "probing");
        const { change, detail, cause } = one;
        assert.deepEqual(cause, { kind: "probe", code: "SOCKERR", detail });
        this.told.push(`${this.clock.now() / 1000}: ${change}, ${detail}`);
      }
    },
  });
}

Deno.test("a lack is told once, and restored when there was none for 10 s", () => {
  const { clock, told, impairment } = new Lacking();
  clock.advance(1_000);
  impairment.note("out of file descriptors");
  clock.advance(4_000);
  impairment.note("out of ports");
  assert.deepEqual(told, ["1: impaired, out of file descriptors"]);
  clock.advance(9_999);
  assert.equal(told.length, 1);
  clock.advance(1);
  assert.deepEqual(told.slice(1), ["15: restored, 2 probes could not be made"]);
  assert.equal(clock.pending, 0);
  clock.advance(1_000);
  impairment.note("out of ports");
  clock.advance(60_000);
  assert.deepEqual(told.slice(2), [
    "16: impaired, out of ports",
    "26: restored, 1 probe could not be made",
  ]);
});

Deno.test("it is restored 10 s after the last lack to the millisecond", () => {
  const { clock, told, impairment } = new Lacking();
  impairment.note("out of ports");
  clock.advance(1);
  impairment.note("out of ports");
  clock.advance(9_999);
  assert.equal(told.length, 1);
  clock.advance(1);
  assert.equal(told.length, 2);
});

Deno.test("nothing is told after the end", () => {
  const { clock, told, impairment } = new Lacking();
  impairment.note("out of ports");
  impairment.close();
  impairment.close();
  assert.equal(clock.pending, 0);
  clock.advance(60_000);
  assert.equal(told.length, 1);
});
