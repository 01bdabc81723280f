import assert from "node:assert/strict";
import fc from "fast-check";
import { huffmanDecode, huffmanEncode, huffmanLength } from "../../../lib/h2/hpack/huffman.ts";
import { hex, octets } from "../support/wire.ts";

function encode(text: string): Uint8Array {
  const out: number[] = [];
  huffmanEncode(out, text);
  return Uint8Array.from(out);
}

function decode(bytes: Uint8Array): string {
  return huffmanDecode(bytes, 0, bytes.length);
}

Deno.test("Huffman coding makes of www.example.com what RFC 7541 appendix C.4.1 shows", () => {
  assert.deepEqual(encode("www.example.com"), hex("f1e3 c2e5 f23a 6ba0 ab90 f4ff"));
});

Deno.test("every octet has its Huffman code", () => {
  for (let octet = 0; octet < 256; octet++) {
    const text = String.fromCharCode(octet);
    assert.equal(decode(encode(text)), text);
    assert.equal(encode(text).length, huffmanLength(text));
  }
});

Deno.test("the Huffman code of all 256 octets is that of RFC 7541 appendix B", async () => {
  const all = encode(Array.from({ length: 256 }, (_, at) => String.fromCharCode(at)).join(""));
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(all));
  // What python3-hpack makes of bytes(range(256)): 583 octets with this digest.
  assert.equal(all.length, 583);
  assert.equal(
    new Uint8Array(digest).toHex(),
    "612dcf67552ffb6affc04a2ab910a4d347e4ad06e4a43544871071d831a2c076",
  );
});

Deno.test("whatever is Huffman-coded decodes to itself", () => {
  const latin1 = fc.uint8Array({ maxLength: 9000 }).map((bytes) =>
    Array.from(bytes, (octet) => String.fromCharCode(octet)).join("")
  );
  fc.assert(
    fc.property(latin1, (text) => {
      const coded = encode(text);
      assert.equal(coded.length, huffmanLength(text));
      assert.equal(decode(coded), text);
    }),
    { seed: 7541, numRuns: 200 },
  );
});

Deno.test("Huffman padding of more than seven bits, or of zeros, is refused", () => {
  assert.throws(() => decode(octets(0xff)), /padding is not EOS/);
  assert.throws(() => decode(hex("f1e3 c2e5 f23a 6ba0 ab90 f4ff ff")), /padding is not EOS/);
  // "0" is 00000, "a" 00011: padded with zeros instead of ones.
  assert.throws(() => decode(octets(0b00000_000)), /padding is not EOS/);
  assert.throws(() => decode(octets(0b00011_110)), /padding is not EOS/);
  assert.equal(decode(octets(0b00011_111)), "a");
});

Deno.test("a Huffman-coded EOS is refused", () => {
  assert.throws(() => decode(octets(0xff, 0xff, 0xff, 0xff)), /contains EOS/);
});
