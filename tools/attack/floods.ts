import * as wire from "../../tests/h2/support/wire.ts";
import { crew, flood, whicheverFirst } from "./crew.ts";
import { Ended } from "./ended.ts";
import { greeting } from "./grpc.ts";
import { type Dial, dial, ignore, type Raw } from "./socket.ts";
import type { Arena } from "./types.ts";

/** Opens a connection and greets. */
export async function open(
  arena: Arena,
  options: Dial,
  window?: number,
): Promise<Raw | undefined> {
  const raw = await dial(arena, options);
  if (raw !== undefined) await raw.send(greeting(window));
  return raw;
}

/** How to flood. */
export interface FloodOptions {
  /** How many of what is counted one piece holds. */
  readonly each?: number;
  /** Connections at a time; ten if not given. */
  readonly width?: number;
  /** Rounds of a sample: connections in all. */
  readonly rounds?: number;
}

/**
 * Floods from ever new connections with the same octets, again and again on each until maglevd has
 * had enough of it.
 */
export async function frameFlood(
  arena: Arena,
  what: string,
  bytes: Uint8Array,
  { each = 1, width = 10, rounds = 10 }: FloodOptions = {},
): Promise<void> {
  await crew(arena, width, rounds, async (n) => {
    const raw = await open(arena, { from: n, hear: ignore });
    if (raw === undefined) return;
    await flood(arena, raw, bytes, what, { each });
    raw.close();
  });
}

/**
 * Sends the same octets once over each of ever new connections, and waits until maglevd has read
 * them, or has had enough.
 */
export async function burst(
  arena: Arena,
  what: string,
  bytes: Uint8Array,
  options: FloodOptions = {},
): Promise<void> {
  await exchange(arena, what, wire.join(bytes, wire.ping()), Infinity, options);
}

/** Sends the same calls over ever new connections, and waits until `each` have been answered. */
export async function callFlood(
  arena: Arena,
  what: string,
  bytes: Uint8Array,
  options: FloodOptions = {},
): Promise<void> {
  await exchange(arena, what, bytes, options.each ?? 1, options);
}

async function exchange(
  arena: Arena,
  what: string,
  bytes: Uint8Array,
  answers: number,
  { each = 1, width = 10, rounds = 10 }: FloodOptions,
): Promise<void> {
  await crew(arena, width, rounds, async (n) => {
    const ended = new Ended(answers);
    const raw = await open(arena, { from: n, hear: (piece) => ended.take(piece) });
    if (raw === undefined) return;
    if (await raw.send(bytes)) arena.count(what, each);
    await whicheverFirst(arena, patienceMs, ended.all, raw.gone);
    if (ended.count > 0) arena.count("answers", ended.count);
    raw.close();
  });
}

/** Milliseconds that an attacker waits for answers. */
const patienceMs = 20_000;
