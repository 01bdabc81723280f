import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { DeadlineContext } from "../../lib/rpc/grpc_direct.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { operatorAt } from "./callers.ts";

const principal = operatorAt();
const exceeded = { rawMessage: "the operation timed out", code: Code.DeadlineExceeded };

/** The context of a call that came at 1 s, and how often its request was asked for its signal. */
function setUp(timeoutMs: number | undefined) {
  const clock = new FakeClock();
  clock.advance(1000);
  const abort = new AbortController();
  const asked = { signal: 0 };
  const context = new DeadlineContext(
    {
      get signal() {
        asked.signal++;
        return abort.signal;
      },
    },
    principal,
    clock,
    timeoutMs,
  );
  return { clock, abort, asked, context };
}

Deno.test("without a deadline the request's own signal counts, and there is always time", () => {
  const { clock, abort, context } = setUp(undefined);
  assert.equal(context.signal, abort.signal);
  clock.advance(1e12);
  context.check();
  context.close();
  assert.equal(clock.pending, 0);
  assert.deepEqual([context.principal, context.binary], [principal, true]);
});

Deno.test("time is left until the deadline, and none at it", () => {
  const { clock, context } = setUp(100);
  clock.advance(99);
  context.check();
  clock.advance(1);
  assert.throws(() => context.check(), exceeded);
});

Deno.test("a call that is answered from memory costs neither a signal nor a timer", () => {
  for (const timeoutMs of [undefined, 100]) {
    const { clock, asked, context } = setUp(timeoutMs);
    context.check();
    context.close();
    assert.deepEqual([asked.signal, clock.pending], [0, 0]);
  }
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
