import assert from "node:assert/strict";
import {
  afterChange,
  afterHold,
  type FlapMemory,
  type FlapRule,
  holdMs,
  neverFlapped,
} from "../../lib/health/mod.ts";

const rule: FlapRule = { changes: 4, withinMs: 1_000, holdMs: 100, maxHoldMs: 500 };

/** What is remembered after changes at these moments, the first of them going down. */
function after(moments: readonly number[], memory: FlapMemory = neverFlapped): FlapMemory {
  return moments.reduce((last, at, i) => afterChange(last, rule, i % 2 === 0, at), memory);
}

Deno.test("a backend that goes down so often within the time is held", () => {
  assert.equal(after([0, 10, 20]).until, undefined);
  // The fourth change brings it up: nobody is taken out of service for that.
  assert.equal(after([0, 10, 20, 30]).until, undefined);
  assert.equal(after([0, 10, 20, 30, 40]).until, 140);
  assert.equal(after([0, 10, 20, 1_009, 1_019]).until, undefined, "the first ones are over");
  assert.equal(after([0, 10, 20, 1_009, 1_010]).until, undefined);
  assert.equal(after([0, 11, 20, 1_009, 1_010]).until, 1_110, "the time itself counts");
  assert.equal(after([0, 10, 20, 30, 40]).changes.length, 0, "counting begins anew");
});

Deno.test("each hold takes twice as long, up to the longest", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 10_000].map((holds) => holdMs(rule, holds)), [
    100,
    200,
    400,
    500,
    500,
    500,
  ]);
  const first = after([0, 10, 20, 30, 40]);
  const second = after([200, 210, 220, 230, 240], afterHold(first, 140));
  assert.equal(second.until, 440);
  const third = after([500, 510, 520, 530, 540], afterHold(second, 440));
  assert.equal(third.until, 940);
});

Deno.test("each calm time without a hold forgives one", () => {
  const memory = { ...neverFlapped, holds: 3, calmSince: 500 };
  const heldFor = (start: number) => {
    const { until = 0 } = after([0, 10, 20, 30, 40].map((at) => start + at), memory);
    return until - start - 40;
  };
  assert.deepEqual([500, 1_459, 1_460, 2_460, 3_460, 99_960].map(heldFor), [
    500,
    500,
    400,
    200,
    100,
    100,
  ]);
});
