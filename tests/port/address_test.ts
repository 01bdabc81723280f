import assert from "node:assert/strict";
import {
  formatListenAddress,
  parseListenAddress,
  parseListenAddresses,
  peerName,
} from "../../lib/port/address.ts";

Deno.test("addresses to listen on are read as Go reads them", () => {
  const cases: [string, string | undefined, number][] = [
    [":9090", undefined, 9090],
    ["127.0.0.1:0", "127.0.0.1", 0],
    ["localhost:65535", "localhost", 65535],
    ["[::1]:9090", "::1", 9090],
  ];
  for (const [text, hostname, port] of cases) {
    assert.deepEqual(parseListenAddress(text), { hostname, port });
  }
});

Deno.test("what is no address is refused and quoted", () => {
  for (const text of ["", "9090", "localhost", "a:b", "::1:9090", "a:65536", "a:-1", "[::1]"]) {
    assert.throws(
      () => parseListenAddress(text),
      new RangeError(
        `${JSON.stringify(text)} is not host:port, [ipv6]:port or :port`,
      ),
    );
  }
  assert.throws(() => parseListenAddress("[127.0.0.1]:1"), /"127.0.0.1" in .* is no IPv6 address/);
});

Deno.test("IPv6 addresses are printed in brackets, mapped peers as IPv4", () => {
  assert.equal(formatListenAddress("::1", 1), "[::1]:1");
  assert.equal(formatListenAddress("192.0.2.1", 1), "192.0.2.1:1");
  assert.equal(peerName("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(peerName("2001:db8::1"), "2001:db8::1");
});

Deno.test("several addresses have commas or blanks between, and sockets are among them", () => {
  assert.deepEqual(parseListenAddresses(":1, unix:/run/a.sock 127.0.0.1:2,unix:///b"), [
    { hostname: undefined, port: 1 },
    { path: "/run/a.sock" },
    { hostname: "127.0.0.1", port: 2 },
    { path: "/b" },
  ]);
  const long = `/${"x".repeat(106)}`;
  assert.deepEqual(parseListenAddresses(`unix:${long}`), [{ path: long }]);
  const refused: [text: string, message: string][] = [
    ["", "there is no address to listen on"],
    [" , ", "there is no address to listen on"],
    [":1,:1", '":1" stands there twice'],
    [":1,9090", '"9090" is not host:port, [ipv6]:port or :port'],
    ["unix:a.sock", '"unix:a.sock" is not unix: and an absolute path'],
    ["unix:", '"unix:" is not unix: and an absolute path'],
    ["unix:/run/", '"unix:/run/" is not unix: and an absolute path'],
    [`unix:${long}y`, `the path of "unix:${long}y" is longer than 107 bytes`],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => parseListenAddresses(text), new RangeError(message), text);
  }
});
