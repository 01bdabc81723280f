import { create, fromBinary, toBinary, toJsonString } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { EventSchema, ListEventsResponseSchema } from "../../lib/gen/maglev_pb.ts";
import { withEntries } from "../../lib/rpc/composed.ts";

const schema = ListEventsResponseSchema;

Deno.test("entries that are written already and the rest are the message with both", () => {
  const events = [1n, 2n, 3n].map((seq) => create(EventSchema, { seq }));
  for (const rest of [{}, { streamId: "here", oldestSeq: 7n }]) {
    for (let count = 0; count <= events.length; count++) {
      const some = events.slice(0, count);
      const whole = create(schema, { events: some, ...rest });
      const composed = (binary: boolean, written: Uint8Array[]) =>
        withEntries(schema, schema.field.events, written, create(schema, rest), binary).message;
      const binary = composed(true, some.map((event) => toBinary(EventSchema, event)));
      assert.deepEqual(fromBinary(schema, binary), whole);
      const json = composed(
        false,
        some.map((event) => new TextEncoder().encode(toJsonString(EventSchema, event))),
      );
      assert.equal(new TextDecoder().decode(json), toJsonString(schema, whole));
    }
  }
});
