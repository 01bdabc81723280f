import assert from "node:assert/strict";
import { closeConn } from "../../lib/h2/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { TlsConn } from "../../lib/tls/mod.ts";
import { serverIdentity, TlsClient } from "../support/certificates.ts";
import { within } from "../support/deadline.ts";

/** No step takes so long, whatever else the machine does. */
const longestMs = 60_000;

/** Both ends of a connection of the kernel's, which closes and resets as no other does. */
interface Both {
  readonly server: TlsConn;
  readonly client: TlsClient;
  readonly below: Deno.Conn;
}

/** How a client leaves as soon as it takes hands for shaken, which is before the server does. */
const leavings: Readonly<Record<string, (both: Both) => void | Promise<void>>> = {
  "closes the connection below": ({ below }) => closeConn(below),
  "closes": ({ client }) => client.conn.close(),
  "says that it has said all": ({ client }) => client.conn.closeWrite(),
  "says so and closes": async ({ client }) => {
    await client.conn.closeWrite();
    client.conn.close();
  },
  "ends its socket": ({ client }) => void client.socket.end(),
  "stays": () => {},
};

/** What the server does then; it may fail, and has to come to an end. */
const doings: Readonly<Record<string, (server: TlsConn) => Promise<unknown>>> = {
  "ends": (server) => server.closeWrite(),
  "ends twice": (server) => Promise.all([server.closeWrite(), server.closeWrite()]),
  "writes and ends": async (server) => {
    await server.write(new Uint8Array(1));
    await server.closeWrite();
  },
  "writes much, ends and is closed meanwhile": async (server) => {
    const work = [server.write(new Uint8Array(4_000_000)), server.closeWrite()];
    server.close();
    await Promise.allSettled(work);
  },
  "ends when it was closed": async (server) => {
    server.close();
    await server.closeWrite();
  },
};

async function meet(maxVersion: "TLSv1.2" | "TLSv1.3"): Promise<Both> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const below = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const source = { identity: await serverIdentity() };
  const options = { source, clock: systemClock, toPlainText: new Uint8Array() };
  const server = new TlsConn(await listener.accept(), options);
  return { server, client: new TlsClient(below, { maxVersion }), below };
}

/** Whether hands were shaken on both sides. */
async function visit(
  maxVersion: "TLSv1.2" | "TLSv1.3",
  leave: (both: Both) => void | Promise<void>,
  act: (server: TlsConn) => Promise<unknown>,
): Promise<boolean> {
  const both = await meet(maxVersion);
  const { server, client, below } = both;
  const left = client.secured().then(() => leave(both)).catch(() => {});
  const isShaken = await server.handshake().then(() => true, () => false);
  if (isShaken) await act(server).catch(() => {});
  server.close();
  await left;
  client.conn.close();
  closeConn(below);
  return isShaken;
}

for (const [how, leave] of Object.entries(leavings)) {
  for (const [what, act] of Object.entries(doings)) {
    Deno.test(`a client ${how} right after the handshake, and the server ${what}`, async () => {
      let shaken = 0;
      for (const version of ["TLSv1.2", "TLSv1.3", "TLSv1.3"] as const) {
        const over = visit(version, leave, act);
        if (await within(longestMs, `the end of ${version}`, over)) shaken++;
      }
      assert.ok(shaken > 0, "in TLS 1.2 the server is done first");
    });
  }
}
