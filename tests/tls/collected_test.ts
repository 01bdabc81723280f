import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { TlsConn, type TlsIdentity } from "../../lib/tls/mod.ts";
import { serverIdentity, TlsClient } from "../support/certificates.ts";
import { MemoryConn } from "../support/memory_conn.ts";
import { forget } from "../support/garbage.ts";

/** Connections of each kind: whatever keeps a few for good is no leak. */
const each = 30;

/** How many of these are still there when whatever nobody holds any more was collected. */
async function left(conns: readonly WeakRef<object>[]): Promise<number> {
  await forget();
  return conns.filter((conn) => conn.deref()).length;
}

/** A connection that has ended, in whatever way. */
type Ended = (identity: TlsIdentity) => Promise<WeakRef<object>>;

function begin(identity: TlsIdentity) {
  const [theirs, ours] = MemoryConn.pair();
  const clock = new FakeClock();
  const server = new TlsConn(ours, { source: { identity }, clock, toPlainText: new Uint8Array() });
  return { theirs, ours, server };
}

const ways: Readonly<Record<string, Ended>> = {
  "handshakes of nonsense": async (identity) => {
    const { theirs, ours, server } = begin(identity);
    await theirs.write(new Uint8Array([22, 3, 1, 0, 5, 1, 2, 3, 4, 5]));
    await assert.rejects(server.handshake());
    theirs.close();
    return new WeakRef(ours);
  },
  "handshakes that are left": async (identity) => {
    const { theirs, ours, server } = begin(identity);
    theirs.close();
    await assert.rejects(server.handshake());
    return new WeakRef(ours);
  },
  "handshakes that take too long": async (identity) => {
    const { theirs, ours, server } = begin(identity);
    await theirs.write(new Uint8Array([22, 3, 1, 0, 5, 1]));
    server.close();
    await assert.rejects(server.handshake());
    theirs.close();
    return new WeakRef(ours);
  },
  "connections": async (identity) => {
    const { theirs, ours, server } = begin(identity);
    const client = new TlsClient(theirs);
    await Promise.all([server.handshake(), client.secured()]);
    client.conn.close();
    server.close();
    return new WeakRef(ours);
  },
};

for (const [what, way] of Object.entries(ways)) {
  Deno.test(`nothing stays of ${what} that have ended`, async () => {
    const identity = await serverIdentity();
    const conns: WeakRef<object>[] = [];
    for (let i = 0; i < each; i++) conns.push(await way(identity));
    const count = await left(conns);
    assert.ok(count < each / 3, `${count} of ${each} are left`);
  });
}
