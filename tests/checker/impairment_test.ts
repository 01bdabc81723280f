import assert from "node:assert/strict";
import { Impairment } from "../../lib/checker/impairment.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** Lacks of our own, and what is told of them, with the seconds. */
class Lacking {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly web = { job: { last: { at: 0 } } };
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

  readonly note = (detail: string, backend: Parameters<Impairment["note"]>[0] = this.web) => {
    this.impairment.note(backend, { detail, at: this.clock.wall() });
  };
}

Deno.test("a lack is told once, and restored when there was none for 10 s", () => {
  const { clock, told, note } = new Lacking();
  clock.advance(1_000);
  note("out of file descriptors");
  clock.advance(4_000);
  note("out of ports");
  assert.deepEqual(told, ["1: impaired, out of file descriptors"]);
  clock.advance(9_999);
  assert.equal(told.length, 1);
  clock.advance(1);
  assert.deepEqual(told.slice(1), ["15: restored, 2 probes could not be made"]);
  assert.equal(clock.pending, 0);
  clock.advance(1_000);
  note("out of ports");
  clock.advance(60_000);
  assert.deepEqual(told.slice(2), [
    "16: impaired, out of ports",
    "26: restored, 1 probe could not be made",
  ]);
});

Deno.test("it is restored 10 s after the last lack to the millisecond", () => {
  const { clock, told, note } = new Lacking();
  note("out of ports");
  clock.advance(1);
  note("out of ports");
  clock.advance(9_999);
  assert.equal(told.length, 1);
  clock.advance(1);
  assert.equal(told.length, 2);
});

Deno.test("nothing is told after the end", () => {
  const { clock, told, impairment, note } = new Lacking();
  note("out of ports");
  impairment.close();
  impairment.close();
  assert.equal(clock.pending, 0);
  clock.advance(60_000);
  assert.equal(told.length, 1);
});

Deno.test("it is known whose last probe could not be made, and for want of what", () => {
  const { clock, impairment, web, note } = new Lacking();
  const dns = { job: { last: undefined } };
  assert.equal(impairment.state(), undefined);
  clock.advance(1_000);
  note("out of ports");
  note("out of file descriptors", dns);
  const since = clock.wall();
  const reason = "out of file descriptors";
  assert.deepEqual(impairment.state(), { since, reason, backends: 2 });
  clock.advance(6_000);
  web.job.last = { at: clock.wall() };
  assert.deepEqual(impairment.state(), { since, reason, backends: 1 });
  clock.advance(1_000);
  note("out of ports");
  assert.deepEqual(impairment.state(), { since, reason: "out of ports", backends: 2 });
  clock.advance(3_000);
  assert.equal(impairment.state()?.backends, 1, "who is not tried any more is probed no more");
  clock.advance(7_000);
  assert.equal(impairment.state(), undefined);
  clock.advance(20_000);
  note("out of ports");
  assert.deepEqual(impairment.state(), {
    since: clock.wall(),
    reason: "out of ports",
    backends: 1,
  });
  impairment.close();
});
