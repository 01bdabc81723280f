import assert from "node:assert/strict";
import { systemClock } from "../../lib/time/mod.ts";
import { type PeerCertificate, TlsConn, type TlsIdentity } from "../../lib/tls/mod.ts";
import { certFile, keyFile, serverIdentity } from "../support/certificates.ts";
import { havePrograms, needing } from "../support/programs.ts";

/** Serves one client of openssl's; tells what it has shown, and what openssl says of the session. */
async function visited(identity: TlsIdentity, ...options: string[]) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = new Deno.Command("openssl", {
    args: [
      ...[
        "s_client",
        "-ign_eof",
        "-connect",
        `127.0.0.1:${listener.addr.port}`,
        "-servername",
        "localhost",
      ],
      ...["-CAfile", certFile("authority"), ...options],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const server = new TlsConn(await listener.accept(), {
    ...{ source: { identity }, clock: systemClock, toPlainText: new Uint8Array() },
  });
  const { certificate } = await server.handshake();
  // Behind it come the tickets, for those who read on.
  await server.write(new Uint8Array([65]));
  await server.closeWrite();
  const { stdout } = await client.output();
  server.close();
  const [, isNew] = /^(New|Reused), /m.exec(new TextDecoder().decode(stdout)) ?? [];
  return `${isNew}: ${told(certificate)}`;
}

function told(certificate: PeerCertificate | undefined): string {
  return certificate ? certificate.problem ?? "good" : "nobody";
}

/** Shakes hands with a certificate, and once more without it, by the session of the first time. */
async function twice(
  as: "alice" | "mallory",
  version: string,
  first: TlsIdentity,
  second: TlsIdentity,
): Promise<readonly string[]> {
  const file = await Deno.makeTempFile();
  try {
    const shown = ["-cert", certFile(as), "-key", keyFile(as)];
    return [
      await visited(first, version, ...shown, "-sess_out", file),
      await visited(second, version, "-sess_in", file),
    ];
  } finally {
    await Deno.remove(file);
  }
}

const goOn = "sessions that go on";

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test({
    ...needing(havePrograms("openssl"), "openssl", `${goOn} count as what they began as${version}`),
    async fn() {
      const identity = await serverIdentity(true);
      assert.deepEqual(await twice("alice", version, identity, identity), [
        "New: good",
        "Reused: good",
      ]);
    },
  });

  Deno.test({
    ...needing(havePrograms("openssl"), "openssl", `${goOn} make no certificate good${version}`),
    async fn() {
      const identity = await serverIdentity(true);
      const [first, second] = await twice("mallory", version, identity, identity);
      assert.equal(first, "New: is not a client's by an authority of --tls-client-ca");
      assert.equal(second, "Reused: was shown in an earlier session: connect anew");
    },
  });

  Deno.test({
    ...needing(havePrograms("openssl"), "openssl", `${goOn} outlive no authority${version}`),
    async fn() {
      const [before, after] = [await serverIdentity(true), await serverIdentity(true)];
      assert.deepEqual(await twice("alice", version, before, after), [
        "New: good",
        "Reused: was shown in an earlier session: connect anew",
      ]);
    },
  });
}
