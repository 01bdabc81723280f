import assert from "node:assert/strict";
import { gzipCompression } from "../../lib/rpc/compression.ts";

/** Bytes that compress a little: a generator's, not a constant. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 15);
}

Deno.test("what was compressed comes back, small or large, in one go or in pieces", async () => {
  for (const length of [0, 1, 1000, 65_536, 65_537, 1_000_000]) {
    const bytes = noise(length);
    const compressed = await gzipCompression.compress(bytes);
    assert.deepEqual(await gzipCompression.decompress(compressed, length + 1), bytes);
  }
});

Deno.test("an empty message needs no decompression", async () => {
  assert.deepEqual(await gzipCompression.decompress(new Uint8Array(), 10), new Uint8Array());
});

Deno.test("a bomb is refused at the limit", async () => {
  for (const length of [100_000, 50_000_000]) {
    const bomb = await gzipCompression.compress(new Uint8Array(length));
    await assert.rejects(
      gzipCompression.decompress(bomb, 99_999),
      /resource_exhausted.*larger than 99999 bytes once decompressed/,
    );
  }
});

Deno.test("garbage and half a message are refused, with the reason", async () => {
  const good = await gzipCompression.compress(noise(100_000));
  for (const bad of [noise(100), noise(10_000), good.slice(0, 5000), good.slice(0, 50)]) {
    await assert.rejects(
      gzipCompression.decompress(bad, 1_000_000),
      /invalid_argument.*cannot decompress the message: ./,
    );
  }
});
