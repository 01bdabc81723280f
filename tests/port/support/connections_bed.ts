import type { H2Handler } from "../../../lib/h2/mod.ts";
import { Connections } from "../../../lib/port/connections.ts";
import type { ConnectionOptions } from "../../../lib/port/connections.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import type { TlsIdentity } from "../../../lib/tls/mod.ts";
import { MemoryConn } from "../../support/memory_conn.ts";
import { Budgets } from "../../../lib/port/budget.ts";
import { PeerShares } from "../../../lib/port/peer_shares.ts";
import { FakeLog } from "./fake_log.ts";

export const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const emptySettings = "\0\0\0\x04\0\0\0\0\0";
export const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/** Connections whose handlers say how they were asked. */
export function setUp(options: Partial<ConnectionOptions> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const budgets = new Budgets(log, clock);
  const open = (unit: string, limit: number) =>
    budgets.open({ name: `test-${unit}`, unit, limit, reason: "so many" });
  const told: string[] = [];
  const asked: string[] = [];
  const handler = (protocol: string): H2Handler => ({ scheme, peer, path }) => {
    asked.push(`${protocol} ${scheme} ${peer} ${path}`);
    return Promise.resolve({ status: 204, headers: [] });
  };
  const connections = new Connections({
    name: "grpc",
    clock,
    log,
    observer: {
      opened: () => void told.push("opened"),
      closed: () => void told.push("closed"),
      refused: () => void told.push("refused"),
      displaced: () => void told.push("displaced"),
      failed: () => void told.push("failed"),
    },
    handlers: { http1: handler("h1"), http2: handler("h2") },
    connections: new PeerShares(open("connections", 10), { perPrefix: 10, reserved: 0 }),
    requests: new PeerShares(open("requests", 10), { perPrefix: 10, reserved: 0 }),
    handshakes: new PeerShares(open("handshakes", 10), { perPrefix: 10, reserved: 0 }),
    leaving: 2,
    h1: {},
    h2: {},
    handshakeMs: 5000,
    ...options,
  });
  const visit = (identity?: TlsIdentity, peer = "192.0.2.1") => {
    const [client, conn] = MemoryConn.pair();
    return { client, conn, over: connections.serve(conn, peer, identity && { identity }) };
  };
  return { clock, log, told, asked, connections, visit };
}

/** Whether there is a frame of type GOAWAY among these, which have no payload with its number. */
export function hasGoaway(frames: string): boolean {
  return [...frames].some((character) => character.charCodeAt(0) === 7);
}

/** What a connection says up to where `end` is seen. */
export async function told(client: MemoryConn, end: string): Promise<string> {
  let text = "";
  while (!text.includes(end)) text += await client.text();
  return text;
}
