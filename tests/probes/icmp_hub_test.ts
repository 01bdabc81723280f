import assert from "node:assert/strict";
import type { Engine, Failure, NetnsIdentity, PingOrigin } from "../../lib/net/mod.ts";
import { IcmpHub, type PendingEcho } from "../../lib/probes/icmp_hub.ts";
import { IcmpHubs } from "../../lib/probes/icmp_hubs.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { ip } from "../support/ip.ts";

const address = ip("192.0.2.1");
const origin: PingOrigin = { family: 4, netns: "", source: undefined };

/** A ping socket that keeps what is sent, and brings what a test puts into it. */
class FakeSocket {
  readonly sent: Uint8Array[] = [];
  readonly coming: Uint8Array[] = [];
  closed = 0;
  hasIpHeader = false;
  refusal: Failure | undefined;
  readable = () => {};

  constructor(readonly engine: FakeEngine, readonly origin: PingOrigin, readonly raw: boolean) {}

  send(_address: unknown, bytes: Uint8Array): Failure | undefined {
    if (!this.refusal) this.sent.push(bytes.slice());
    return this.refusal;
  }
  receive(): number {
    const bytes = this.coming.shift();
    if (!bytes) return -1;
    this.engine.inbox.bytes.set(bytes);
    return bytes.length;
  }
  [Symbol.dispose](): void {
    this.closed++;
  }
}

/** As much of an engine as hubs use. */
class FakeEngine {
  readonly clock = new FakeClock();
  readonly inbox = { bytes: new Uint8Array(2048), waitedMs: 0 };
  readonly sockets: FakeSocket[] = [];
  readonly asked: (readonly number[])[] = [];
  identity: NetnsIdentity | undefined = { inode: 1, major: 2, minor: 3 };
  refusal: Failure | undefined;
  raw = true;

  netnsIdentity(): NetnsIdentity | undefined {
    return this.identity;
  }
  openPing(origin: PingOrigin, types: readonly number[], readable: () => void) {
    this.asked.push(types);
    if (this.refusal) return this.refusal;
    const socket = new FakeSocket(this, origin, this.raw);
    socket.readable = readable;
    this.sockets.push(socket);
    return socket;
  }
  deadline(at: number, expire: () => void) {
    return this.clock.after(at - this.clock.now(), expire);
  }
  /** For who wants a whole one. */
  get whole(): Engine {
    return this as unknown as Engine;
  }
}

function hubOf(engine: FakeEngine, changes: Partial<PingOrigin> = {}) {
  const hub = new IcmpHub(engine.whole, { ...origin, ...changes });
  assert.equal(hub.open(), undefined);
  const socket = engine.sockets.at(-1);
  assert.ok(socket);
  const told: string[] = [];
  const user = {
    replied: (heardAt: number) => void told.push(`reply at ${heardAt}`),
    unreachable: (heardAt: number, reason: string) => void told.push(`${reason} at ${heardAt}`),
  };
  const send = (to = address): PendingEcho => {
    const echo = hub.send(to, user);
    assert.ok("sequence" in echo, JSON.stringify(echo));
    return echo;
  };
  /** Has `message` come. */
  const comes = (...messages: Uint8Array[]) => {
    socket.coming.push(...messages);
    socket.readable();
  };
  return { hub, socket, told, user, send, comes };
}

/** The reply to the last echo that was sent, with bytes changed. */
function reply(socket: FakeSocket, changes: Record<number, number> = {}): Uint8Array {
  const bytes = Uint8Array.from(socket.sent.at(-1) ?? []);
  bytes[0] = 0;
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return bytes;
}

/** A message that the last echo did not reach `destination`. */
function unreachable(socket: FakeSocket, destination: readonly number[]): Uint8Array {
  const header = new Uint8Array(20);
  header[0] = 0x45;
  header.set(destination, 16);
  return Uint8Array.from([3, 1, 0, 0, 0, 0, 0, 0, ...header, ...socket.sent.at(-1) ?? []]);
}

Deno.test("a hub asks for answers of its family, and says why it cannot have them", () => {
  const engine = new FakeEngine();
  hubOf(engine);
  hubOf(engine, { family: 6 });
  assert.deepEqual(engine.asked, [[0, 3], [129, 1]]);
  engine.refusal = { reason: "no", isOwn: true };
  assert.equal(new IcmpHub(engine.whole, origin).open(), engine.refusal);
});

Deno.test("a reply is told with the time at which the kernel had it", () => {
  const engine = new FakeEngine();
  const { socket, told, send, comes, hub } = hubOf(engine);
  engine.clock.advance(100);
  const echo = send();
  assert.equal(hub.pending, 1);
  assert.equal(hub.lastUsed, 100);
  engine.clock.advance(50);
  engine.inbox.waitedMs = 20;
  comes(reply(socket));
  assert.deepEqual(told, ["reply at 130"]);
  hub.withdraw(echo);
  assert.equal(hub.pending, 0);
  comes(reply(socket));
  assert.equal(told.length, 1);
});

Deno.test("what is not the reply to an echo of its own is left alone", () => {
  const engine = new FakeEngine();
  const { socket, told, send, comes } = hubOf(engine);
  const { id, sequence } = send();
  comes(
    reply(socket, { 4: ~id >> 8 & 255 }),
    reply(socket, { 5: ~id & 255 }),
    reply(socket, { 7: sequence + 1 }),
    ...[8, 9, 10, 11, 12, 13, 14, 15].map((at) =>
      reply(socket, { [at]: ~(socket.sent[0]?.[at] ?? 0) & 255 })
    ),
    Uint8Array.of(1, 2, 3),
    unreachable(socket, [192, 0, 2, 2]),
  );
  assert.deepEqual(told, []);
  comes(reply(socket));
  assert.deepEqual(told, ["reply at 0"]);
});

Deno.test("where the kernel chooses the id it is not compared", () => {
  const engine = new FakeEngine();
  engine.raw = false;
  const { socket, told, send, comes } = hubOf(engine);
  const { id } = send();
  comes(reply(socket, { 4: ~id >> 8 & 255 }));
  assert.deepEqual(told, ["reply at 0"]);
});

Deno.test("that an echo went nowhere is told with the reason", () => {
  const engine = new FakeEngine();
  const { socket, told, send, comes } = hubOf(engine);
  send();
  engine.clock.advance(9);
  engine.inbox.waitedMs = 4;
  comes(unreachable(socket, [192, 0, 2, 1]));
  assert.deepEqual(told, ["no route to host at 5"]);
});

Deno.test("the header that raw IPv4 sockets bring is skipped", () => {
  const engine = new FakeEngine();
  const { socket, told, send, comes } = hubOf(engine);
  socket.hasIpHeader = true;
  send();
  comes(Uint8Array.from([0x45, ...Array(19).fill(0), ...reply(socket)]));
  assert.deepEqual(told, ["reply at 0"]);
});

Deno.test("sequence numbers count up, go round, and pass over those under way", () => {
  const { hub, send } = hubOf(new FakeEngine());
  const first = send();
  assert.equal(first.sequence, 0);
  for (let i = 1; i < 65536; i++) {
    const echo = send();
    assert.equal(echo.sequence, i);
    hub.withdraw(echo);
  }
  assert.equal(send().sequence, 1);
  hub.withdraw(first);
  assert.equal(send().sequence, 2);
});

Deno.test("more echoes than numbers are our own lack", () => {
  const { hub, send, user } = hubOf(new FakeEngine());
  const echoes = Array.from({ length: 65536 }, () => send());
  const expected = { reason: "too many echoes are under way", isOwn: true };
  assert.deepEqual(hub.send(address, user), expected);
  const last = echoes.at(-7);
  if (last) hub.withdraw(last);
  assert.equal(send().sequence, last?.sequence);
});

Deno.test("no two echoes have the same token", () => {
  const { hub, send } = hubOf(new FakeEngine());
  const tokens = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    const echo = send();
    tokens.add(echo.token.join());
    hub.withdraw(echo);
  }
  assert.equal(tokens.size, 3000);
});

Deno.test("an echo that could not be sent is not under way", () => {
  const engine = new FakeEngine();
  const { hub, socket, user } = hubOf(engine);
  engine.clock.advance(5);
  socket.refusal = { reason: "no", isOwn: false };
  assert.equal(hub.send(address, user), socket.refusal);
  assert.equal(hub.pending, 0);
  assert.equal(hub.lastUsed, 0);
});

Deno.test("an echo is withdrawn once, and not in the stead of its successor", () => {
  const { hub, send } = hubOf(new FakeEngine());
  const first = send();
  hub.withdraw(first);
  for (let i = 1; i < 65536; i++) hub.withdraw(send());
  const second = send();
  assert.equal(second.sequence, first.sequence);
  hub.withdraw(first);
  assert.equal(hub.pending, 1);
});

Deno.test("2,048 answers are read at a time, the others when they are told again", () => {
  const engine = new FakeEngine();
  const { socket, told, send, comes } = hubOf(engine);
  send();
  comes(...Array.from({ length: 2049 }, () => reply(socket)));
  assert.equal(told.length, 2048);
  socket.readable();
  assert.equal(told.length, 2049);
});

Deno.test("a retired hub closes when nothing is under way any more", () => {
  const idle = hubOf(new FakeEngine());
  idle.hub.retire();
  assert.equal(idle.socket.closed, 1);
  const { hub, socket, told, send, comes } = hubOf(new FakeEngine());
  const first = send();
  const answer = reply(socket);
  const second = send();
  hub.retire();
  hub.withdraw(second);
  assert.equal(socket.closed, 0);
  comes(answer);
  assert.equal(told.length, 1);
  hub.withdraw(first);
  assert.equal(socket.closed, 1);
});

Deno.test("a closed hub hears nothing", () => {
  const { hub, socket, told, send, comes } = hubOf(new FakeEngine());
  send();
  hub[Symbol.dispose]();
  hub[Symbol.dispose]();
  assert.equal(socket.closed, 1);
  comes(reply(socket));
  assert.deepEqual(told, []);
});

Deno.test("a hub is current while its namespace's name stands for the same one", () => {
  const engine = new FakeEngine();
  const { hub } = hubOf(engine, { netns: "blue" });
  assert.equal(hub.current, true);
  for (const change of [{ inode: 9 }, { major: 9 }, { minor: 9 }]) {
    engine.identity = { inode: 1, major: 2, minor: 3, ...change };
    assert.equal(hub.current, false, JSON.stringify(change));
  }
  engine.identity = undefined;
  assert.equal(hub.current, false);
  const nowhere = hubOf(engine, { netns: "blue" });
  engine.identity = { inode: 1, major: 2, minor: 3 };
  assert.equal(nowhere.hub.current, false);
  const own = hubOf(engine);
  engine.identity = undefined;
  assert.equal(own.hub.current, true);
});

Deno.test("there is one hub for a namespace, family and source", () => {
  const engine = new FakeEngine();
  using hubs = new IcmpHubs(engine.whole);
  const origins: PingOrigin[] = [
    origin,
    { ...origin, family: 6 },
    { ...origin, netns: "blue" },
    { ...origin, source: ip("192.0.2.7") },
    { ...origin, source: ip("192.0.2.8") },
  ];
  const first = origins.map((each) => hubs.get(each));
  assert.equal(new Set(first).size, 5);
  assert.deepEqual(origins.map((each) => hubs.get(each)), first);
  assert.equal(engine.sockets.length, 5);
  assert.equal(engine.clock.pending, 1);
});

Deno.test("a hub that cannot be opened is tried anew each time", () => {
  const engine = new FakeEngine();
  using hubs = new IcmpHubs(engine.whole);
  const refusal = { reason: "no", isOwn: false };
  engine.refusal = refusal;
  assert.equal(hubs.get(origin), refusal);
  assert.equal(engine.clock.pending, 0);
  engine.refusal = undefined;
  assert.ok(hubs.get(origin) instanceof IcmpHub);
});

Deno.test("a hub whose namespace was replaced is replaced", () => {
  const engine = new FakeEngine();
  using hubs = new IcmpHubs(engine.whole);
  const old = hubs.get({ ...origin, netns: "blue" });
  engine.identity = { inode: 8, major: 2, minor: 3 };
  const current = hubs.get({ ...origin, netns: "blue" });
  assert.notEqual(current, old);
  assert.equal(hubs.get({ ...origin, netns: "blue" }), current);
  assert.deepEqual(engine.sockets.map(({ closed }) => closed), [1, 0]);
});

Deno.test("a hub is closed when it was idle for 30 s, and not while an echo is under way", () => {
  const engine = new FakeEngine();
  const { clock, sockets } = engine;
  const hubs = new IcmpHubs(engine.whole);
  const silent = { replied() {}, unreachable() {} };
  const [busy, idle] = [origin, { ...origin, family: 6 as const }].map((each) => hubs.get(each));
  assert.ok(busy instanceof IcmpHub && idle instanceof IcmpHub);
  const echo = busy.send(address, silent);
  clock.advance(10_000);
  const other = idle.send(ip("2001:db8::1"), silent);
  if ("sequence" in other) idle.withdraw(other);
  clock.advance(29_999);
  assert.deepEqual(sockets.map(({ closed }) => closed), [0, 0]);
  clock.advance(20_001);
  assert.deepEqual(sockets.map(({ closed }) => closed), [0, 1]);
  assert.equal(clock.pending, 1);
  if ("sequence" in echo) busy.withdraw(echo);
  clock.advance(30_000);
  assert.deepEqual(sockets.map(({ closed }) => closed), [1, 1]);
  assert.equal(clock.pending, 0);
  hubs.get(origin);
  assert.equal(sockets.length, 3);
  assert.equal(clock.pending, 1);
  hubs[Symbol.dispose]();
  assert.equal(sockets[2]?.closed, 1);
  hubs.get(origin);
  assert.equal(sockets.length, 4);
  hubs[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});
