import assert from "node:assert/strict";
import { BadRequest } from "../../lib/h1/errors.ts";
import { decodeLatin1, encodeLatin1, isSendable, parseField } from "../../lib/h1/field.ts";

Deno.test("every octet is one character, and back", () => {
  const octets = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = decodeLatin1(octets);
  assert.equal(text.length, 256);
  assert.deepEqual([text.charCodeAt(0x80), text.charCodeAt(0xff)], [0x80, 0xff]);
  assert.deepEqual(encodeLatin1(text), octets);
});

Deno.test("a field is a name in lower case, and a value without the blanks around it", () => {
  assert.deepEqual(parseField("Host: a.example"), ["host", "a.example"]);
  assert.deepEqual(parseField("a:"), ["a", ""]);
  assert.deepEqual(parseField("a: \t b \t c \t "), ["a", "b \t c"]);
  assert.deepEqual(parseField("a:b:c"), ["a", "b:c"]);
});

Deno.test("what two readers could take for different fields is refused", () => {
  const refused = (line: string, message: string) =>
    assert.throws(() => parseField(line), new BadRequest(400, message), JSON.stringify(line));
  for (const line of ["", "no colon", ":v", "a :v", " a:v", "\ta:v", "a\0:v", "é:v", "(a):v"]) {
    refused(line, "a field's name is malformed");
  }
  for (const character of "\0\n\r\x1f\x7f") {
    refused(`a:b${character}c`, "a field has a forbidden character");
  }
});

Deno.test("only what stays one field on its line may be sent", () => {
  assert.equal(isSendable(["x-a", "v\t\xe9"]), true);
  const broken = [["x-a", "v\r\nx: y"], ["x-a", "v\u0100"], ["x a", "v"], ["", "v"]] as const;
  for (const field of broken) assert.equal(isSendable(field), false, JSON.stringify(field));
});
