import assert from "node:assert/strict";
import { address, FakeEngine, hubOf, reply } from "./support/fake_icmp.ts";

/** Echoes for which there is no room yet. */
function crowded(count: number) {
  const engine = new FakeEngine();
  const parts = hubOf(engine);
  parts.socket.room = 0;
  const echoes = Array.from({ length: count }, () => parts.send());
  return { engine, ...parts, echoes };
}

Deno.test("an echo that there is no room for is sent as soon as there is, and answered", () => {
  const { engine, socket, told, comes, echoes: [echo], hub } = crowded(1);
  assert.equal(echo?.sentAt, undefined);
  assert.equal(hub.pending, 1);
  engine.clock.advance(29);
  assert.equal(socket.sent.length, 0);
  socket.room = 1;
  engine.clock.advance(1);
  assert.equal(echo?.sentAt, 30);
  assert.deepEqual(told, []);
  comes(reply(socket));
  assert.deepEqual(told, ["reply at 30"]);
  assert.equal(engine.clock.pending, 0);
});

Deno.test("those that wait are sent in turn, and who comes later waits behind them", () => {
  const { engine, socket, send, echoes } = crowded(3);
  socket.room = 2;
  const last = send();
  assert.equal(socket.sent.length, 0);
  engine.clock.advance(10);
  const sent = () => [...echoes, last].map(({ sentAt }) => sentAt);
  assert.deepEqual(sent(), [10, 10, undefined, undefined]);
  socket.room = 9;
  engine.clock.advance(10);
  assert.deepEqual(sent(), [10, 10, 20, 20]);
  assert.equal(send().sentAt, 20);
  assert.equal(engine.clock.pending, 0);
});

Deno.test("an echo that found no room within a second is our lack", () => {
  const { engine, told, hub, echoes: [echo] } = crowded(1);
  engine.clock.advance(999);
  assert.deepEqual(told, []);
  engine.clock.advance(1);
  assert.deepEqual(told, ["unsent: no room, our lack"]);
  assert.equal(engine.clock.pending, 0);
  if (echo) hub.withdraw(echo);
  assert.equal(hub.pending, 0);
});

Deno.test("an echo that turns out to be forbidden does not wait any longer", () => {
  const { engine, socket, told } = crowded(1);
  socket.refusal = { reason: "no route", isOwn: false };
  engine.clock.advance(10);
  assert.deepEqual(told, ["unsent: no route"]);
  assert.equal(engine.clock.pending, 0);
});

Deno.test("an echo that was withdrawn is not sent any more", () => {
  const { engine, socket, hub, echoes } = crowded(2);
  for (const echo of echoes) hub.withdraw(echo);
  socket.room = 9;
  engine.clock.advance(10);
  assert.equal(socket.sent.length, 0);
  assert.equal(engine.clock.pending, 0);
  assert.notEqual(hub.send(address, { replied() {}, unreachable() {}, unsent() {} }), undefined);
  assert.equal(socket.sent.length, 1);
});

Deno.test("an echo that is withdrawn while others are told is not sent either", () => {
  const engine = new FakeEngine();
  const { hub, socket, send, told } = hubOf(engine);
  socket.room = 0;
  const unsent = () => hub.withdraw(second);
  hub.send(address, { replied() {}, unreachable() {}, unsent });
  const second = send();
  socket.refusal = { reason: "no route", isOwn: false };
  engine.clock.advance(10);
  assert.deepEqual(told, []);
  assert.equal(hub.pending, 1);
  assert.equal(engine.clock.pending, 0);
});

Deno.test("sixteen refusals say that there is no room, and the others are first next time", () => {
  const { engine, socket, echoes } = crowded(20);
  let tries = 0;
  const send = socket.send.bind(socket);
  socket.send = (...args) => {
    tries++;
    return send(...args);
  };
  engine.clock.advance(10);
  assert.equal(tries, 16);
  socket.room = 4;
  engine.clock.advance(10);
  assert.deepEqual(echoes.slice(16).map(({ sentAt }) => sentAt), [20, 20, 20, 20]);
  assert.deepEqual(echoes.filter(({ sentAt }) => sentAt !== undefined).length, 4);
  socket.room = 99;
  engine.clock.advance(10);
  assert.ok(echoes.every(({ sentAt }) => sentAt !== undefined));
});

Deno.test("a hub that is closed does not try any more", () => {
  const { engine, hub } = crowded(2);
  hub[Symbol.dispose]();
  assert.equal(engine.clock.pending, 0);
});
