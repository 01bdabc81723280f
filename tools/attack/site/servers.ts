/**
 * The servers of the site, as a process of their own: `servers.ts PULSE-ADDRESS`. One socket each
 * for HTTP and TCP serves all addresses. Prints the ports as JSON; then, for each line it is
 * given, the gaps between probes of that address since the line before.
 *
 * @module
 */

import { inputLines } from "./lines.ts";

/** What has been seen since the last look. */
export interface PulseSeen {
  /** Milliseconds between two probes at worst, the time since the last one included. */
  readonly worstGapMs: number;
  readonly probes: number;
}

const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwell\n");

async function serve(listener: Deno.TcpListener, each: (conn: Deno.TcpConn) => void) {
  for (;;) {
    try {
      each(await listener.accept());
    } catch (error) {
      expectReset(error);
    }
  }
}

function main([pulseAddress]: string[]): void {
  let last = performance.now();
  let worst = 0;
  let probes = 0;
  const gap = () => Math.max(worst, performance.now() - last);
  const http = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const tcp = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  void serve(http, (conn) => {
    if ((conn.localAddr as Deno.NetAddr).hostname === pulseAddress) {
      worst = gap();
      last = performance.now();
      probes++;
    }
    void reply(conn);
  });
  void serve(tcp, (conn) => void hangUp(conn));
  console.log(JSON.stringify({ http: http.addr.port, tcp: tcp.addr.port }));
  void inputLines(() => {
    const seen: PulseSeen = { worstGapMs: gap(), probes };
    worst = probes = 0;
    last = Math.max(last, performance.now() - seen.worstGapMs);
    console.log(JSON.stringify(seen));
  });
}

async function reply(conn: Deno.TcpConn): Promise<void> {
  using _ = conn;
  try {
    await conn.read(new Uint8Array(2_048));
    await conn.write(answer);
    await conn.read(new Uint8Array(16));
  } catch (error) {
    expectReset(error);
  }
}

async function hangUp(conn: Deno.TcpConn): Promise<void> {
  using _ = conn;
  try {
    await conn.read(new Uint8Array(16));
  } catch (error) {
    expectReset(error);
  }
}

/** Probes end with a reset, even before they are accepted. */
function expectReset(error: unknown): void {
  const isReset = error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected;
  if (!isReset) throw error;
}

if (import.meta.main) main(Deno.args);
