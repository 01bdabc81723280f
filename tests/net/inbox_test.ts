import assert from "node:assert/strict";
import { Inbox, kernelAge } from "../../lib/net/inbox.ts";
import { libc } from "../../lib/net/libc.ts";
import { openDescriptors } from "./support/descriptors.ts";
import { RawServer } from "./support/raw_server.ts";
import { receiveOne, stampsCome } from "./support/stamps.ts";

Deno.test("how long a message lay in the kernel is known, however late it is received", async () => {
  using inbox = new Inbox();
  await stampsCome();
  using server = new RawServer();
  const begun = performance.now();
  const received = receiveOne(inbox, server, () => libc.usleep(20_000));
  const tookMs = performance.now() - begun;
  assert.equal(received, 1);
  assert.equal(inbox.bytes[0], "x".charCodeAt(0));
  assert.ok(inbox.waitedMs >= 20, String(inbox.waitedMs));
  // A clock of its own tells the two apart by some microseconds.
  assert.ok(inbox.waitedMs <= tookMs + 1, `${inbox.waitedMs} of ${tookMs}`);
});

Deno.test("a stamp is seconds and nanoseconds of Unix time", async () => {
  const stamps: [number, number][] = [];
  using inbox = new Inbox((...stamp) => {
    stamps.push(stamp);
    return 7.5;
  });
  await stampsCome();
  using server = new RawServer();
  const before = Date.now();
  receiveOne(inbox, server);
  const after = Date.now();
  assert.equal(inbox.waitedMs, 7.5);
  const [[seconds, nanoseconds] = [0, 0]] = stamps;
  assert.ok(nanoseconds >= 0 && nanoseconds < 1e9);
  const ms = seconds * 1000 + nanoseconds / 1e6;
  assert.ok(ms >= before && ms < after + 1, `${before} ${ms} ${after}`);
});

Deno.test("an age is what has passed since a moment of Unix time, in milliseconds", () => {
  // The system's calendar clock is the same in both, by whichever call.
  for (const [seconds, nanoseconds] of [[0, 0], [1_000_000_000, 0], [0, 999_000_000]] as const) {
    const ms = seconds * 1000 + nanoseconds / 1e6;
    const before = Date.now();
    const age = kernelAge(seconds, nanoseconds);
    const after = Date.now();
    assert.ok(before <= ms + age + 0.01 && ms + age < after + 1, `${before} ${age} ${after}`);
  }
});

Deno.test("nothing has waited for less than no time, whatever became of the calendar", async () => {
  using inbox = new Inbox(() => -3_600_000);
  await stampsCome();
  using server = new RawServer();
  receiveOne(inbox, server);
  assert.equal(inbox.waitedMs, 0);
});

Deno.test("what did not come has not waited", async () => {
  using inbox = new Inbox(() => 5);
  assert.equal(inbox.waitedMs, 0);
  await stampsCome();
  using server = new RawServer();
  receiveOne(inbox, server);
  assert.equal(inbox.waitedMs, 5);
  assert.equal(inbox.receive(-1), -1);
  assert.equal(inbox.waitedMs, 0);
});

Deno.test("an inbox has one descriptor, until it is closed", () => {
  const before = openDescriptors();
  const inbox = new Inbox();
  assert.equal(openDescriptors(), before + 1);
  inbox[Symbol.dispose]();
  inbox[Symbol.dispose]();
  assert.equal(openDescriptors(), before);
});
