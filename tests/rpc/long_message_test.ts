import { create, fromBinary, toBinary, toJsonString } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { EventSchema, ListEventsResponseSchema } from "../../lib/gen/maglev_pb.ts";
import { composed, messageInSlices, messagePart } from "../../lib/rpc/long_message.ts";
import { FakeClock } from "../../lib/time/mod.ts";

const schema = ListEventsResponseSchema;

Deno.test("entries that are written already and the rest are the message with both", () => {
  const events = [1n, 2n, 3n].map((seq) => create(EventSchema, { seq }));
  for (const rest of [{}, { streamId: "here", oldestSeq: 7n }]) {
    for (let count = 0; count <= events.length; count++) {
      const some = events.slice(0, count);
      const whole = create(schema, { events: some, ...rest });
      const field = schema.field.events;
      const joined = (binary: boolean, written: Uint8Array[]) => {
        const parts = written.map((each) => messagePart(field, each, binary));
        return composed(schema, [{ field, parts }], create(schema, rest), binary);
      };
      const binary = joined(true, some.map((event) => toBinary(EventSchema, event)));
      assert.deepEqual(fromBinary(schema, binary), whole);
      const json = joined(
        false,
        some.map((event) => new TextEncoder().encode(toJsonString(EventSchema, event))),
      );
      assert.equal(new TextDecoder().decode(json), toJsonString(schema, whole));
    }
  }
});

Deno.test("a long list is written in slices as the message that it is", async () => {
  for (const count of [0, 1, 100]) {
    const seqs = Array.from({ length: count }, (_, i) => BigInt(i + 1));
    const fill = (some: readonly bigint[]) => ({ events: some.map((seq) => ({ seq })) });
    for (const given of [{}, { streamId: "here", oldestSeq: 7n }]) {
      const whole = create(schema, { ...fill(seqs), ...given });
      const clock = new FakeClock();
      const binary = await messageInSlices(schema, whole, clock, true);
      assert.deepEqual(fromBinary(schema, binary.message), whole);
      const json = await messageInSlices(schema, whole, clock, false);
      assert.equal(new TextDecoder().decode(json.message), toJsonString(schema, whole));
    }
  }
});

Deno.test("others have their turn while a long list is written", async () => {
  const clock = new FakeClock();
  let turns = 0;
  clock.turn = { isOver: true, next: () => Promise.resolve(void turns++) };
  const items = Array.from({ length: 1_000 }, (_, i) => BigInt(i));
  const message = create(schema, { events: items.map((seq) => ({ seq })) });
  await messageInSlices(schema, message, clock, true);
  assert.ok(turns >= 1_000 / 32, `${turns} turns`);
});
