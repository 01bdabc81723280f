import assert from "node:assert/strict";
import {
  Engine,
  NetnsSockets,
  type PingFilter,
  type PingOrigin,
  PingSocket,
} from "../../lib/net/mod.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { ip } from "../support/ip.ts";
import { until } from "../support/until.ts";
import { openDescriptors } from "./support/descriptors.ts";
import { Namespace, needingNamespaces } from "./support/namespaces.ts";
import { closesAtOnce, CountingClock } from "./support/poller_stage.ts";
import { stampsCome } from "./support/stamps.ts";

const types = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
const loopback = { 4: ip("127.0.0.1"), 6: ip("::1") } as const;
const SOCK_RAW = 3;
/** A program of one instruction: what is to be taken of a message, at most. */
const take = (bytes: number) => Uint8Array.of(6, 0, 0, 0, bytes & 255, bytes >> 8, 0, 0);
const everything = take(0xffff);
const nothing = { types: [], program: take(0) };

function origin(family: 4 | 6, changes: Partial<PingOrigin> = {}): PingOrigin {
  return { family, netns: "", source: undefined, ...changes };
}

/** An echo request; for IPv4 with its checksum (RFC 1071). */
function echo(family: 4 | 6, sequence = 7): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.of(types[family].request, 0, 0, 0, 0x12, 0x34, 0, sequence);
  if (family === 6) return bytes;
  const sum = 0x0800 + 0x1234 + sequence;
  bytes[2] = ~sum >> 8 & 0xff;
  bytes[3] = ~sum & 0xff;
  return bytes;
}

/** The ICMP types that come after an echo to this host, when `wanted` are let through. */
async function received(family: 4 | 6, wanted: readonly number[], count: number) {
  await using engine = new Engine();
  const seen: number[] = [];
  const all = Promise.withResolvers<void>();
  const filter = { types: wanted, program: everything };
  const socket = engine.openPing(origin(family), filter, () => {
    assert.ok(socket instanceof PingSocket);
    const length = socket.receive();
    assert.ok(length >= 8, String(length));
    const at = socket.hasIpHeader ? ((engine.inbox.bytes[0] ?? 0) & 15) * 4 : 0;
    assert.deepEqual(engine.inbox.sender(family), loopback[family].bytes);
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
        engine.openPing(origin(family, { source: elsewhere }), nothing, () => {}),
        { reason: `source address ${elsewhere.text} is not on this host`, isOwn: false },
      );
      assert.equal(openDescriptors(), before);
      const socket = engine.openPing(
        origin(family, { source: loopback[family] }),
        nothing,
        () => {},
      );
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

/** Takes only messages whose seventh byte is 7, of those that {@link echo} made. */
function onlySevenths(family: 4 | 6): Uint8Array<ArrayBuffer> {
  const at = family === 4 ? 27 : 7;
  return Uint8Array.of(
    ...[0x30, 0, 0, 0, at, 0, 0, 0], // A = the byte at `at`
    ...[0x15, 0, 0, 1, 7, 0, 0, 0], // goes on if it is 7, else 1 further
    ...[0x06, 0, 0, 0, 0xff, 0xff, 0, 0],
    ...[0x06, 0, 0, 0, 0, 0, 0, 0],
  );
}

for (const family of [4, 6] as const) {
  Deno.test({
    ...needingNamespaces(`an IPv${family} ping socket hears what its program lets through`),
    fn: async () => {
      const stamps: number[] = [];
      const heard: number[] = [];
      await using engine = new Engine(systemClock, {
        kernelAge: (seconds) => stamps.push(seconds),
      });
      await stampsCome();
      const filter = { types: [types[family].reply], program: onlySevenths(family) };
      using socket = open(engine, origin(family), filter, () => {
        const length = socket.receive();
        heard.push(engine.inbox.bytes[length - 1] ?? -1);
      });
      for (const sequence of [6, 7, 8, 7]) {
        assert.equal(socket.send(loopback[family], echo(family, sequence)), undefined);
      }
      await until(() => heard.length >= 2);
      assert.deepEqual(heard, [7, 7]);
      for (const seconds of stamps) assert.ok(Math.abs(seconds - Date.now() / 1000) < 60);
      assert.equal(stamps.length, 2);
    },
  });
}

/** As without CAP_NET_RAW. */
class Unprivileged extends NetnsSockets {
  override open(...args: Parameters<NetnsSockets["open"]>) {
    if ((args[2] & 7) === SOCK_RAW) return { reason: "CAP_NET_RAW is missing", isOwn: false };
    return super.open(...args);
  }
}

Deno.test({
  ...needingNamespaces("a ping socket of either kind says that its source has gone"),
  fn: async () => {
    await using namespace = await Namespace.create();
    const range = "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range";
    await namespace.command("sh", ["-c", range]).output();
    const sources = [[4, "192.0.2.7", "32"], [6, "2001:db8::7", "128"]] as const;
    for (const sockets of [new NetnsSockets(), new Unprivileged()]) {
      await using engine = new Engine(new FakeClock(), { sockets });
      for (const [family, text, bits] of sources) {
        const prefix = `${text}/${bits}`;
        const source = ip(text);
        await namespace.addAddresses(prefix);
        const from = origin(family, { netns: namespace.name, source });
        using socket = open(engine, from, nothing, () => void socket.receive());
        const send = () => socket.send(loopback[family], echo(family));
        assert.equal(send(), undefined);
        await namespace.ip("addr", "del", prefix, "dev", "lo");
        const gone = { reason: `source address ${text} is not on this host`, isOwn: false };
        assert.deepEqual(send(), gone);
        await namespace.addAddresses(prefix);
        assert.equal(send(), undefined);
        await namespace.ip("addr", "del", prefix, "dev", "lo");
      }
    }
  },
});

Deno.test({
  ...needingNamespaces("the unprivileged kind hears answers without a filter, each socket its own"),
  fn: async () => {
    await using namespace = await Namespace.create();
    const range = "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range";
    await namespace.command("sh", ["-c", range]).output();
    await using engine = new Engine(systemClock, { sockets: new Unprivileged() });
    for (const family of [4, 6] as const) {
      const from = origin(family, { netns: namespace.name, source: loopback[family] });
      let heard = 0;
      const sockets = Array.from({ length: 2 }, () => {
        const socket = open(engine, from, nothing, () => {
          if (socket.receive() > 0) heard++;
        });
        return socket;
      });
      for (const socket of sockets) {
        assert.equal(socket.raw, false);
        assert.equal(socket.hasIpHeader, false);
        assert.equal(socket.send(loopback[family], echo(family)), undefined);
      }
      await until(() => heard === 2);
      for (const socket of sockets) socket[Symbol.dispose]();
    }
  },
});

Deno.test({
  ...needingNamespaces("four pings at once are lingered for"),
  fn: async () => {
    const clock = new CountingClock();
    await using engine = new Engine(clock);
    using socket = open(engine, origin(4), nothing, () => assert.fail("it hears nothing"));
    // The socket itself is the first thing that is watched.
    await Promise.resolve();
    const asked: number[] = [];
    for (const pings of [3, 4]) {
      const before = clock.asked;
      for (let i = 0; i < pings; i++) {
        assert.equal(socket.send(loopback[4], echo(4)), undefined);
      }
      await Promise.resolve();
      asked.push(clock.asked - before);
    }
    // When it is decided; and how long it took.
    assert.deepEqual(asked, [1, 2]);
  },
});

Deno.test({
  ...needingNamespaces("a ping socket that was closed is not watched any more"),
  fn: async () => {
    await using engine = new Engine(new FakeClock());
    open(engine, origin(4), nothing, () => {})[Symbol.dispose]();
    await Promise.resolve();
    assert.equal(await closesAtOnce(engine.poller), true);
  },
});

function open(
  engine: Engine,
  origin: PingOrigin,
  filter: PingFilter,
  readable: () => void,
): PingSocket {
  const socket = engine.openPing(origin, filter, readable);
  assert.ok(socket instanceof PingSocket, JSON.stringify(socket));
  return socket;
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
    assert.deepEqual(engine.openPing(origin(4), nothing, () => {}), failure);
  }
});
