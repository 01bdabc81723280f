import assert from "node:assert/strict";
import { errnoNumber } from "../../lib/net/errno.ts";
import { callFailure } from "../../lib/net/failure.ts";

const own = (reason: string) => ({ reason, isOwn: true });
const outer = (reason: string) => ({ reason, isOwn: false });

Deno.test("what this host lacks is its own fault, everything else is not", () => {
  for (const name of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN", "ENOSPC"]) {
    assert.equal(callFailure(errnoNumber(name)).isOwn, true, name);
  }
  for (const name of ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOENT", "EPERM", "EIO"]) {
    assert.equal(callFailure(errnoNumber(name)).isOwn, false, name);
  }
});

Deno.test("a failure says what was attempted where that is not plain", () => {
  assert.deepEqual(callFailure(24, "open a socket"), own("open a socket: out of file descriptors"));
  assert.deepEqual(callFailure(111), outer("connection refused"));
});
