import fc from "fast-check";
import { deepEqual, equal, match } from "node:assert/strict";
import { hear, parts, said, textOf, visit } from "./support.ts";
import { get, post } from "./support.ts";

const seed = 20261121;

const chunked = post("/", "3\r\nabc\r\n0\r\n\r\n").replace(
  /content-length: \d+/,
  "transfer-encoding: chunked",
);

/** Parts of requests, in any order and number: some make sense. */
const words = [
  get("/"),
  get("/", "connection: close"),
  post("/", "hello"),
  post("/", "hello", "expect: 100-continue"),
  chunked,
  get("/").replace("GET", "HEAD"),
  "GET / HTTP/1.0\r\n\r\n",
  "\r\n",
  "\n",
  "0\r\n\r\n",
  "content-length: 5\r\n",
  "x".repeat(5000),
];

/** What a client may hear: answers in full, each with a head that says where it ends. */
function answers(heard: string): number {
  let rest = heard;
  let count = 0;
  while (rest !== "") {
    match(rest, /^HTTP\/1\.1 \d{3} [A-Za-z ]*\r\n/);
    const head = rest.slice(0, rest.indexOf("\r\n\r\n") + 4);
    rest = rest.slice(head.length);
    if (head.startsWith("HTTP/1.1 100 ")) continue;
    count++;
    const length = /\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1];
    if (length !== undefined) {
      if (!/\r\nx-head: yes\r\n/.test(head)) rest = rest.slice(Number(length));
      continue;
    }
    if (!/\r\ntransfer-encoding: chunked\r\n/.test(head)) {
      match(head, /\r\nconnection: close\r\n/);
      return count;
    }
    const end = rest.indexOf("0\r\n\r\n");
    equal(end >= 0, true);
    rest = rest.slice(end + 5);
  }
  return count;
}

/** Whatever comes in, in whatever pieces: whole answers go out, and nothing stays. */
async function speak(input: Uint8Array, lengths: readonly number[]): Promise<void> {
  let asked = 0;
  const { client, clock, session, errors } = visit(async ({ method, body }) => {
    asked++;
    const text = await textOf(body);
    if (method === "HEAD") {
      return { ...said("unsent"), headers: [["content-length", "6"], ["x-head", "yes"]] };
    }
    return asked % 2 === 0 ? said(text) : { status: 200, headers: [], body: parts(text, "x") };
  });
  const heard = hear(client);
  try {
    for (let at = 0, i = 0; at < input.length; i++) {
      const length = lengths[i % lengths.length] ?? 1;
      const end = Math.min(input.length, at + length);
      while (at < end) at += await client.write(input.subarray(at, end));
    }
  } catch (error) {
    // The server has heard enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  await client.closeWrite();
  const count = answers(await heard);
  await session.closed;
  deepEqual(errors, []);
  equal(clock.pending, 0);
  equal(count >= asked, true, `${count} answers for ${asked} requests`);
}

const pieces = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });

Deno.test("whatever is said, answers are whole and nothing stays", async () => {
  const encoder = new TextEncoder();
  const spoken = fc.array(fc.constantFrom(...words), { maxLength: 6 })
    .map((each) => encoder.encode(each.join("")));
  await fc.assert(fc.asyncProperty(spoken, pieces, speak), { seed, numRuns: 500 });
});

Deno.test("so it is when requests are damaged", async () => {
  const encoder = new TextEncoder();
  const damaged = fc.tuple(
    fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
  ).map(([each, wounds]) => {
    const octets = encoder.encode(each.join(""));
    for (const [place, octet] of wounds) octets[place % octets.length] = octet;
    return octets;
  });
  await fc.assert(fc.asyncProperty(damaged, pieces, speak), { seed, numRuns: 500 });
});

Deno.test("so it is with octets of any kind", async () => {
  const octets = fc.uint8Array({ maxLength: 300 });
  await fc.assert(fc.asyncProperty(octets, pieces, speak), { seed, numRuns: 500 });
});
