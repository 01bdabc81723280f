import assert from "node:assert/strict";
import type { PingOrigin } from "../../lib/net/mod.ts";
import { icmpFilter } from "../../lib/probes/icmp_filter.ts";
import { IcmpHub } from "../../lib/probes/icmp_hub.ts";
import { IcmpHubs } from "../../lib/probes/icmp_hubs.ts";
import { ip } from "../support/ip.ts";
import { address, FakeEngine, hubOf, origin, reply, unreachable } from "./support/fake_icmp.ts";

Deno.test("a hub asks for answers of its family, and says why it cannot have them", () => {
  const engine = new FakeEngine();
  const { id } = hubOf(engine).send();
  assert.deepEqual(engine.asked, [icmpFilter(4, id)]);
  const { send } = hubOf(engine, { family: 6 });
  assert.deepEqual(engine.asked[1], icmpFilter(6, send(ip("2001:db8::1")).id));
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
  engine.sender = ip("192.0.2.2").bytes;
  comes(reply(socket));
  engine.sender = address.bytes;
  comes(
    reply(socket, { 4: ~id >> 8 & 255 }),
    reply(socket, { 5: ~id & 255 }),
    reply(socket, { 7: sequence + 1 }),
    ...[8, 9, 10, 11, 12, 13, 14, 15].map((at) =>
      reply(socket, { [at]: ~(socket.sent[0]?.[at] ?? 0) & 255 })
    ),
    Uint8Array.of(1, 2, 3),
    unreachable(socket, [192, 0, 2, 2]),
    ...[36, 43].map((at) => {
      const bytes = unreachable(socket, [192, 0, 2, 1]);
      bytes[at] = ~(bytes[at] ?? 0) & 255;
      return bytes;
    }),
  );
  assert.deepEqual(told, []);
  // One without content is a message, behind which others wait.
  comes(new Uint8Array(0), reply(socket));
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

Deno.test("sequence numbers cannot be guessed, and no two under way are the same", () => {
  const { send } = hubOf(new FakeEngine());
  const numbers = Array.from({ length: 2000 }, () => send().sequence);
  assert.equal(new Set(numbers).size, 2000);
  const steps = numbers.slice(1).map((number, i) => number - (numbers[i] ?? 0));
  // Of steps by chance one in 32,768 is 1 or -1.
  assert.ok(steps.filter((step) => Math.abs(step) === 1).length < 20);
  for (const bit of [1, 0x8000]) assert.ok(numbers.some((number) => (number & bit) !== 0));
});

Deno.test("more echoes than numbers are our own lack", () => {
  const { hub, send, user } = hubOf(new FakeEngine());
  const echoes = Array.from({ length: 32768 }, () => send());
  const expected = { reason: "too many echoes are under way", isOwn: true };
  assert.deepEqual(hub.send(address, user), expected);
  const [first] = echoes;
  if (first) hub.withdraw(first);
  send();
  assert.deepEqual(hub.send(address, user), expected);
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
  // Another one that has come to have the same number.
  hub.withdraw({ ...first });
  assert.equal(hub.pending, 1);
  hub.withdraw(first);
  assert.equal(hub.pending, 0);
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

Deno.test("silent targets have two hubs of their own, divided by the end of the address", () => {
  const engine = new FakeEngine();
  using hubs = new IcmpHubs(engine.whole);
  const others = hubs.get(origin);
  const [even, odd, alsoEven] = ["192.0.3.4", "192.0.3.5", "192.0.2.6"].map((text) =>
    hubs.get(origin, ip(text))
  );
  assert.equal(new Set([others, even, odd]).size, 3);
  assert.equal(even, alsoEven);
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
  const silent = { replied() {}, unreachable() {}, unsent() {} };
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
