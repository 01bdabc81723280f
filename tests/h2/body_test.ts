import assert from "node:assert/strict";
import { IncomingBody } from "../../lib/h2/body.ts";
import { H2AbortError } from "../../lib/h2/mod.ts";
import { text } from "./support/wire.ts";

function body(): { readonly body: IncomingBody; readonly calls: string[] } {
  const calls: string[] = [];
  const source = {
    read: (octets: number) => calls.push(`read ${octets}`),
    discard: () => calls.push("discard"),
  };
  return { body: new IncomingBody(source), calls };
}

const end = { done: true, value: undefined };
const broken = new H2AbortError(8, "the peer has reset the stream");

Deno.test("octets count as read when the reader gets them", async () => {
  const { body: incoming, calls } = body();
  incoming.push(text("abc"));
  assert.deepEqual(calls, []);
  assert.deepEqual(await incoming.next(), { done: false, value: text("abc") });
  const pending = incoming.next();
  incoming.push(text("de"));
  assert.deepEqual(await pending, { done: false, value: text("de") });
  assert.deepEqual(calls, ["read 3", "read 2"]);
});

Deno.test("pieces that wait are packed, and the reader's are its own", async () => {
  const { body: incoming } = body();
  const piece = text("x");
  for (let n = 0; n < 10_000; n++) incoming.push(piece);
  incoming.end();
  piece[0] = 0;
  const sizes: number[] = [];
  for await (const chunk of incoming) {
    assert.equal(chunk.every((octet) => octet === 0x78), true);
    sizes.push(chunk.length);
  }
  assert.deepEqual(sizes, [1, 4096, 4096, 1807]);
});

Deno.test("a body that ends tells a reader that waits, and all that come later", async () => {
  const { body: incoming } = body();
  const pending = incoming.next();
  incoming.end();
  incoming.end();
  assert.deepEqual(await pending, end);
  incoming.push(text("late"));
  assert.deepEqual(await incoming.next(), end);
});

Deno.test("a body that breaks off drops what waits and fails its readers", async () => {
  const { body: incoming } = body();
  incoming.push(text("abc"));
  incoming.fail(broken);
  await assert.rejects(incoming.next(), broken);
  const { body: waiting } = body();
  const pending = waiting.next();
  waiting.fail(broken);
  await assert.rejects(pending, broken);
});

Deno.test("a body that has arrived and was read does not break off any more", async () => {
  const { body: incoming } = body();
  incoming.end();
  incoming.fail(broken);
  assert.deepEqual(await incoming.next(), end);
  const { body: unread } = body();
  unread.push(text("abc"));
  unread.end();
  unread.fail(broken);
  await assert.rejects(unread.next(), broken);
});

Deno.test("a reader that leaves discards the rest, once", async () => {
  const { body: incoming, calls } = body();
  incoming.push(text("abc"));
  await incoming.return();
  await incoming.return();
  incoming.push(text("def"));
  assert.deepEqual(await incoming.next(), end);
  assert.deepEqual(calls, ["discard"]);
});

Deno.test("two readers at a time are refused", async () => {
  const { body: incoming } = body();
  const first = incoming.next();
  await assert.rejects(incoming.next(), /a body has one reader at a time/);
  incoming.drop();
  assert.deepEqual(await first, end);
});
