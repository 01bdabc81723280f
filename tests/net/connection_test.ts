import assert from "node:assert/strict";
import { Connection, Engine } from "../../lib/net/mod.ts";
import { ip } from "../support/ip.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  Recorder,
  send,
  Stage,
  target,
} from "./support/connection_stage.ts";
import { openDescriptors } from "./support/descriptors.ts";
import { stampsCome } from "./support/stamps.ts";

Deno.test("what was heard is dated by how long it lay in the kernel", async () => {
  const ages = [4, 2];
  await using stage = new Stage({ kernelAge: () => ages.shift() ?? 0 });
  await stampsCome();
  using connection = stage.connect();
  assert.equal(connection.heardAt, 100);
  assert.equal(connection.heldUpMs, 0);
  connection.watchReading();
  send(connection, "x");
  const peer = stage.server.accept();
  stage.clock.advance(10);
  stage.server.send("one", [peer]);
  assert.equal(connection.receive(), 3);
  assert.equal(connection.heardAt, 106);
  assert.equal(connection.heldUpMs, 4);
  stage.clock.advance(10);
  stage.server.send("four", [peer]);
  assert.equal(connection.receive(), 4);
  assert.equal(connection.heardAt, 118);
  assert.equal(connection.heldUpMs, 4);
});

Deno.test("nothing was heard before the connection began, whatever the stamps say", async () => {
  await using stage = new Stage({ kernelAge: () => 5000 });
  await stampsCome();
  using connection = stage.connect();
  connection.watchReading();
  send(connection, "x");
  stage.server.send("y", [stage.server.accept()]);
  stage.clock.advance(7);
  connection.receive();
  assert.equal(connection.heardAt, 100);
  assert.equal(connection.heldUpMs, 7);
});

Deno.test("nothing to receive is no failure and changes nothing, a reset is one", async () => {
  await using stage = new Stage({ kernelAge: () => 0 });
  using connection = stage.connect();
  connection.watchReading();
  send(connection, "x");
  stage.clock.advance(5);
  assert.equal(connection.receive(), -1);
  assert.equal(connection.failure, undefined);
  assert.equal(connection.heardAt, 100);
  stage.server.reset(stage.server.accept());
  await stage.user.told;
  assert.equal(connection.receive(), -1);
  assert.deepEqual(connection.failure, { reason: "connection reset by peer", isOwn: false });
  assert.deepEqual(stage.user.events, ["readable"]);
});

Deno.test("sending on what is closed fails, and says so", async () => {
  await using stage = new Stage();
  const connection = stage.connect();
  assert.equal(connection.closed, false);
  assert.equal(send(connection, "x"), 1);
  connection[Symbol.dispose]();
  connection[Symbol.dispose]();
  assert.equal(connection.closed, true);
  assert.equal(send(connection, "x"), -1);
  assert.deepEqual(connection.failure, { reason: "bad file descriptor", isOwn: false });
});

Deno.test("a connection takes one place of those there are, and gives it back once", async () => {
  await using stage = new Stage({ descriptorLimit: 42 });
  const first = stage.connect({ suspect: true });
  const second = stage.connect();
  const third = stage.engine.connect(target(stage.server.port), stage.user);
  assert.ok("reason" in third && third.isOwn, "a third one");
  for (const each of [first, second, second, first]) each[Symbol.dispose]();
  using _fourth = stage.connect({ suspect: true });
  using _fifth = stage.connect();
  const sixth = stage.engine.connect(target(stage.server.port), stage.user);
  assert.ok("reason" in sixth && sixth.isOwn, "a sixth one");
});

Deno.test("what cannot be opened, bound or connected takes no place and no descriptor", async () => {
  await using stage = new Stage({ descriptorLimit: 42 });
  const before = openDescriptors();
  const closed = target(1);
  for (let i = 0; i < 5; i++) {
    for (const suspect of [false, true]) {
      assert.deepEqual(stage.engine.connect({ ...closed, suspect }, stage.user), {
        reason: "connection refused",
        isOwn: false,
      });
      assert.deepEqual(
        stage.engine.connect({ ...closed, suspect, source: ip("192.0.2.9") }, stage.user),
        { reason: "source address 192.0.2.9 is not on this host", isOwn: false },
      );
      assert.deepEqual(stage.engine.connect({ ...closed, suspect, netns: "a/b" }, stage.user), {
        reason: '"a/b" is neither a namespace\'s name nor an absolute path',
        isOwn: false,
      });
    }
  }
  assert.equal(openDescriptors(), before);
});

Deno.test("events before the handshake is done that do not end it are nothing", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  stage.establish(connection);
  connection.ready(EPOLLIN);
  assert.equal(connection.established, false);
  assert.deepEqual(stage.user.events, []);
});

Deno.test("an event is a reason to look at the handshake, and not its end", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  for (const event of [EPOLLOUT, EPOLLERR, EPOLLHUP]) connection.ready(event);
  assert.equal(connection.established, false);
  assert.equal(connection.looksAgain(), false);
  assert.deepEqual(stage.user.events, []);
});

Deno.test("each event shows the end of a handshake, which is dated by the kernel", async () => {
  for (const event of [EPOLLOUT, EPOLLERR, EPOLLHUP]) {
    await using stage = new Stage({}, 0);
    using connection = stage.connectWaiting();
    stage.establish(connection);
    stage.clock.advance(30);
    const heardAt: number[] = [];
    stage.user.then = () => heardAt.push(connection.heardAt);
    connection.ready(event);
    assert.equal(connection.established, true);
    assert.equal(stage.user.events[0], "connected");
    assert.equal(heardAt[0], connection.heardAt, "whoever is told sees when");
    // Its SYN went out twice, so that its age is what the kernel's ticks say, by another clock.
    assert.ok(connection.heldUpMs <= 30, String(connection.heldUpMs));
    assert.equal(connection.heardAt, 130 - connection.heldUpMs);
  }
});

Deno.test("who is told of a connection may close it, and is told no more", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  stage.establish(connection);
  stage.user.then = () => connection[Symbol.dispose]();
  connection.ready(EPOLLOUT | EPOLLIN);
  assert.deepEqual(stage.user.events, ["connected"]);
});

Deno.test("what came with the end of the handshake is told after it", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  stage.establish(connection);
  connection.ready(EPOLLOUT | EPOLLIN);
  assert.deepEqual(stage.user.events, ["connected", "readable"]);
  connection.ready(EPOLLOUT);
  assert.equal(stage.user.events.length, 2);
  connection.ready(EPOLLIN);
  assert.equal(stage.user.events.length, 3);
});

Deno.test("a handshake that takes a second SYN is told when it is done", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  for (let i = 0; i < 2; i++) stage.server.accept();
  await stage.user.told;
  assert.equal(stage.user.events[0], "connected");
  assert.equal(connection.established, true);
  // It is watched already, which the kernel does once.
  connection.watchReading();
  stage.engine.poller.look();
  assert.ok(stage.user.events.every((event) => !event.startsWith("failed")));
});

Deno.test("a handshake that is refused in the end is told with the reason", async () => {
  await using stage = new Stage({}, 0);
  using connection = stage.connectWaiting();
  stage.server.deafen();
  stage.clock.advance(30);
  let heardAt = 0;
  stage.user.then = () => heardAt = connection.heardAt;
  await stage.user.told;
  assert.ok(stage.user.events.includes("failed: connection refused"), stage.user.events.join());
  assert.equal(heardAt, 130, "whoever is told sees when");
  assert.equal(connection.established, false);
  assert.equal(connection.heardAt, 130);
  assert.equal(connection.heldUpMs, 0);
  // To ask again would begin anew.
  const told = stage.user.events.length;
  connection.ready(EPOLLERR | EPOLLIN);
  assert.equal(stage.user.events.length, told);
});

Deno.test("a source address is the one that the peer sees, over IPv6 too", async () => {
  await using engine = new Engine();
  for (
    const [hostname, source] of [["127.0.0.1", "127.0.0.77"], ["::1", "::1"]] as const
  ) {
    using listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const address = ip(hostname);
    const connection = engine.connect(
      { address, port, source: ip(source), netns: "", suspect: false },
      new Recorder(),
    );
    assert.ok(connection instanceof Connection);
    send(connection, "x");
    using peer = await listener.accept();
    const from = peer.remoteAddr as Deno.NetAddr;
    assert.equal(from.hostname, source);
    assert.ok(from.port > 1023, String(from.port));
    connection[Symbol.dispose]();
  }
});

/** Receives until there is no more for now; returns how much came each time. */
function receiveAll(connection: Connection): number[] {
  const sizes: number[] = [];
  for (let size = connection.receive(); size > 0; size = connection.receive()) sizes.push(size);
  assert.equal(connection.failure, undefined);
  return sizes;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

Deno.test("a peer that has always more gets 64 KiB of each look, and the rest later", async () => {
  await using stage = new Stage({ kernelAge: () => 0 });
  using connection = stage.connect();
  connection.watchReading();
  const sizes: number[] = [];
  // More may be told within one look, of which there is nothing to be had.
  stage.user.then = () => sizes.push(...[sum(receiveAll(connection))].filter((size) => size > 0));
  assert.equal(send(connection, "x"), 1);
  const peer = stage.server.accept();
  for (let i = 0; i < 4; i++) stage.server.send("x".repeat(50_000), [peer]);
  assert.equal(stage.engine.poller.look(), false);
  assert.equal(sizes.length, 1);
  while (sum(sizes) < 200_000) stage.engine.poller.look();
  for (const size of sizes) assert.ok(size <= 131_071, `${sizes}`);
  assert.ok(sizes.length >= 2, `${sizes}`);
  assert.equal(stage.engine.poller.look(), true);
});

Deno.test("a peer that is received from in small pieces gets sixteen of each look", async () => {
  await using stage = new Stage({ kernelAge: () => 0 });
  using connection = stage.connect();
  connection.watchReading();
  const peers: number[] = [];
  const counts: number[] = [];
  stage.user.then = () => {
    let count = 0;
    for (; connection.receive() > 0; count++) stage.server.send("y", peers);
    if (count > 0) counts.push(count);
  };
  assert.equal(send(connection, "x"), 1);
  peers.push(stage.server.accept());
  stage.server.send("y", peers);
  for (let look = 0; look < 3; look++) assert.equal(stage.engine.poller.look(), false);
  assert.deepEqual(counts, [16, 16, 16]);
});

Deno.test("a connection that nobody watches has its share, too", async () => {
  await using stage = new Stage({ kernelAge: () => 0 });
  using connection = stage.connect();
  assert.equal(send(connection, "x"), 1);
  const peer = stage.server.accept();
  for (let i = 0; i < 16; i++) {
    stage.server.send("y", [peer]);
    assert.equal(connection.receive(), 1);
  }
  stage.server.send("y", [peer]);
  assert.equal(connection.receive(), -1);
  assert.equal(connection.failure, undefined);
});
