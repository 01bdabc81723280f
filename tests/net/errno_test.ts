import assert from "node:assert/strict";
import { constants } from "node:os";
import { errnoName, errnoNumber, errnoWords, NetError } from "../../lib/net/errno.ts";

Deno.test("errno numbers have names and words", () => {
  assert.equal(errnoName(111), "ECONNREFUSED");
  assert.equal(errnoWords(111), "connection refused");
  assert.equal(errnoNumber("ECONNREFUSED"), 111);
});

Deno.test("names stand for the numbers that the system gives them", () => {
  const seen: string[] = [];
  for (const [name, number] of Object.entries(constants.errno)) {
    if (errnoName(number) !== name) continue;
    seen.push(name);
    assert.equal(errnoNumber(name), number);
    assert.match(errnoWords(number), /^[a-z/ ]+$/);
  }
  // Each number below has a name here, each name here is one of the system's.
  const known = Array.from({ length: 200 }, (_, number) => errnoName(number))
    .filter((name) => !name.startsWith("errno "));
  // Not in Node's table.
  const others = ["ENOTSOCK", "EHOSTDOWN"].filter((name) => !(name in constants.errno));
  assert.deepEqual(known.filter((name) => !seen.includes(name)), others);
  assert.equal(known.length, 44);
  if (others.includes("EHOSTDOWN")) assert.equal(errnoNumber("EHOSTDOWN"), 112);
  if (others.includes("ENOTSOCK")) assert.equal(errnoNumber("ENOTSOCK"), 88);
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
