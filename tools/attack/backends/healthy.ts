/**
 * Servers that are well, as a process of their own: `healthy.ts CERTIFICATE KEY`. One socket for
 * HTTP, TCP and HTTPS each serves all addresses of this machine. Prints the ports as JSON; then,
 * for each line it is given, what it has seen since the line before.
 *
 * @module
 */

import { inputLines } from "../site/lines.ts";

/** What has been seen since the last look, in milliseconds. */
export interface HealthySeen {
  /** The longest time between two probes of one server, and of which one. */
  readonly worstGapMs: number;
  readonly worst: string;
  readonly probes: number;
  /** How late this process itself was at worst: gaps are not known better. */
  readonly ownLagMs: number;
}

/** Where they listen. */
export interface HealthyPorts {
  readonly http: number;
  readonly tcp: number;
  readonly https: number;
}

const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nall is wel");
const tickMs = 5;

class Visits {
  readonly #last = new Map<string, number>();
  #worstGapMs = 0;
  #worst = "";
  #probes = 0;
  #ownLagMs = 0;

  watchSelf(): void {
    let due = performance.now() + tickMs;
    setInterval(() => {
      this.#ownLagMs = Math.max(this.#ownLagMs, performance.now() - due);
      due = performance.now() + tickMs;
    }, tickMs);
  }

  note(address: string): void {
    const now = performance.now();
    this.#gap(address, now);
    this.#last.set(address, now);
    this.#probes++;
  }

  /** What was seen; who has not been probed any more counts up to now. */
  look(): HealthySeen {
    const now = performance.now();
    for (const address of this.#last.keys()) this.#gap(address, now);
    const seen = {
      worstGapMs: this.#worstGapMs,
      worst: this.#worst,
      probes: this.#probes,
      ownLagMs: this.#ownLagMs,
    };
    this.#worstGapMs = this.#probes = this.#ownLagMs = 0;
    return seen;
  }

  #gap(address: string, now: number): void {
    const gap = now - (this.#last.get(address) ?? now);
    if (gap <= this.#worstGapMs) return;
    this.#worstGapMs = gap;
    this.#worst = address;
  }
}

async function serve(
  listener: Deno.Listener,
  visits: Visits,
  answers: boolean,
): Promise<void> {
  for (;;) {
    const connection = await listener.accept();
    visits.note((connection.localAddr as Deno.NetAddr).hostname);
    void reply(connection, answers);
  }
}

async function reply(connection: Deno.Conn, answers: boolean): Promise<void> {
  using _ = connection;
  try {
    await connection.read(new Uint8Array(2_048));
    if (answers) await connection.write(answer);
    await connection.read(new Uint8Array(16));
  } catch (error) {
    // Probes end with a reset, in the middle of a handshake, too.
    if (!(error instanceof Error)) throw error;
  }
}

async function main([certificate = "", key = ""]: string[]): Promise<void> {
  const visits = new Visits();
  visits.watchSelf();
  const place = { hostname: "0.0.0.0", port: 0 };
  const [cert, pem] = await Promise.all([Deno.readTextFile(certificate), Deno.readTextFile(key)]);
  const http = Deno.listen(place);
  const tcp = Deno.listen(place);
  const https = Deno.listenTls({ ...place, cert, key: pem });
  void serve(http, visits, true);
  void serve(tcp, visits, false);
  void serve(https, visits, true);
  const portOf = ({ addr }: Deno.Listener) => (addr as Deno.NetAddr).port;
  const ports = { http: portOf(http), tcp: portOf(tcp), https: portOf(https) };
  console.log(JSON.stringify(ports satisfies HealthyPorts));
  await inputLines(() => console.log(JSON.stringify(visits.look())));
}

if (import.meta.main) await main(Deno.args);
