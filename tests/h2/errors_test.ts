import assert from "node:assert/strict";
import { ErrorCode } from "../../lib/h2/mod.ts";
import { errorName } from "./support/error_name.ts";

/** RFC 9113 section 7, in its order from 0. */
const names = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

Deno.test("error codes have the RFC's numbers and names, others are shown in hexadecimal", () => {
  assert.deepEqual(Object.entries(ErrorCode), names.map((name, code) => [name, code]));
  assert.deepEqual(names.map((_, code) => errorName(code)), names);
  assert.deepEqual([14, 0xabcdef].map(errorName), ["0xe", "0xabcdef"]);
});
