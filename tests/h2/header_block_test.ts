import assert from "node:assert/strict";
import { HeaderBlockAssembler } from "../../lib/h2/header_block.ts";
import { Flag, type Frame, FrameType } from "../../lib/h2/frames/types.ts";
import { resolveLimits } from "../../lib/h2/limits.ts";

const assembler = (limits = {}) =>
  new HeaderBlockAssembler(resolveLimits({ headerBlockBytes: 8, ...limits }));

function headers(payload: number[], flags: number = Flag.END_HEADERS, streamId = 1): Frame {
  return { type: FrameType.HEADERS, flags, streamId, payload: Uint8Array.from(payload) };
}

function continuation(payload: number[], flags = 0, streamId = 1): Frame {
  return { ...headers(payload, flags, streamId), type: FrameType.CONTINUATION };
}

Deno.test("a block in one frame is there at once", () => {
  const blocks = assembler();
  assert.deepEqual(blocks.headers(headers([1, 2], Flag.END_HEADERS | Flag.END_STREAM, 3)), {
    ...{ streamId: 3, endStream: true, block: Uint8Array.of(1, 2) },
  });
  assert.equal(blocks.pending, undefined);
});

Deno.test("a block in pieces is there with its last, the frames' memory used again or not", () => {
  const blocks = assembler();
  const first = headers([1, 2], 0);
  assert.equal(blocks.headers(first), undefined);
  first.payload.fill(9);
  assert.equal(blocks.pending, 1);
  const second = continuation([3]);
  assert.equal(blocks.continuation(second), undefined);
  second.payload.fill(9);
  assert.deepEqual(blocks.continuation(continuation([4], Flag.END_HEADERS)), {
    ...{ streamId: 1, endStream: false, block: Uint8Array.of(1, 2, 3, 4) },
  });
  assert.equal(blocks.pending, undefined);
});

Deno.test("only the stream whose block is open may go on with it", () => {
  const blocks = assembler();
  assert.throws(
    () => blocks.continuation(continuation([1])),
    /CONTINUATION on stream 1 without a header block to continue/,
  );
  blocks.headers(headers([1], 0));
  assert.throws(() => blocks.continuation(continuation([2], 0, 3)), /on stream 3 without/);
});

Deno.test("what waits is bounded in octets, in one frame as in several", () => {
  assert.ok(assembler().headers(headers(Array(8).fill(0))));
  assert.throws(
    () => assembler().headers(headers(Array(9).fill(0))),
    /header block of more than 8 octets/,
  );
  const blocks = assembler();
  blocks.headers(headers(Array(4).fill(0), 0));
  blocks.continuation(continuation(Array(4).fill(0)));
  assert.throws(() => blocks.continuation(continuation([0])), /of more than 8 octets/);
});

Deno.test("what waits is bounded in frames, empty ones as well", () => {
  const blocks = assembler({ maxContinuations: 2 });
  blocks.headers(headers([], 0));
  blocks.continuation(continuation([]));
  blocks.continuation(continuation([]));
  assert.throws(
    () => blocks.continuation(continuation([])),
    /header block of more than 2 CONTINUATION frames/,
  );
});
