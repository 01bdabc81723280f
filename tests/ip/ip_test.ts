import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compareIp,
  formatIp,
  hostPrefix,
  ipFromBytes,
  parseIp,
  specialScope,
} from "../../lib/ip/mod.ts";
import { ip } from "../support/ip.ts";

Deno.test("literals are parsed to bytes and printed canonically", () => {
  const cases: [string, string][] = [
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8::A", "2001:db8::a"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    ["0000:0000:0000:0000:0000:0000:255.255.255.255", "::ffff:ffff"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    // RFC 5952 4.2.2 and 4.2.3: no gap for one group, the longest gap, the first of equals.
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ];
  for (const [text, canonical] of cases) assert.equal(ip(text).text, canonical, text);
});

Deno.test("what is not exactly one address is refused", () => {
  const cases = [
    ...["", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.4 "],
    ...["1.2.3.4/32", "1.2.3.4:80", "0x7f.0.0.1", "1.2.3.٤", "a.b.c.d", ":", ":::", "1:2:3"],
    ...["1::2::3", "12345::", "g::", "::1%eth0", "[::1]", "::1/128", "1:2:3:4:5:6:7:8:9"],
    ...["1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4"],
    ...["::ffff:01.2.3.4", "-1::", "::+1", "1:".repeat(100_000)],
  ];
  for (const text of cases) assert.equal(parseIp(text), undefined, text.slice(0, 40));
});

Deno.test("every address is read back from its text", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Mostly zeros, for gaps of every length and place.
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
      .map((list) => Uint8Array.from(list)),
  );
  fc.assert(
    fc.property(bytes, (raw) => {
      const address = ipFromBytes(raw);
      const again = ip(address.text);
      assert.deepEqual(again.bytes, raw);
      assert.equal(again.text, address.text);
      assert.equal(compareIp(address, again), 0);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

Deno.test("arbitrary text never makes the parser throw", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123456789abcfF.:%/ "), maxLength: 50 });
  fc.assert(
    fc.property(text, (s) => {
      const address = parseIp(s);
      assert.ok(address === undefined || parseIp(address.text)?.text === address.text);
    }),
    { seed: 2, numRuns: 5000 },
  );
});

Deno.test("addresses are ordered by number, IPv4 first", () => {
  const ordered = ["0.0.0.1", "9.0.0.0", "10.0.0.0", "255.0.0.0", "::", "::2", "::10", "ff::"];
  const shuffled = ordered.toReversed().map(ip).sort(compareIp);
  assert.deepEqual(shuffled.map(({ text }) => text), ordered);
});

Deno.test("an address keeps its bytes when the buffer it came from changes", () => {
  const bytes = Uint8Array.of(192, 0, 2, 1);
  const address = ipFromBytes(bytes);
  bytes[3] = 9;
  assert.equal(formatIp(address.bytes), "192.0.2.1");
});

Deno.test("only 4 and 16 bytes are an address", () => {
  assert.throws(() => ipFromBytes(new Uint8Array(5)), {
    name: "RangeError",
    message: "an IP address has 4 or 16 bytes, not 5",
  });
});

Deno.test("host prefixes have the whole length of their family", () => {
  assert.equal(hostPrefix(ip("192.0.2.1")), "192.0.2.1/32");
  assert.equal(hostPrefix(ip("2001:db8::1")), "2001:db8::1/128");
});

Deno.test("addresses that no host can have are told apart", () => {
  const cases: [string, ReturnType<typeof specialScope>][] = [
    ["0.0.0.0", "an unspecified"],
    ["::", "an unspecified"],
    ["224.0.0.1", "a multicast"],
    ["239.255.255.255", "a multicast"],
    ["ff02::1", "a multicast"],
    ["255.255.255.255", "a broadcast"],
    ["::ffff:192.0.2.1", "an IPv4-mapped"],
    ["127.0.0.1", undefined],
    ["::1", "an IPv4-compatible"],
    ["::192.0.2.1", "an IPv4-compatible"],
    ["::ffff:ffff", "an IPv4-compatible"],
    ["::1:0:0", undefined],
    ["fe80::1", "a link-local"],
    ["febf:ffff::1", "a link-local"],
    ["fe7f::1", undefined],
    ["fec0::1", undefined],
    ["169.254.1.1", undefined],
    ["240.0.0.1", undefined],
    ["::ffff:0:0:1", undefined],
  ];
  for (const [text, scope] of cases) assert.equal(specialScope(ip(text)), scope, text);
});
