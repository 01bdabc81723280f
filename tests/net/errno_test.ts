import assert from "node:assert/strict";
import { errnoName, errnoNumber, errnoWords, NetError } from "../../lib/net/errno.ts";

Deno.test("errno numbers have names and words", () => {
  assert.equal(errnoName(111), "ECONNREFUSED");
  assert.equal(errnoWords(111), "connection refused");
  assert.equal(errnoNumber("ECONNREFUSED"), 111);
});

Deno.test("an unknown errno is shown by its number", () => {
  assert.equal(errnoName(999), "errno 999");
  assert.equal(errnoWords(999), "errno 999");
  assert.throws(() => errnoNumber("ENOSUCH"), RangeError);
});

Deno.test("an error says what was attempted and why it failed", () => {
  const error = new NetError("connect to /x", 2);
  assert.equal(error.message, "connect to /x: no such file or directory");
  assert.equal(error.code, "ENOENT");
  assert.equal(error.errno, 2);
});
