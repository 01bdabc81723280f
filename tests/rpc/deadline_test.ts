import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { DeadlineContext } from "../../lib/rpc/deadline.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { operatorAt } from "./support/callers.ts";

const principal = operatorAt();
const exceeded = { rawMessage: "the operation timed out", code: Code.DeadlineExceeded };

/** The context of a call that came at 1 s. */
function setUp(timeoutMs: number | undefined) {
  const clock = new FakeClock();
  clock.advance(1000);
  const abort = new AbortController();
  const context = new DeadlineContext(
    abort,
    principal,
    true,
    clock,
    timeoutMs,
  );
  return { clock, abort, context };
}

Deno.test("without a deadline the request's own signal counts, and there is always time", () => {
  const { clock, abort, context } = setUp(undefined);
  assert.equal(context.signal, abort.signal);
  clock.advance(1e12);
  context.begin();
  context.close();
  assert.equal(clock.pending, 0);
  assert.deepEqual([context.principal, context.binary], [principal, true]);
});

Deno.test("time is left until the deadline, and none at it", () => {
  const { clock, context } = setUp(100);
  clock.advance(99);
  context.begin();
  clock.advance(1);
  assert.throws(() => context.begin(), exceeded);
});

Deno.test("a call that is answered from memory costs no timer", () => {
  for (const timeoutMs of [undefined, 100]) {
    const { clock, context } = setUp(timeoutMs);
    context.begin();
    assert.equal(clock.pending, 0);
    context.close();
  }
});

Deno.test("who has gone is not served", () => {
  const { abort, context } = setUp(undefined);
  abort.abort(new Error("RST_STREAM"));
  assert.throws(() => context.begin(), { rawMessage: "the client went away", code: Code.Canceled });
});

Deno.test("the signal aborts at the deadline, however late it was asked for", () => {
  const { clock, context } = setUp(100);
  clock.advance(40);
  const { signal } = context;
  assert.equal(context.signal, signal);
  assert.equal(clock.pending, 1);
  clock.advance(59);
  assert.equal(signal.aborted, false);
  clock.advance(1);
  const { reason } = signal;
  assert.ok(reason instanceof ConnectError);
  assert.deepEqual({ rawMessage: reason.rawMessage, code: reason.code }, exceeded);
});

Deno.test("a client that goes away, or went, aborts the signal with its reason", () => {
  for (const early of [false, true]) {
    const { abort, context } = setUp(100);
    const reason = new Error("RST_STREAM");
    if (early) abort.abort(reason);
    const { signal } = context;
    if (!early) abort.abort(reason);
    assert.deepEqual([signal.aborted, signal.reason], [true, reason]);
    context.close();
  }
});

Deno.test("a call that is over hears neither of its deadline nor of its client", () => {
  const { clock, abort, context } = setUp(100);
  const { signal } = context;
  context.close();
  assert.equal(clock.pending, 0);
  abort.abort();
  assert.equal(signal.aborted, false);
});
