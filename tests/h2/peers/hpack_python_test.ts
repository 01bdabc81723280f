import assert from "node:assert/strict";
import fc from "fast-check";
import { HpackDecoder, HpackEncoder } from "../../../lib/h2/hpack/mod.ts";
import type { H2Field } from "../../../lib/h2/mod.ts";
import { needsPython, runPython } from "../support/python.ts";

const ascii = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(String.fromCharCode) });
const field: fc.Arbitrary<H2Field> = fc.tuple(
  fc.oneof(fc.constantFrom(":status", "content-type", "set-cookie", "date"), ascii),
  fc.oneof(fc.constantFrom("200", "application/grpc", "0"), ascii),
);
const sections = fc.sample(fc.array(field, { maxLength: 15 }), { numRuns: 300, seed: 7541 });

Deno.test({
  ...needsPython("python3-hpack decodes what is encoded here"),
  async fn() {
    const encoder = new HpackEncoder(4096);
    const blocks = sections.map((fields, n) => {
      // The table changes size in between; python3-hpack has to be allowed to follow.
      if (n % 50 === 25) encoder.setPeerLimit(n);
      if (n % 50 === 0) encoder.setPeerLimit(4096);
      return encoder.encode(fields).toHex();
    });
    const decoded = await runPython(
      `
import json, sys, hpack
decoder = hpack.Decoder(max_header_list_size=1 << 20)
print(json.dumps([
    [[n.decode("latin1"), v.decode("latin1")] for n, v in decoder.decode(bytes.fromhex(b), raw=True)]
    for b in json.load(sys.stdin)
]))`,
      blocks,
    );
    assert.deepEqual(decoded, sections);
  },
});

Deno.test({
  ...needsPython("what python3-hpack encodes is decoded here, Huffman-coded or not"),
  async fn() {
    const blocks = await runPython(
      `
import json, sys, hpack
encoder = hpack.Encoder()
blocks = []
for n, section in enumerate(json.load(sys.stdin)):
    if n % 50 == 25:
        encoder.header_table_size = n
    if n % 50 == 0:
        encoder.header_table_size = 4096
    blocks.append(encoder.encode(section, huffman=n % 2 == 0).hex())
print(json.dumps(blocks))`,
      sections,
    );
    assert.ok(Array.isArray(blocks));
    const decoder = new HpackDecoder(4096);
    const decoded = blocks.map((block) =>
      decoder.decode(Uint8Array.fromHex(String(block)), 1_000_000).fields
    );
    assert.deepEqual(decoded, sections);
  },
});
