import assert from "node:assert/strict";
import type { TLSSocket } from "node:tls";
import { FakeClock } from "../../lib/time/mod.ts";
import { chainOf, peerCertificate, type Shown } from "../../lib/tls/peer_certificate.ts";
import { loadIdentity, TlsConn, type TlsIdentity } from "../../lib/tls/mod.ts";
import { certFile, type ClientOptions, serverPaths, TlsClient } from "../support/certificates.ts";
import { MemoryConn } from "../support/memory_conn.ts";

/** What a server is that trusts these. */
function trusting(path: string, before?: TlsIdentity): Promise<TlsIdentity> {
  return loadIdentity({ ...serverPaths, clientCa: path }, before);
}

/** Shakes hands with a server whose identity can be replaced afterwards. */
async function shown(options: ClientOptions, identity: TlsIdentity, clock = new FakeClock()) {
  const source = { identity };
  const [theirs, ours] = MemoryConn.pair();
  const server = new TlsConn(ours, { source, clock, toPlainText: new Uint8Array() });
  const client = new TlsClient(theirs, options);
  const { certificate } = await server.handshake();
  assert.ok(certificate);
  return {
    certificate,
    source,
    async [Symbol.asyncDispose]() {
      client.conn.close();
      server.close();
      while (!theirs.closed) await new Promise((resolve) => setTimeout(resolve, 0));
    },
  };
}

const noMore = "is by no authority of --tls-client-ca any more";

/** A file with several authorities. */
async function bundle(...names: ("authority" | "other-authority")[]) {
  const path = await Deno.makeTempFile({ prefix: "maglev-ca-" });
  const texts = await Promise.all(names.map((name) => Deno.readTextFile(certFile(name))));
  await Deno.writeTextFile(path, texts.join(""));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("a certificate is good no more once its authority is not trusted", async () => {
  await using both = await bundle("authority", "other-authority");
  const first = await trusting(both.path);
  await using alice = await shown({ as: "alice" }, first);
  await using mallory = await shown({ as: "mallory" }, first);
  const problems = () => [alice, mallory].map(({ certificate }) => certificate.problem);
  const become = async (path: string) => {
    const identity = await trusting(path, alice.source.identity);
    for (const { source } of [alice, mallory]) source.identity = identity;
  };
  assert.deepEqual(problems(), [undefined, undefined]);
  await become(certFile("authority"));
  assert.deepEqual(problems(), [undefined, noMore]);
  await become(certFile("other-authority"));
  assert.deepEqual(problems(), [noMore, undefined]);
  await become(certFile("authority-renewed"));
  assert.deepEqual(problems(), [undefined, noMore]);
  // It was proven in the handshake, and is again by who vouches for it.
  await become(both.path);
  assert.deepEqual(problems(), [undefined, undefined]);
});

Deno.test("a certificate by one in the middle is good as long as that is", async () => {
  await using carol = await shown({ as: "carol" }, await trusting(certFile("authority")));
  const { certificate, source } = carol;
  assert.equal(certificate.problem, undefined);
  source.identity = await trusting(certFile("middle"));
  assert.equal(certificate.problem, undefined);
  source.identity = await trusting(certFile("authority-renewed"));
  assert.equal(certificate.problem, undefined);
  source.identity = await trusting(certFile("other-authority"));
  assert.equal(certificate.problem, noMore);
});

Deno.test("what a handshake has refused stays so, whoever is trusted later", async () => {
  await using mallory = await shown({ as: "mallory" }, await trusting(certFile("authority")));
  const { certificate, source } = mallory;
  const refused = "is not a client's by an authority of --tls-client-ca";
  assert.equal(certificate.problem, refused);
  source.identity = await trusting(certFile("other-authority"));
  assert.equal(certificate.problem, refused);
});

Deno.test("a certificate ends while its connection goes on", async () => {
  const clock = new FakeClock(Date.UTC(2119, 11, 31));
  await using alice = await shown({ as: "alice" }, await trusting(certFile("authority")), clock);
  assert.equal(alice.certificate.problem, undefined);
  clock.advance(86_400_000);
  assert.equal(alice.certificate.problem, undefined);
  clock.advance(1);
  assert.equal(alice.certificate.problem, "has expired on 2120-01-01");
});

Deno.test("of a client that has left already nothing is known", async () => {
  const identity = await trusting(certFile("authority"));
  // What node:tls has of a socket that is destroyed.
  const socket = { authorized: true, getPeerCertificate: () => null } as unknown as TLSSocket;
  const options = { identity, source: { identity }, clock: new FakeClock() };
  assert.equal(peerCertificate(socket, options), undefined);
});

Deno.test("a chain ends before the authority, wherever that ends, and has an end", () => {
  const link = (octet: number, issuerCertificate?: Shown): Shown => ({
    raw: new Uint8Array([octet]),
    ...issuerCertificate && { issuerCertificate },
  });
  const told = (shown: Shown) => chainOf(shown).map((der) => der.join()).join(" ");
  const root: { raw: Uint8Array; issuerCertificate?: Shown } = { raw: new Uint8Array([9]) };
  root.issuerCertificate = root;
  assert.equal(told(link(1, link(2, root))), "1 2");
  assert.equal(told(link(1, link(2))), "1");
  assert.equal(told(root), "");
  assert.equal(told({}), "");
  let long = link(99);
  for (let i = 12; i > 0; i--) long = link(i, long);
  assert.equal(told(long), "1 2 3 4 5 6 7 8 9 10");
});
