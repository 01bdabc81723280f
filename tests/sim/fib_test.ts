import assert from "node:assert/strict";
import { Fib, hostPrefix } from "../../lib/sim/fib.ts";
import { fromWire, prefixFromWire } from "../../lib/sim/ip46.ts";
import { ip } from "../support/ip.ts";

const host = (text: string) => hostPrefix(fromWire(ip(text)));
const prefix = (address: string, len: number) => prefixFromWire({ address: ip(address), len });

Deno.test("VPP's own routes are there from the start, at 1 to 7", () => {
  const given: number[] = [];
  const fib = new Fib((index) => given.push(index));
  assert.deepEqual(given, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(fib.exact(prefix("0.0.0.0", 0))?.index, 1);
  assert.equal(fib.exact(prefix("::", 0), false)?.index, 6);
  assert.equal(fib.longest(prefix("fe80::1", 128))?.index, 7);
});

Deno.test("a route is there as long as somebody holds it, and its index is used again", () => {
  const given: number[] = [];
  const fib = new Fib((index) => given.push(index));
  const server = host("10.0.0.1");
  const index = fib.hold(server, "server");
  assert.equal(index, 8);
  assert.equal(fib.hold(server, "server"), index);
  assert.equal(fib.hold(server, "vip"), index);
  assert.deepEqual([...fib.exact(server)?.holders ?? []], [["server", 2], ["vip", 1]]);
  fib.release(server, "server");
  fib.release(server, "server");
  fib.release(server, "server");
  assert.deepEqual([...fib.exact(server)?.holders ?? []], [["vip", 1]]);
  fib.release(server, "vip");
  assert.equal(fib.exact(server), undefined);
  assert.equal(fib.hold(host("10.0.0.2"), "server"), index);
  assert.deepEqual(given.slice(7), [8, 8]);
});

Deno.test("each change has another version, a release of nothing is none", () => {
  const fib = new Fib(() => {});
  const versions = [fib.version];
  fib.hold(host("10.0.0.1"), "server");
  versions.push(fib.version);
  fib.release(host("10.0.0.1"), "server");
  versions.push(fib.version);
  assert.equal(new Set(versions).size, 3);
  fib.release(host("10.0.0.1"), "server");
  assert.equal(fib.version, versions[2]);
});

Deno.test("a packet goes by the longest route that says where, which a server's own does not", () => {
  const fib = new Fib(() => {});
  const vip = fib.hold(prefix("192.0.2.0", 24), "vip");
  const server = fib.hold(host("192.0.2.7"), "server");
  assert.equal(fib.longest(host("192.0.2.7"))?.index, server);
  assert.equal(fib.forwarding(fromWire(ip("192.0.2.7")))?.index, vip);
  assert.equal(fib.forwarding(fromWire(ip("192.0.3.7")))?.index, 1, "the default");
  assert.equal(fib.longest(prefix("192.0.0.0", 16))?.index, 1);
});
