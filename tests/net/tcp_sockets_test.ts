import assert from "node:assert/strict";
import type { Connection, Engine } from "../../lib/net/mod.ts";
import { libc } from "../../lib/net/libc.ts";
import { ip } from "../support/ip.ts";
import { descriptorsOf, openDescriptors } from "./support/descriptors.ts";
import { Namespace, needingNamespaces } from "./support/namespaces.ts";
import { Stage, untold } from "./support/tcp_stage.ts";

function send(connection: Connection, text: string): void {
  const bytes = new TextEncoder().encode(text);
  assert.equal(connection.send(bytes, BigInt(bytes.length)), bytes.length);
}

/** What a peer that was accepted reads next, or the errno's sign. */
function read(fd: number): string {
  const bytes = new Uint8Array(64);
  const length = libc.recv(fd, bytes, 64n, 0);
  return length < 0 ? "error" : new TextDecoder().decode(bytes.subarray(0, length));
}

Deno.test("a connection that ends is reset, and its socket makes the next one", async () => {
  await using stage = new Stage();
  const before = openDescriptors();
  for (let i = 0; i < 3; i++) {
    const connection = stage.connect();
    assert.equal(stage.idle, 0);
    send(connection, `${i}`);
    const peer = stage.server.accept();
    assert.equal(read(peer), `${i}`);
    stage.server.send("never read", [peer]);
    connection[Symbol.dispose]();
    connection[Symbol.dispose]();
    assert.equal(read(peer), "error");
    assert.equal(stage.idle, 1);
    // The peers, and one socket for all.
    assert.equal(openDescriptors(), before + i + 2);
  }
});

Deno.test("it is the same socket for the kernel", async () => {
  await using stage = new Stage();
  const opened: Connection[] = [];
  const [fd] = descriptorsOf(() => opened.push(stage.connect()));
  const socket = () => Deno.readLinkSync(`/proc/self/fd/${fd}`);
  const first = socket();
  assert.match(first, /^socket:/);
  for (const connection of opened) connection[Symbol.dispose]();
  using _again = stage.connect();
  assert.equal(socket(), first);
});

Deno.test("nothing of one connection is told or received on the next one of its socket", async () => {
  await using stage = new Stage({ kernelAge: () => 0 });
  const first = stage.connect();
  first.watchReading();
  send(first, "x");
  stage.server.send("late", [stage.server.accept()]);
  // It is watched from now on, and something has come.
  first.givesUp();
  first[Symbol.dispose]();
  assert.equal(stage.idle, 1);
  using second = stage.connect();
  second.givesUp();
  assert.equal(stage.idle, 0);
  assert.equal(stage.engine.poller.look(), true);
  assert.equal(second.receive(), -1);
  assert.equal(second.failure, undefined);
});

Deno.test("what was begun well may be kept, and nothing else", async () => {
  await using stage = new Stage();
  const before = openDescriptors();
  const refused = { address: ip("127.0.0.1"), port: 1, source: undefined, netns: "" };
  for (const suspect of [false, true]) {
    assert.ok("reason" in stage.engine.connect({ ...refused, suspect }, untold));
  }
  assert.equal(stage.idle, 0);
  assert.equal(openDescriptors(), before);
  stage.use(1);
  // Refused on a socket that was used before: that one is not kept any more.
  assert.ok("reason" in stage.engine.connect({ ...refused, suspect: false }, untold));
  assert.equal(stage.idle, 0);
  assert.equal(openDescriptors(), before);
  stage.use(1);
  // There is no such way, of which another socket is asked.
  const nowhere = { ...refused, address: ip("255.255.255.255"), suspect: false };
  assert.ok("reason" in stage.engine.connect(nowhere, untold));
  assert.equal(stage.idle, 0);
  assert.equal(openDescriptors(), before);
});

Deno.test("sockets of one source, and of one family, are for that only", async () => {
  await using stage = new Stage();
  let kept = 0;
  for (const [hostname, source] of [["127.0.0.1", "127.0.0.77"], ["::1", "::1"]] as const) {
    using listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    kept++;
    for (let i = 0; i < 3; i++) {
      const connection = stage.connect({ address: ip(hostname), port, source: ip(source) });
      assert.equal(stage.idle, kept - 1);
      send(connection, "x");
      using peer = await listener.accept();
      assert.equal((peer.remoteAddr as Deno.NetAddr).hostname, source);
      connection[Symbol.dispose]();
      assert.equal(stage.idle, kept);
    }
  }
  stage.use(1);
  stage.use(1, { source: ip("127.0.0.78") });
  assert.equal(stage.idle, 4);
});

Deno.test("an engine that is closed keeps nothing, and takes nothing back", async () => {
  const before = openDescriptors();
  const stage = new Stage();
  const connection = stage.connect();
  connection.watchReading();
  stage.use(3);
  await stage[Symbol.asyncDispose]();
  connection[Symbol.dispose]();
  assert.equal(openDescriptors(), before);
});

Deno.test({
  ...needingNamespaces("a namespace that was made again is probed by sockets of its own"),
  fn: async () => {
    await using namespace = await Namespace.create();
    await using stage = new Stage();
    const { name: netns } = namespace;
    // The server is here; what listens there is a socket of this process, made in there.
    using there = listenIn(stage.engine, netns);
    stage.use(2, { netns, port: there.port });
    assert.equal(stage.idle, 2);
    await namespace.remove();
    stage.engine.tend();
    assert.equal(stage.idle, 0);
    await namespace.make();
    using again = listenIn(stage.engine, netns);
    stage.use(1, { netns, port: again.port });
    const held = stage.connect({ netns, port: again.port });
    await namespace.remove();
    await namespace.make();
    const target = { address: ip("127.0.0.1"), port: again.port, source: undefined };
    assert.deepEqual(stage.engine.connect({ ...target, netns, suspect: false }, untold), {
      reason: "connection refused",
      isOwn: false,
    });
    // Its namespace is another's by now.
    held[Symbol.dispose]();
    assert.equal(stage.idle, 0);
  },
});

Deno.test({
  ...needingNamespaces("a source address that has gone is said, by who had it before as well"),
  fn: async () => {
    await using namespace = await Namespace.create();
    await namespace.addAddresses("192.0.2.9/32");
    await using stage = new Stage();
    const { name: netns } = namespace;
    using there = listenIn(stage.engine, netns);
    const from = { netns, port: there.port, source: ip("192.0.2.9") };
    stage.use(2, from);
    await namespace.ip("addr", "del", "192.0.2.9/32", "dev", "lo");
    const target = { ...from, address: ip("127.0.0.1"), suspect: false };
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(stage.engine.connect(target, untold), {
        reason: "source address 192.0.2.9 is not on this host",
        isOwn: false,
      });
    }
    assert.equal(stage.idle, 0);
  },
});

Deno.test({
  ...needingNamespaces("a source address of IPv6 that has gone is noticed in the next look"),
  fn: async () => {
    await using namespace = await Namespace.create();
    await namespace.addAddresses("2001:db8::9/128");
    await using stage = new Stage({}, 6);
    const { name: netns } = namespace;
    using there = listenIn(stage.engine, netns, 6);
    const from = { netns, port: there.port, source: ip("2001:db8::9") };
    stage.use(3, from);
    stage.engine.tend();
    assert.equal(stage.idle, 3);
    await namespace.ip("addr", "del", "2001:db8::9/128", "dev", "lo");
    stage.engine.tend();
    assert.equal(stage.idle, 0);
    const target = { ...from, address: ip("::1"), suspect: false };
    assert.deepEqual(stage.engine.connect(target, untold), {
      reason: "source address 2001:db8::9 is not on this host",
      isOwn: false,
    });
  },
});

/** A listener on 127.0.0.1, or on all addresses of IPv6, in a namespace. */
function listenIn(
  engine: Engine,
  netns: string,
  family: 4 | 6 = 4,
): Disposable & { readonly port: number } {
  const fd = engine.sockets.open(netns, family === 4 ? 2 : 10, 1, 0);
  assert.ok(typeof fd === "number");
  const address = new Uint8Array(28);
  address.set(family === 4 ? [2, 0, 0, 0, 127, 0, 0, 1] : [10]);
  assert.equal(libc.bind(fd, address, address.length), 0);
  assert.equal(libc.listen(fd, 16), 0);
  libc.getsockname(fd, address, new Uint8Array(Int32Array.of(address.length).buffer));
  const port = (address[2] ?? 0) << 8 | (address[3] ?? 0);
  return { port, [Symbol.dispose]: () => void libc.close(fd) };
}
