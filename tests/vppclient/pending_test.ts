import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { PendingRequests, type Waiting } from "../../lib/vppclient/pending.ts";
import { controlPing } from "../../lib/gen/vpp.ts";

/** Requests in flight, and what becomes of each, by its number. */
class InFlight {
  readonly clock = new FakeClock();
  readonly outcomes: string[] = [];
  readonly requests = new PendingRequests(
    this.clock,
    ({ allowedMs }) => this.outcomes.push(`${allowedMs} expired`),
  );

  /** One that may take so long; the result is its context. */
  add(allowedMs: number): number {
    const waiting: Waiting = {
      ...{ exchange: controlPing, allowedMs, each: () => {} },
      resolve: () => this.outcomes.push(`${allowedMs} answered`),
      reject: (error) =>
        this.outcomes.push(`${allowedMs}: ${error instanceof Error ? error.message : error}`),
    };
    return this.requests.add(waiting);
  }
}

Deno.test("each request has a context of its own, from 1 on", () => {
  const { requests, clock } = new InFlight();
  const flight = new InFlight();
  assert.deepEqual([flight.add(1), flight.add(2), flight.add(3)], [1, 2, 3]);
  assert.equal(flight.requests.size, 3);
  assert.equal(flight.requests.get(2)?.allowedMs, 2);
  assert.equal(flight.requests.take(2)?.allowedMs, 2);
  assert.equal(flight.requests.take(2), undefined);
  assert.equal(flight.requests.get(2), undefined);
  assert.equal(flight.requests.size, 2);
  assert.deepEqual([requests.size, clock.pending], [0, 0], "no timer without a request");
});

Deno.test("what is overdue is rejected by the next look, each 250 ms", () => {
  const { requests, clock, outcomes, add } = bound();
  add(100);
  add(250);
  add(251);
  clock.advance(249);
  assert.deepEqual(outcomes, []);
  clock.advance(1);
  const late = (ms: number) => [
    `${ms} expired`,
    `${ms}: VPP did not answer control_ping within ${ms} ms`,
  ];
  assert.deepEqual(outcomes, [...late(100), ...late(250)]);
  assert.equal(clock.pending, 1);
  clock.advance(250);
  assert.deepEqual(outcomes.slice(4), late(251));
  assert.deepEqual([requests.size, clock.pending], [0, 0], "nobody looks for nothing");
  add(10);
  clock.advance(250);
  assert.deepEqual(outcomes.slice(6), late(10));
});

function bound() {
  const flight = new InFlight();
  const { requests, clock, outcomes } = flight;
  return { requests, clock, outcomes, add: flight.add.bind(flight) };
}

Deno.test("when all are rejected nothing is waited for", () => {
  const { requests, clock, outcomes, add } = bound();
  add(100);
  add(200);
  requests.rejectAll(new Error("gone"));
  assert.deepEqual(outcomes, ["100: gone", "200: gone"]);
  assert.deepEqual([requests.size, clock.pending], [0, 0]);
  requests.rejectAll(new Error("again"));
  assert.equal(outcomes.length, 2);
});
