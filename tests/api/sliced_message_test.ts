import {
  create,
  type DescMessage,
  fromBinary,
  fromJsonString,
  type MessageShape,
} from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import type { Outcome } from "../../lib/checker/mod.ts";
import {
  ConfigChangeSchema,
  OperateResponseSchema,
  OutcomeSchema,
  ReloadConfigResponseSchema,
  VPPForecastSchema,
} from "../../lib/gen/maglev_pb.ts";
import { outcomeInSlices, outcomeToProto } from "../../lib/api/convert/outcome.ts";
import { messageInSlices } from "../../lib/rpc/long_message.ts";
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

async function writtenAndRead<D extends DescMessage>(schema: D, message: MessageShape<D>) {
  const clock = new FakeClock();
  const binary = await messageInSlices(schema, message, clock, true);
  const json = await messageInSlices(schema, message, clock, false);
  const text = new TextDecoder().decode(json.message);
  return [fromBinary(schema, binary.message), fromJsonString(schema, text)];
}

Deno.test("an outcome is converted and written in slices as the message that it is", async () => {
  for (const [backends, frontends] of [[0, 0], [1, 0], [0, 1], [70, 100]] as const) {
    for (const notKept of ["", "the disk is full"]) {
      const outcome = outcomeOf(backends, frontends);
      const sliced = await outcomeInSlices(outcome, undefined, new FakeClock());
      assert.deepEqual(sliced, outcomeToProto(outcome));
      const whole = create(OperateResponseSchema, { outcome: { ...sliced, notKept } });
      assert.deepEqual(await writtenAndRead(OperateResponseSchema, whole), [whole, whole]);
    }
  }
});

Deno.test("a message with lists of its own and in messages in it is written as it is", async () => {
  const change = create(ConfigChangeSchema, { kind: "backend", name: "b", details: ["a", "b"] });
  const whole = create(ReloadConfigResponseSchema, {
    ...{ ok: true, refusal: "too much", changes: Array.from({ length: 50 }, () => change) },
    outcome: outcomeToProto(outcomeOf(3, 3)),
    vpp: create(VPPForecastSchema, { total: 1, changes: [{ kind: "as-weight", detail: '"' }] }),
  });
  assert.deepEqual(await writtenAndRead(ReloadConfigResponseSchema, whole), [whole, whole]);
  const empty = create(ReloadConfigResponseSchema);
  assert.deepEqual(await writtenAndRead(ReloadConfigResponseSchema, empty), [empty, empty]);
});

Deno.test("others have their turn while an outcome is converted, and while it is written", async () => {
  const clock = new FakeClock();
  let turns = 0;
  clock.turn = { isOver: true, next: () => Promise.resolve(void turns++) };
  const outcome = await outcomeInSlices(outcomeOf(1_000, 100), undefined, clock);
  assert.equal(outcome.$typeName, OutcomeSchema.typeName);
  const message = create(OperateResponseSchema, { outcome });
  for (const binary of [true, false]) {
    const before = turns;
    assert.ok(before >= 1_100 / 32, `${before} turns`);
    await messageInSlices(OperateResponseSchema, message, clock, binary);
    assert.ok(turns - before >= 1_100 / 32, `${turns - before} turns`);
  }
});
