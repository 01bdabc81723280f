import * as wire from "../support/wire.ts";
import { frames, politeFrames } from "./inputs.ts";
import { Random } from "./random.ts";

/** Where the server under attack listens. */
export interface Target {
  readonly hostname: string;
  readonly port: number;
}

type Attack = (conn: Deno.TcpConn, random: Random) => Promise<void>;

const handshake = wire.join(wire.preface, wire.settings(), wire.settingsAck);

const attacks: readonly Attack[] = [
  /** No HTTP/2 at all. */
  (conn, random) => write(conn, random.octets(1 + random.below(200))),
  /** A preface cut short. */
  (conn, random) => write(conn, wire.preface.subarray(0, random.below(24))),
  /** Anything that looks like frames, all at once. */
  (conn, random) => write(conn, wire.join(handshake, ...frames(random))),
  /** The same in pieces, read now and then, with the end missing. */
  async (conn, random) => {
    const all = wire.join(handshake, ...frames(random));
    const end = random.below(all.length);
    for (let at = 0; at < end; at += 37) {
      await write(conn, all.subarray(at, Math.min(end, at + 37)));
      if (random.oneIn(4)) await turn();
    }
  },
  /** One octet at a time. */
  async (conn, random) => {
    const all = wire.join(handshake, ...politeFrames(random)).subarray(0, 150);
    for (const octet of all) await write(conn, wire.octets(octet));
  },
  /** GOAWAY while streams are under way. */
  async (conn) => {
    const requests = [1, 3, 5, 7].map((id) => wire.headers(id, wire.get));
    await write(conn, wire.join(handshake, ...requests, wire.goaway(0, 0)));
    await readSome(conn);
  },
  /** Streams opened and reset. */
  async (conn, random) => {
    const streams = Array.from({ length: 200 }, (_, n) => [
      wire.headers(2 * n + 1, random.oneIn(2) ? wire.get : wire.post, wire.END_HEADERS),
      random.oneIn(9) ? wire.windowUpdate(2 * n + 1, 0) : wire.rstStream(2 * n + 1),
    ]);
    await write(conn, wire.join(handshake, ...streams.flat()));
    await readSome(conn);
  },
  /** Questions without an ear for the answers. */
  (conn, random) =>
    write(
      conn,
      wire.join(
        handshake,
        ...Array.from({ length: 150 }, () => random.pick([wire.ping(), wire.settings()])),
      ),
    ),
  /** Much asked for, the windows wide open, nothing read. */
  async (conn, random) => {
    const path = wire.get.map(([name, value]): wire.Field => [
      name,
      name === ":path" ? "/zeros?9999999" : value,
    ]);
    const requests = [1, 3, 5].map((id) => wire.headers(id, path));
    const windows = [wire.settings([4, 2 ** 31 - 1]), wire.windowUpdate(0, 2 ** 31 - 65_536)];
    await write(conn, wire.join(handshake, ...windows, ...requests));
    await turn();
    await write(conn, wire.rstStream(random.pick([1, 3, 5])));
  },
  /** A polite client that leaves in the middle of an answer. */
  async (conn, random) => {
    await write(conn, wire.join(handshake, ...politeFrames(random)));
    await readSome(conn);
  },
];

async function write(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readSome(conn: Deno.TcpConn): Promise<void> {
  await conn.read(new Uint8Array(4096));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Runs `count` hostile sessions, `parallel` at a time. The server's refusals are no failures. */
export async function fuzzSessions(
  targets: readonly Target[],
  seed: number,
  count: number,
  parallel: number,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const random = new Random(seed + next);
      const target = targets[next++ % targets.length];
      if (target) await session(target, random);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function session(target: Target, random: Random): Promise<void> {
  using conn = await connect(target);
  try {
    await random.pick(attacks)(conn, random);
    // Half of them wait for the server's last word; the rest leave it unread, which resets.
    if (random.oneIn(2)) await drain(conn);
  } catch (error) {
    if (!isPeerGone(error)) throw error;
  }
}

/** Ports run out for moments when thousands of sessions a second come and go. */
async function connect({ hostname, port }: Target): Promise<Deno.TcpConn> {
  for (;;) {
    try {
      return await Deno.connect({ hostname, port });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrNotAvailable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function drain(conn: Deno.TcpConn): Promise<void> {
  await conn.closeWrite();
  const buffer = new Uint8Array(16_384);
  while (await conn.read(buffer) !== null);
}

function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionAborted;
}

/** Asks politely for `/`. Resolves once the server answers a request with HEADERS. */
export async function assertAnswers({ hostname, port }: Target): Promise<void> {
  using conn = await Deno.connect({ hostname, port });
  await write(conn, wire.join(handshake, wire.headers(1, wire.get)));
  let seen = wire.octets();
  const buffer = new Uint8Array(16_384);
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error("the server closes instead of answering");
    seen = wire.join(seen, buffer.subarray(0, count));
    if (completeFrames(seen).some((frame) => frame.type === wire.types.HEADERS)) return;
  }
}

function completeFrames(bytes: Uint8Array): wire.SeenFrame[] {
  let end = 0;
  for (;;) {
    const [high = 0, middle = 0, low = 0] = bytes.subarray(end, end + 3);
    const next = end + 9 + high * 65_536 + middle * 256 + low;
    if (next > bytes.length) return wire.parse(bytes.subarray(0, end));
    end = next;
  }
}
