import assert from "node:assert/strict";
import { EncodeError } from "../../lib/binapi/mod.ts";
import {
  ConnectionError,
  formatRetval,
  isRefusal,
  RetvalError,
  TimeoutError,
} from "../../lib/vppclient/errors.ts";

Deno.test("return values have VPP's names", () => {
  const seen: [number, string][] = [
    [-1, "UNSPECIFIED"],
    [-6, "NO_SUCH_ENTRY"],
    [-20, "SYSCALL_ERROR_10"],
    [-31, "INVALID_REGISTRATION"],
    [-70, "INVALID_MEMORY_SIZE"],
    [-73, "INVALID_ARGUMENT"],
    [-81, "VALUE_EXIST"],
    [-97, "INVALID_ADDRESS_FAMILY"],
    [-126, "UNSUPPORTED"],
    [-157, "FIB_PATH_UNSUPPORTED_NH_PROTO"],
    [-159, "API_ENDIAN_FAILED"],
    [-167, "BUSY"],
    [-171, "TIMEOUT"],
  ];
  for (const [retval, name] of seen) assert.equal(formatRetval(retval), `${retval} (${name})`);
  for (const retval of [-999, -158, 0]) {
    assert.equal(formatRetval(retval), `${retval} (a code without a name)`);
  }
});

Deno.test("what VPP refuses, and what is never sent to it, is no end of the connection", () => {
  for (const error of [new RetvalError("lb_conf", -1), new EncodeError("lb_conf is not sent")]) {
    assert.ok(isRefusal(error));
  }
  assert.equal(isRefusal(new ConnectionError("VPP closed the connection")), false);
});

Deno.test("an error says which request it was, and with what it ended", () => {
  assert.equal(
    new RetvalError("lb_add_del_vip_v2", -81).message,
    "VPP refused lb_add_del_vip_v2: -81 (VALUE_EXIST)",
  );
  assert.equal(
    new TimeoutError("lb_conf", 10_000).message,
    "VPP did not answer lb_conf within 10000 ms",
  );
});
