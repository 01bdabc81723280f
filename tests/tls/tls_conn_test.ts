import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { TlsConn, type TlsIdentity } from "../../lib/tls/mod.ts";
import { type ClientOptions, serverIdentity, TlsClient } from "../support/certificates.ts";
import { MemoryConn } from "../support/memory_conn.ts";
import { settle } from "../support/until.ts";

const toPlainText = new TextEncoder().encode("HTTP/1.1 400 no\r\n\r\n");

/** Both sides of a connection. */
function pair(identity: TlsIdentity, options: ClientOptions = {}, clock = new FakeClock()) {
  const [theirs, ours] = MemoryConn.pair();
  const server = new TlsConn(ours, { source: { identity }, clock, toPlainText });
  const client = new TlsClient(theirs, options);
  return { server, client, ours, theirs };
}

/** Ends both, and waits until that is over. */
async function end({ server, client, theirs }: ReturnType<typeof pair>) {
  client.conn.close();
  server.close();
  while (!theirs.closed) await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("what both say arrives, and the end of it", async () => {
  const both = pair(await serverIdentity(), { alpn: ["h2"] });
  const { server, client } = both;
  const { protocol, certificate } = await server.handshake();
  assert.deepEqual([protocol, certificate], ["h2", undefined]);
  await client.say("hello");
  const into = new Uint8Array(3);
  assert.equal(await server.read(into), 3);
  assert.equal(new TextDecoder().decode(into), "hel");
  assert.equal(await server.read(into), 2);
  await server.write(new TextEncoder().encode("good day"));
  assert.equal(await client.text(), "good day");
  await server.closeWrite();
  assert.equal(await client.text(), "(end)");
  await end(both);
});

Deno.test("a client without ALPN says later what it speaks, and nothing below TLS 1.2 will do", async () => {
  const identity = await serverIdentity();
  const both = pair(identity, { maxVersion: "TLSv1.2" });
  assert.equal((await both.server.handshake()).protocol, undefined);
  assert.equal(both.client.socket.getProtocol(), "TLSv1.2");
  await end(both);
  assert.equal(identity.options.minVersion, "TLSv1.2");
});

Deno.test("a certificate is good by a trusted authority, and only while it is valid", async () => {
  const identity = await serverIdentity(true);
  const shown = async (as: ClientOptions["as"], wall?: number) => {
    const both = pair(identity, as ? { as } : {}, new FakeClock(wall));
    const { certificate } = await both.server.handshake();
    await end(both);
    return certificate && (certificate.problem ?? "good");
  };
  assert.deepEqual(
    [
      await shown("alice"),
      await shown(undefined),
      await shown("mallory"),
      await shown("alice-old"),
      await shown("alice", Date.UTC(2019, 0)),
      await shown("alice", Date.UTC(2121, 0)),
    ],
    [
      "good",
      undefined,
      "is not a client's by an authority of --tls-client-ca",
      "has expired on 2021-01-01",
      "is not valid before 2020-01-01",
      "has expired on 2120-01-01",
    ],
  );
});

Deno.test("what nobody reads waits with the client, and what the client does not read waits here", async () => {
  const both = pair(await serverIdentity());
  await Promise.all([both.server.handshake(), both.client.secured()]);
  const much = new Uint8Array(4 * 1024 * 1024);
  const said = both.client.conn.write(much).then(() => "said");
  const answered = both.server.write(much).then(() => "answered");
  const none = new Promise((resolve) => setTimeout(() => resolve("nothing"), 0));
  // Each side has done what it can: the first thing that comes to pass is that nothing does.
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(await Promise.race([said, answered, none]), "nothing");
  const into = new Uint8Array(1024 * 1024);
  for (let count = 0; count < much.length;) count += await both.server.read(into) ?? NaN;
  assert.equal(await said, "said");
  for (let count = 0; count < much.length;) count += await both.client.conn.read(into) ?? NaN;
  assert.equal(await answered, "answered");
  await end(both);
});

Deno.test("who speaks HTTP in the clear is told so, and other nonsense is not answered", async () => {
  const identity = await serverIdentity();
  const answers: [said: string, answer: string, error: RegExp][] = [
    ["GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 no\r\n\r\n", /^the client does not speak TLS$/],
    ["\0\x01\x02", "(end)", /^the client does not speak TLS$/],
    ["G", "(end)", /^the client does not speak TLS$/],
    ["AZA", "HTTP/1.1 400 no\r\n\r\n", /^the client does not speak TLS$/],
    ["aAA", "(end)", /^the client does not speak TLS$/],
    ["A@A", "(end)", /^the client does not speak TLS$/],
    ["A[A", "(end)", /^the client does not speak TLS$/],
  ];
  for (const [said, answer, error] of answers) {
    const [theirs, ours] = MemoryConn.pair();
    const server = new TlsConn(ours, { source: { identity }, clock: new FakeClock(), toPlainText });
    await theirs.say(said);
    await assert.rejects(server.handshake(), { message: error });
    assert.equal(await theirs.text(), answer);
    assert.equal(ours.closed, true);
  }
});

Deno.test("a handshake that breaks, or that has no end, fails and closes the connection", async () => {
  const identity = await serverIdentity();
  const hello = new Uint8Array([22, 3, 1, 0x40, 0]);
  const hasLeft = /^the client has left in the midst of the handshake$/;
  const ways: [
    message: RegExp,
    way: (theirs: MemoryConn, server: TlsConn) => Promise<void> | void,
  ][] = [
    [hasLeft, (theirs) => theirs.close()],
    [hasLeft, (theirs) => theirs.closeWrite()],
    [/^the connection is closed$/, (_, server) => server.close()],
    [
      /length|unexpected|decode|ssl/i,
      async (theirs) => void await theirs.write(new Uint8Array([22, 3, 1, 0, 4, 1, 0, 0, 0])),
    ],
    [/./, async (theirs) => {
      // Pieces of a message that is said to be long, until the server has enough of it.
      const piece = new Uint8Array(16_389);
      piece.set(hello);
      piece.set([1, 255, 255, 255], 5);
      for (let i = 0; i < 10; i++) {
        for (let at = 0; at < piece.length;) {
          const count = await theirs.write(piece.subarray(at)).catch(() => undefined);
          if (count === undefined) return;
          at += count;
        }
      }
    }],
  ];
  for (const [message, way] of ways) {
    const [theirs, ours] = MemoryConn.pair();
    const server = new TlsConn(ours, { source: { identity }, clock: new FakeClock(), toPlainText });
    const failed = assert.rejects(server.handshake(), { message });
    await way(theirs, server);
    await failed;
    assert.equal(ours.closed, true);
  }
});

Deno.test("a handshake that nobody waits for may fail", async () => {
  const [theirs, ours] = MemoryConn.pair();
  const source = { identity: await serverIdentity() };
  const server = new TlsConn(ours, { source, clock: new FakeClock(), toPlainText });
  await theirs.say("nonsense");
  while (!ours.closed) await new Promise((resolve) => setTimeout(resolve, 0));
  await settle(20);
  server.close();
});
