import assert from "node:assert/strict";
import {
  DecodeError,
  decodeMessage,
  encodeMessage,
  type Field,
  message,
  u8,
  WireWriter,
} from "../../lib/binapi/mod.ts";

Deno.test("a mistake in a field is no fault of the value's, and passes as it is", () => {
  const mistake = new TypeError("undefined is not a function");
  const fails = (): never => {
    throw mistake;
  };
  const broken: Field<number> = { read: fails, write: fails };
  const odd = message("odd", "00000000", "client", { broken });
  const header = { id: 1, clientIndex: 0, context: 0 };
  assert.throws(() => encodeMessage(new WireWriter(), odd, header, { broken: 1 }), mistake);
  assert.throws(() => decodeMessage(odd, new Uint8Array(20)), mistake);
});

Deno.test("a header has the id, client_index where the message has one, and the context", () => {
  const header = { id: 0x0102, clientIndex: 0x80000003, context: 4 };
  for (const kind of ["client", "context"] as const) {
    const writer = new WireWriter();
    const one = message("one", "00000000", kind, { value: u8 });
    encodeMessage(writer, one, header, { value: 5 });
    const index = kind === "client" ? [0x80, 0, 0, 3] : [];
    assert.deepEqual([...writer.written()], [1, 2, ...index, 0, 0, 0, 4, 5]);
    assert.deepEqual(decodeMessage(one, writer.written()), {
      header: { ...header, clientIndex: kind === "client" ? header.clientIndex : 0 },
      value: { value: 5 },
    });
  }
});

Deno.test("a message ends with its last field, to the byte", () => {
  const one = message("one", "00000000", "context", { value: u8 });
  const bytes = [0, 1, 0, 0, 0, 7, 42];
  const { header, value } = decodeMessage(one, Uint8Array.from(bytes));
  assert.deepEqual([header, value], [{ id: 1, clientIndex: 0, context: 7 }, { value: 42 }]);
  assert.throws(
    () => decodeMessage(one, Uint8Array.from([...bytes, 0])),
    new DecodeError("one: 1 bytes follow the last field"),
  );
});
