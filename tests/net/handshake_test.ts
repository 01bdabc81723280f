import assert from "node:assert/strict";
import { libc } from "../../lib/net/libc.ts";
import { Connection, Engine, type Greeting, NetnsSockets } from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { ip } from "../support/ip.ts";
import { EPOLLIN, EPOLLOUT, Recorder, send, Stage, target } from "./support/connection_stage.ts";
import { descriptorsOf, openDescriptors } from "./support/descriptors.ts";
import { CountingClock } from "./support/poller_stage.ts";
import { RawServer } from "./support/raw_server.ts";

const hello: Greeting = { bytes: new TextEncoder().encode("hello"), length: 5n };

/** What a peer that was accepted has received. */
function read(fd: number): string {
  const bytes = new Uint8Array(64);
  const length = libc.recv(fd, bytes, 64n, 0);
  return new TextDecoder().decode(bytes.subarray(0, Math.max(0, length)));
}

Deno.test("a greeting goes with the question whether the handshake is done, and once", async () => {
  await using stage = new Stage();
  using connection = stage.connect({}, hello);
  assert.equal(connection.established, true);
  const peer = stage.server.accept();
  assert.equal(read(peer), "hello");
  assert.equal(connection.greet(hello), 5);
  assert.equal(read(peer), "");
});

Deno.test("a greeting that was not announced is sent when it is asked for", async () => {
  await using stage = new Stage();
  using connection = stage.connect();
  assert.equal(connection.greet(hello), 5);
  assert.equal(read(stage.server.accept()), "hello");
});

Deno.test("a greeting waits for the handshake", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting({}, hello);
  stage.establish(connection);
  connection.ready(EPOLLOUT);
  assert.deepEqual(stage.user.events, ["connected"]);
  assert.equal(connection.greet(hello), 5);
});

Deno.test("nothing is a greeting, too", async () => {
  await using stage = new Stage();
  using connection = stage.connect({}, { bytes: new Uint8Array(1), length: 0n });
  assert.equal(connection.established, true);
});

Deno.test("why a handshake fails at once is the same with a greeting", async () => {
  await using stage = new Stage();
  for (const [address, port] of [["127.0.0.1", 1], ["255.255.255.255", 80]] as const) {
    const to = target(port, { address: ip(address) });
    const plain = stage.engine.connect(to, stage.user);
    assert.ok("reason" in plain && !plain.isOwn, address);
    assert.deepEqual(stage.engine.connect(to, stage.user, hello), plain);
  }
});

Deno.test("a handshake that was done at once was heard of when that was seen", async () => {
  /** It passes by being looked at. */
  class TickingClock extends FakeClock {
    #ticks = 0;

    override now(): number {
      return this.#ticks++;
    }
  }
  const clock = new TickingClock();
  await using engine = new Engine(clock);
  using server = new RawServer();
  const before = clock.now();
  const connection = engine.connect(target(server.port), new Recorder());
  assert.ok(connection instanceof Connection && connection.established);
  // It began one tick after, and was done another one later.
  assert.equal(connection.heardAt, before + 2);
  connection[Symbol.dispose]();
});

Deno.test("one receive takes all of a look that there may be", async () => {
  await using stage = new Stage({ kernelAge: () => 0 });
  using connection = stage.connect();
  assert.equal(send(connection, "x"), 1);
  const peer = stage.server.accept();
  for (const size of [40_000, 25_536, 10]) stage.server.send("x".repeat(size), [peer]);
  assert.equal(connection.receive(), 65_536);
  connection.failure = { reason: "of an earlier call", isOwn: false };
  assert.equal(connection.receive(), -1);
  assert.equal(connection.failure, undefined);
  stage.engine.poller.look();
  assert.equal(connection.receive(), 10);
});

Deno.test("to send nothing is no failure", async () => {
  await using stage = new Stage();
  using connection = stage.connect();
  // An error of another call.
  assert.equal(libc.close(-1), -1);
  assert.equal(connection.send(new Uint8Array(1), 0n), 0);
  assert.equal(connection.failure, undefined);
});

Deno.test("the end of a connection is dated, and is no failure", async () => {
  await using stage = new Stage({ kernelAge: () => 0 });
  using connection = stage.connect();
  assert.equal(send(connection, "x"), 1);
  stage.clock.advance(7);
  const peer = stage.server.accept();
  assert.equal(read(peer), "x");
  stage.server.send("y", [peer]);
  assert.equal(connection.receive(), 1);
  stage.server.end(peer);
  stage.clock.advance(5);
  let length = -1;
  for (let waits = 0; length < 0 && waits < 40_000; waits++) {
    libc.usleep(500);
    stage.engine.poller.look();
    // An error of a call in between.
    assert.equal(libc.close(-1), -1);
    length = connection.receive();
  }
  assert.equal(length, 0);
  assert.equal(connection.failure, undefined);
  assert.equal(connection.heardAt, 112);
});

Deno.test("who looks for himself goes on to, until the connection is closed", async () => {
  await using stage = new Stage();
  using connection = stage.connect();
  assert.equal(connection.looksAgain(), false);
  assert.deepEqual(stage.user.events, ["readable"]);
  stage.user.then = () => connection[Symbol.dispose]();
  assert.equal(connection.looksAgain(), true);
  assert.equal(stage.user.events.length, 2);
  assert.equal(connection.looksAgain(), true);
  connection.givesUp();
  assert.equal(stage.user.events.length, 2);
});

Deno.test("a connection that was closed before its handshake was done is told nothing", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  connection[Symbol.dispose]();
  assert.equal(connection.looksAgain(), true);
  stage.engine.poller.look();
  assert.deepEqual(stage.user.events, []);
});

Deno.test("a look that sees a handshake refused is the last one", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  stage.server.deafen();
  let looks = 0;
  while (!connection.looksAgain()) {
    assert.deepEqual(stage.user.events, []);
    assert.ok(++looks < 40_000, "it is refused when its SYN is sent again");
    libc.usleep(500);
  }
  assert.deepEqual(stage.user.events, ["failed: connection refused"]);
});

Deno.test("a handshake seen within a burst is told then, and reading goes on by itself", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  stage.establish(connection);
  stage.user.then = () => {
    if (stage.user.events.length === 1) connection.watchReading();
  };
  for (let i = 0; i < 3; i++) stage.engine.poller.expect();
  await Promise.resolve();
  assert.deepEqual(stage.user.events.slice(0, 2), ["connected", "readable"]);
});

Deno.test("to ask for reading twice watches once, and what cannot be watched is told", async () => {
  await using stage = new Stage();
  using connection = stage.connect();
  for (let i = 0; i < 2; i++) connection.watchReading();
  stage.engine.poller.look();
  connection.watchReading();
  stage.engine.poller.look();
  assert.deepEqual(stage.user.events, []);
  connection.givesUp();
  assert.deepEqual(stage.user.events, ["failed: watch the socket: file exists"]);
});

Deno.test("what could not be watched may be tried again", async () => {
  await using stage = new Stage();
  const { poller } = stage.engine;
  const opened: Connection[] = [];
  const [fd = -1] = descriptorsOf(() => opened.push(stage.connect()));
  const other = poller.watch(fd, EPOLLIN, { ready() {} });
  assert.ok(typeof other === "object");
  for (const connection of opened) {
    connection.watchReading();
    poller.look();
    assert.deepEqual(stage.user.events, ["failed: watch the socket: file exists"]);
    poller.unwatch(other, true);
    connection.watchReading();
    poller.look();
    assert.equal(send(connection, "x"), 1);
    stage.server.send("y", [stage.server.accept()]);
    poller.look();
    assert.deepEqual(stage.user.events.slice(1), ["readable"]);
    connection[Symbol.dispose]();
  }
});

Deno.test("a connection is watched for what comes, and told of it once", async () => {
  const clock = new CountingClock();
  await using engine = new Engine(clock);
  using server = new RawServer();
  const user = new Recorder();
  const connection = engine.connect(target(server.port), user);
  assert.ok(connection instanceof Connection && connection.established);
  connection.watchReading();
  const before = clock.asked;
  assert.equal(engine.poller.look(), true);
  // When there are events, for how long may be told of them: that it may be written to is none.
  assert.equal(clock.asked, before);
  assert.equal(send(connection, "x"), 1);
  const peer = server.accept();
  server.send("never received", [peer]);
  for (let i = 0; i < 2; i++) assert.equal(engine.poller.look(), true);
  assert.deepEqual(user.events, ["readable"]);
  connection[Symbol.dispose]();
});

const SOL_IPV6 = 41;
const IPV6_RECVERR = 25;

function hearsErrors(fd: number): boolean {
  const value = new Uint8Array(4);
  const length = new Uint8Array(Uint32Array.of(4).buffer);
  assert.equal(libc.getsockopt(fd, SOL_IPV6, IPV6_RECVERR, value, length), 0);
  return value[0] === 1;
}

Deno.test("an IPv6 handshake hears what ICMP says, an established connection does not", async () => {
  await using stage = new Stage({}, 0, 6);
  const opened: Connection[] = [];
  const [first = -1, waiting = -1] = descriptorsOf(() =>
    opened.push(stage.connectWaiting({ address: ip("::1") }))
  );
  assert.deepEqual([hearsErrors(first), hearsErrors(waiting)], [false, true]);
  const [connection] = opened;
  assert.ok(connection);
  stage.establish(connection);
  connection.ready(EPOLLOUT);
  assert.equal(connection.established, true);
  assert.equal(hearsErrors(waiting), false);
  connection[Symbol.dispose]();
});

/** Sockets that are to be had until there are none. */
class Ending extends NetnsSockets {
  isOver = false;

  override open(...args: Parameters<NetnsSockets["open"]>) {
    return this.isOver ? { reason: "no more", isOwn: false } : super.open(...args);
  }
}

Deno.test("a socket that was used before, and has no successor to say why, takes no place", async () => {
  const sockets = new Ending();
  await using stage = new Stage({ sockets, descriptorLimit: 42, idleSockets: 2 });
  for (const suspect of [false, true]) {
    sockets.isOver = false;
    stage.connect()[Symbol.dispose]();
    assert.equal(stage.engine.tcpSockets.idle, 1);
    const before = openDescriptors();
    sockets.isOver = true;
    const to = target(80, { address: ip("255.255.255.255"), suspect });
    assert.deepEqual(stage.engine.connect(to, stage.user), {
      reason: "no more",
      isOwn: false,
    });
    assert.equal(stage.engine.tcpSockets.idle, 0);
    assert.equal(openDescriptors(), before - 1);
  }
  sockets.isOver = false;
  using _first = stage.connect({ suspect: true });
  using _second = stage.connect();
  const third = stage.engine.connect(target(stage.server.port), stage.user);
  assert.ok("reason" in third && third.isOwn);
});
