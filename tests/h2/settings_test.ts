import assert from "node:assert/strict";
import { defaultLimits, ErrorCode } from "../../lib/h2/mod.ts";
import { defaultWindow } from "../../lib/h2/flow.ts";
import { defaultTableSize } from "../../lib/h2/hpack/mod.ts";
import { checkSetting, initialPeerSettings, ownSettings } from "../../lib/h2/settings.ts";

/** RFC 9113 section 6.5.2 and RFC 9218 section 2.1: what a parameter may be. */
const ranges: readonly [name: string, id: number, least: number, most: number, code: number][] = [
  ["SETTINGS_ENABLE_PUSH", 2, 0, 1, ErrorCode.PROTOCOL_ERROR],
  ["SETTINGS_INITIAL_WINDOW_SIZE", 4, 0, 2_147_483_647, ErrorCode.FLOW_CONTROL_ERROR],
  ["SETTINGS_MAX_FRAME_SIZE", 5, 16_384, 16_777_215, ErrorCode.PROTOCOL_ERROR],
  ["SETTINGS_NO_RFC7540_PRIORITIES", 9, 0, 1, ErrorCode.PROTOCOL_ERROR],
];

for (const [name, id, least, most, code] of ranges) {
  Deno.test(`${name} is between ${least} and ${most}`, () => {
    for (const value of [least, most]) checkSetting({ id, value });
    for (const value of [least - 1, most + 1]) {
      assert.throws(() => checkSetting({ id, value }), {
        name: "ConnectionError",
        code,
        message: `${name} of ${value} is not between ${least} and ${most}`,
      });
    }
  });
}

Deno.test("other parameters may be anything", () => {
  for (const id of [0, 1, 3, 6, 7, 8, 10, 0xffff]) checkSetting({ id, value: 0xffffffff });
});

Deno.test("before SETTINGS the RFC's values hold, and ours are those of the limits", () => {
  assert.deepEqual(initialPeerSettings(), { initialWindowSize: 65_535, maxFrameSize: 16_384 });
  assert.deepEqual([defaultWindow, defaultTableSize], [65_535, 4096]);
  const limits = {
    ...defaultLimits,
    headerTableSize: 1,
    maxConcurrentStreams: 2,
    streamWindow: 3,
    maxFrameSize: 4,
    maxHeaderListSize: 5,
  };
  assert.deepEqual(ownSettings(limits).map(({ id, value }) => [id, value]), [
    [1, 1],
    [3, 2],
    [4, 3],
    [5, 4],
    [6, 5],
    [9, 1],
  ]);
});
