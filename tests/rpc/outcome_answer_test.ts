import { create, fromBinary, fromJsonString } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import type { Outcome } from "../../lib/checker/mod.ts";
import {
  CheckConfigResponseSchema,
  OperateResponseSchema,
  OutcomeSchema,
} from "../../lib/gen/maglev_pb.ts";
import { outcomeToProto } from "../../lib/rpc/convert/outcome.ts";
import { outcomeInSlices, withOutcome } from "../../lib/rpc/outcome_answer.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** So many backends are disabled, in so many frontends. */
function outcomeOf(backends: number, frontends: number): Outcome {
  const standing = { state: "up", activePool: "p", weight: 100 } as const;
  return {
    backends: Array.from({ length: backends }, (_, i) => ({
      ...{ backend: `b${i}`, from: "up", to: "disabled" } as const,
    })),
    frontends: Array.from({ length: frontends }, (_, i) => ({
      ...{ frontend: `f${i}`, before: standing, after: standing, danger: "loses-most" } as const,
      weights: Array.from({ length: i % 3 }, (_, n) => ({
        ...{ pool: "p", backend: `b${n}`, configured: { from: 100, to: 100 } },
        ...{ effective: { from: 100, to: 0 }, share: { from: 0.5, to: 0 } },
      })),
      hasMore: i === 1,
    })),
  };
}

Deno.test("an outcome is converted and written in slices as the message that it is", async () => {
  const clock = new FakeClock();
  const schema = OperateResponseSchema;
  for (const [backends, frontends] of [[0, 0], [1, 0], [0, 1], [70, 100]] as const) {
    for (const notKept of ["", "the disk is full"]) {
      const outcome = outcomeOf(backends, frontends);
      const sliced = await outcomeInSlices(outcome, undefined, clock);
      assert.deepEqual(sliced, outcomeToProto(outcome));
      const whole = create(schema, { outcome: { ...sliced, notKept } });
      const rest = create(schema);
      const write = (binary: boolean) =>
        withOutcome(schema, schema.field.outcome, { ...sliced, notKept }, rest, clock, binary);
      assert.deepEqual(fromBinary(schema, (await write(true)).message), whole);
      const json = new TextDecoder().decode((await write(false)).message);
      assert.deepEqual(fromJsonString(schema, json), whole);
    }
  }
});

Deno.test("what else there is in the message is there", async () => {
  const schema = CheckConfigResponseSchema;
  const rest = create(schema, { ok: true, warnings: ["a word"] });
  const outcome = outcomeToProto(outcomeOf(2, 2));
  const whole = create(schema, { ...rest, outcome });
  for (const binary of [true, false]) {
    const { message } = await withOutcome(
      ...[schema, schema.field.outcome, outcome, rest, new FakeClock(), binary] as const,
    );
    const read = binary
      ? fromBinary(schema, message)
      : fromJsonString(schema, new TextDecoder().decode(message));
    assert.deepEqual(read, whole);
  }
});

Deno.test("others have their turn while an outcome is converted, and while it is written", async () => {
  const clock = new FakeClock();
  let turns = 0;
  clock.turn = { isOver: true, next: () => Promise.resolve(void turns++) };
  const outcome = await outcomeInSlices(outcomeOf(1_000, 100), undefined, clock);
  const converting = turns;
  assert.ok(converting >= 1_100 / 32, `${converting} turns`);
  const schema = OperateResponseSchema;
  await withOutcome(schema, schema.field.outcome, outcome, create(schema), clock, false);
  assert.ok(turns - converting >= 1_100 / 32, `${turns - converting} turns`);
  assert.equal(outcome.$typeName, OutcomeSchema.typeName);
});
