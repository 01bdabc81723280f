import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { describeError, exitCodeOf, exitCodes } from "../../lib/cli/errors.ts";

/** What fetch fails with, as Deno words it; `host` is asked. */
function fetchError(reason: string, host = "rtr1"): ConnectError {
  const url = `http://${host}/maglev.Maglev/GetStatus`;
  const cause = new Error(
    `error sending request for url (${url}): client error (Connect): ${reason}`,
  );
  const failed = new TypeError("fetch failed", { cause });
  return new ConnectError("fetch failed", Code.Unknown, undefined, undefined, failed);
}

const reasons: readonly (readonly [reason: string, told: string])[] = [
  ["tcp connect error: Connection refused (os error 111)", "connection refused"],
  ["tcp connect error: No route to host (os error 113)", "no route to the host"],
  ["tcp connect error: Network is unreachable (os error 101)", "network unreachable"],
  ["tcp connect error: Connection timed out (os error 110)", "timed out"],
  ["tcp connect error: Connection reset by peer (os error 104)", "the connection was closed"],
  ["dns error: failed to lookup address information", "the name does not resolve"],
  ["unix connect error: No such file or directory (os error 2)", "there is no such socket"],
  ["unix connect error: Permission denied (os error 13)", "permission denied"],
  ["something new", "fetch failed"],
];

for (const [reason, told] of reasons) {
  Deno.test(`why maglevd cannot be reached is told in few words: ${told}`, () => {
    const error = fetchError(reason);
    assert.equal(describeError(error, "rtr1:9090"), `cannot reach maglevd at rtr1:9090: ${told}`);
    assert.equal(exitCodeOf(error), exitCodes.unreachable);
  });
}

Deno.test("what a host is called is no reason why it cannot be reached", () => {
  for (const host of ["dns1", "resolver", "refused.example", "reset"]) {
    const error = fetchError("tcp connect error: Connection timed out (os error 110)", host);
    assert.equal(describeError(error, host), `cannot reach maglevd at ${host}: timed out`);
  }
});

Deno.test("of what maglevd answers its words are told, else its code", () => {
  assert.equal(describeError(new ConnectError("no such", Code.NotFound), "rtr1"), "no such");
  assert.equal(
    describeError(new ConnectError("", Code.Aborted), "rtr1"),
    "maglevd answered Aborted",
  );
  assert.equal(describeError(new ConnectError("x", Code.Canceled), "rtr1"), "cancelled");
  assert.equal(describeError(new RangeError("x"), "rtr1"), "unexpected: x");
  const silent = new ConnectError("x", Code.DeadlineExceeded);
  assert.equal(describeError(silent, "rtr1"), "maglevd at rtr1 did not answer in time");
  const codes = [Code.NotFound, Code.DeadlineExceeded, Code.PermissionDenied];
  assert.deepEqual(codes.map((code) => exitCodeOf(new ConnectError("x", code))), [3, 4, 1]);
  assert.equal(exitCodeOf(new RangeError("x")), 1);
});
