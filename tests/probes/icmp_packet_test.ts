import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeEcho, parseAnswer } from "../../lib/probes/icmp_packet.ts";

const echo = { id: 0x1234, sequence: 0xfffe, token: [0xdeadbeef, 0x01020304] } as const;

function encoded(family: 4 | 6): Uint8Array {
  const bytes = new Uint8Array(16);
  encodeEcho(bytes, family, echo);
  return bytes;
}

/** An IPv4 header of `words` 32-bit words, whose destination is 192.0.2.9. */
function ipv4Header(words = 5): Uint8Array {
  const header = new Uint8Array(words * 4);
  header[0] = 0x40 | words;
  header.set([192, 0, 2, 9], 16);
  return header;
}

function concat(...parts: readonly ArrayLike<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

Deno.test("an ICMP echo has a checksum, which over the whole message sums to all ones", () => {
  const bytes = encoded(4);
  assert.deepEqual(Array.from(bytes.subarray(0, 2)), [8, 0]);
  const view = new DataView(bytes.buffer);
  let sum = 0;
  for (let at = 0; at < 16; at += 2) sum += view.getUint16(at);
  assert.equal((sum & 0xffff) + (sum >>> 16), 0xffff);
});

Deno.test("an ICMPv6 echo leaves its checksum to the kernel", () => {
  assert.deepEqual(Array.from(encoded(6).subarray(0, 8)), [128, 0, 0, 0, 0x12, 0x34, 0xff, 0xfe]);
});

Deno.test("a reply is read with and without an IP header, options included", () => {
  const reply = encoded(4);
  reply[0] = 0;
  const expected = { kind: "reply", ...echo };
  assert.deepEqual(parseAnswer(reply, 16, 4, false), expected);
  for (const words of [5, 6, 15]) {
    const packet = concat(ipv4Header(words), reply);
    assert.deepEqual(parseAnswer(packet, packet.length, 4, true), expected);
  }
  const reply6 = encoded(6);
  reply6[0] = 129;
  assert.deepEqual(parseAnswer(reply6, 16, 6, false), expected);
});

Deno.test("an unreachable message names the echo it is about and the reason", () => {
  const packet = concat(ipv4Header(), [3, 1, 0, 0, 0, 0, 0, 0], ipv4Header(6), encoded(4));
  const answer = parseAnswer(packet, packet.length, 4, true);
  assert.ok(answer?.kind === "unreachable");
  assert.equal(answer.reason, "no route to host");
  assert.equal(answer.id, echo.id);
  assert.equal(answer.sequence, echo.sequence);
  assert.deepEqual(Array.from(answer.destination), [192, 0, 2, 9]);
});

Deno.test("an ICMPv6 unreachable message is read too", () => {
  const header = new Uint8Array(40).fill(7, 24);
  const packet = concat([1, 3, 0, 0, 0, 0, 0, 0], header, encoded(6));
  const answer = parseAnswer(packet, packet.length, 6, false);
  assert.ok(answer?.kind === "unreachable");
  assert.equal(answer.reason, "address is unreachable");
  assert.deepEqual(Array.from(answer.destination), new Array(16).fill(7));
});

Deno.test("requests, other types and messages cut short are no answers", () => {
  assert.equal(parseAnswer(encoded(4), 16, 4, false), undefined);
  const reply = encoded(4);
  reply[0] = 0;
  assert.equal(parseAnswer(reply, 15, 4, false), undefined);
  assert.equal(parseAnswer(new Uint8Array(0), 0, 4, true), undefined);
});

Deno.test("arbitrary packets never throw", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom<4 | 6>(4, 6),
      fc.boolean(),
      (bytes, family, hasHeader) => {
        parseAnswer(bytes, bytes.length, family, hasHeader);
      },
    ),
    { seed: 20261121, numRuns: 2000 },
  );
});

/** The reason of an error with `code`, which says that a destination is unreachable or `type`. */
function reasonOf(family: 4 | 6, code: number, type = family === 4 ? 3 : 1): string | undefined {
  const header = family === 4 ? ipv4Header() : new Uint8Array(40);
  const packet = concat([type, code, 0, 0, 0, 0, 0, 0], header, encoded(family));
  const answer = parseAnswer(packet, packet.length, family, false);
  return answer?.kind === "unreachable" ? answer.reason : undefined;
}

Deno.test("each code of an unreachable message has its reason (RFC 792, 1812, 4443)", () => {
  const other = "destination is unreachable";
  const expected = {
    4: new Map([
      [0, "network is unreachable"],
      [1, "no route to host"],
      [2, "protocol is unreachable"],
      ...[9, 10, 13].map((code) => [code, "prohibited by a router"] as const),
    ]),
    6: new Map([
      [0, "no route to host"],
      [1, "prohibited by a router"],
      [3, "address is unreachable"],
      [5, "source address refused by a router"],
      [6, "route rejected by a router"],
    ]),
  };
  for (const family of [4, 6] as const) {
    for (let code = 0; code < 16; code++) {
      assert.equal(reasonOf(family, code), expected[family].get(code) ?? other, `${code}`);
    }
  }
});

Deno.test("each code of a message that time was exceeded has its reason (RFC 792, 4443)", () => {
  for (const [family, type] of [[4, 11], [6, 3]] as const) {
    assert.deepEqual([0, 1, 2].map((code) => reasonOf(family, code, type)), [
      "TTL exceeded on the way, perhaps in a routing loop",
      "a fragment was lost on the way",
      "time exceeded on the way",
    ]);
  }
});

Deno.test("an error has the echo's token, if that much is quoted", () => {
  const tokens = (quoted: number) =>
    [[4, 3], [6, 1], [4, 11], [6, 3]].map(([family, type]) => {
      const header = family === 4 ? ipv4Header() : new Uint8Array(40);
      const echo = encoded(family === 4 ? 4 : 6).subarray(0, quoted);
      const packet = concat([type ?? 0, 0, 0, 0, 0, 0, 0, 0], header, echo);
      return parseAnswer(packet, packet.length, family === 4 ? 4 : 6, false)?.token;
    });
  assert.deepEqual(tokens(16), Array(4).fill(echo.token));
  assert.deepEqual(tokens(15), Array(4).fill(undefined));
});

Deno.test("an echo has id, sequence and token in network order", () => {
  const bytes = encoded(4);
  assert.deepEqual([...bytes.subarray(4)], [
    ...[0x12, 0x34, 0xff, 0xfe],
    ...[0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4],
  ]);
  const offset = new Uint8Array(20);
  encodeEcho(offset.subarray(3), 4, echo);
  assert.deepEqual(offset.subarray(3, 19), bytes);
});

Deno.test("checksums carry over, and over again", () => {
  const sumOf = (token: readonly [number, number]) => {
    const bytes = new Uint8Array(16);
    encodeEcho(bytes, 4, { id: 0xffff, sequence: 0xffff, token });
    const view = new DataView(bytes.buffer);
    let sum = 0;
    for (let at = 0; at < 16; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return sum;
  };
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (first, second) => {
      assert.equal(sumOf([first, second]), 0xffff);
    }),
    { seed: 20261121, numRuns: 500, examples: [[0xffff_ffff, 0xffff_ffff], [0, 0]] },
  );
});

Deno.test("messages as long as they have to be are read, and none that is shorter", () => {
  const cases = [
    [4, concat([0], encoded(4).subarray(1)), 0],
    [4, concat([3, 1, 0, 0, 0, 0, 0, 0], ipv4Header(), encoded(4).subarray(0, 8)), 0],
    [6, concat([1, 0, 0, 0, 0, 0, 0, 0], new Uint8Array(40), encoded(6).subarray(0, 8)), 0],
    [4, concat([3, 1, 0, 0, 0, 0, 0, 0], ipv4Header(7), encoded(4).subarray(0, 8)), 20],
  ] as const;
  for (const [family, message, header] of cases) {
    const packet = header === 0 ? message : concat(ipv4Header(), message);
    const answer = (length: number) => parseAnswer(packet, length, family, header > 0);
    assert.ok(answer(packet.length), `${family}`);
    for (let length = 0; length < packet.length; length++) {
      assert.equal(answer(length), undefined, `${family} ${length}`);
    }
  }
});

Deno.test("an error about something else than an echo is no answer", () => {
  for (const [family, type] of [[4, 3], [6, 1]] as const) {
    const quoted = encoded(family);
    quoted[0] = 13;
    const header = family === 4 ? ipv4Header() : new Uint8Array(40);
    const packet = concat([type, 1, 0, 0, 0, 0, 0, 0], header, quoted);
    assert.equal(parseAnswer(packet, packet.length, family, false), undefined);
  }
});
