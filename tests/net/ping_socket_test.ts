import assert from "node:assert/strict";
import { Engine, NetnsSockets, type PingOrigin, PingSocket } from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { ip } from "../support/ip.ts";
import { openDescriptors } from "./descriptors.ts";
import { needingNamespaces } from "./namespaces.ts";

const types = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
const loopback = { 4: ip("127.0.0.1"), 6: ip("::1") } as const;
const SOCK_RAW = 3;

function origin(family: 4 | 6, changes: Partial<PingOrigin> = {}): PingOrigin {
  return { family, netns: "", source: undefined, ...changes };
}

/** An echo request; for IPv4 with its checksum (RFC 1071). */
function echo(family: 4 | 6): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.of(types[family].request, 0, 0, 0, 0x12, 0x34, 0, 7);
  if (family === 6) return bytes;
  const sum = 0x0800 + 0x1234 + 7;
  bytes[2] = ~sum >> 8 & 0xff;
  bytes[3] = ~sum & 0xff;
  return bytes;
}

/** The ICMP types that come after an echo to this host, when `wanted` are let through. */
async function received(family: 4 | 6, wanted: readonly number[], count: number) {
  await using engine = new Engine();
  const seen: number[] = [];
  const all = Promise.withResolvers<void>();
  const socket = engine.openPing(origin(family), wanted, () => {
    assert.ok(socket instanceof PingSocket);
    const length = socket.receive();
    assert.ok(length >= 8, String(length));
    const at = socket.hasIpHeader ? ((engine.inbox.bytes[0] ?? 0) & 15) * 4 : 0;
    // Others may be pinging, too.
    if (engine.inbox.bytes[at + 5] === 0x34) seen.push(engine.inbox.bytes[at] ?? -1);
    if (seen.length === count) all.resolve();
  });
  assert.ok(socket instanceof PingSocket);
  assert.equal(socket.raw, true);
  assert.equal(socket.hasIpHeader, family === 4);
  assert.equal(socket.send(loopback[family], echo(family)), undefined);
  await all.promise;
  socket[Symbol.dispose]();
  socket[Symbol.dispose]();
  return seen;
}

for (const family of [4, 6] as const) {
  const { request, reply } = types[family];
  Deno.test({
    ...needingNamespaces(`an IPv${family} ping socket hears the types that it asked for`),
    fn: async () => {
      assert.deepEqual(await received(family, [reply], 1), [reply]);
      assert.deepEqual(await received(family, [request], 1), [request]);
      // Each message in a call of its own: what is left is told again.
      assert.deepEqual(await received(family, [request, reply], 2), [request, reply]);
    },
  });

  Deno.test({
    ...needingNamespaces(`an IPv${family} ping socket says what it cannot do`),
    fn: async () => {
      await using engine = new Engine(new FakeClock());
      const before = openDescriptors();
      const elsewhere = family === 4 ? ip("192.0.2.9") : ip("2001:db8::9");
      assert.deepEqual(
        engine.openPing(origin(family, { source: elsewhere }), [], () => {}),
        { reason: `source address ${elsewhere.text} is not on this host`, isOwn: false },
      );
      assert.equal(openDescriptors(), before);
      const socket = engine.openPing(origin(family, { source: loopback[family] }), [], () => {});
      assert.ok(socket instanceof PingSocket);
      assert.ok(socket.receive() < 0);
      if (family === 4) {
        assert.deepEqual(socket.send(ip("255.255.255.255"), echo(family)), {
          reason: "prohibited by a route",
          isOwn: false,
        });
      }
      socket[Symbol.dispose]();
      socket[Symbol.dispose]();
      assert.equal(openDescriptors(), before);
    },
  });
}

/** Sockets of which the raw kind, and perhaps the other, cannot be had. */
class Poor extends NetnsSockets {
  constructor(private readonly raw: boolean, private readonly unprivileged: boolean) {
    super();
  }
  override open(...args: Parameters<NetnsSockets["open"]>) {
    const isRaw = (args[2] & 7) === SOCK_RAW;
    if (isRaw) return { reason: "no raw", isOwn: this.raw };
    return { reason: this.unprivileged ? "no raw" : "no other", isOwn: false };
  }
}

Deno.test("without a raw socket the unprivileged kind is tried, unless the lack is our own", async () => {
  const reasons = [
    [new Poor(true, false), { reason: "no raw", isOwn: true }],
    [new Poor(false, false), { reason: "no raw, and no other", isOwn: false }],
    [new Poor(false, true), { reason: "no raw", isOwn: false }],
  ] as const;
  for (const [sockets, failure] of reasons) {
    await using engine = new Engine(new FakeClock(), { sockets });
    assert.deepEqual(engine.openPing(origin(4), [0], () => {}), failure);
  }
});
