import type { Raw } from "./socket.ts";
import type { Arena } from "./types.ts";

/** Milliseconds before a client that was turned away tries again; others have their turn. */
const againMs = 5;

/** Does `job` over and over, `width` at a time, until it is over; in a sample `rounds` times. */
export async function crew(
  arena: Arena,
  width: number,
  rounds: number,
  job: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const last = arena.size(Infinity, rounds);
  const worker = async () => {
    while (!arena.over.aborted && next < last) {
      await job(next++);
      await turn();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, last) }, worker));
  arena.settled();
}

/**
 * Keeps `width` connections, each opened by `open`, which says what it has to; opens another when
 * one is closed, but not in a sample. Settled when each was opened or refused once.
 */
export async function hold(
  arena: Arena,
  width: number,
  open: (n: number) => Promise<Raw | undefined>,
): Promise<void> {
  const held = new Set<Raw>();
  const isOver = over(arena);
  let opened = 0;
  let next = 0;
  const keeper = async () => {
    do {
      const raw = await open(next++);
      if (raw !== undefined) held.add(raw);
      if (++opened === width) arena.settled();
      await (raw === undefined ? pause(againMs) : Promise.race([raw.gone, isOver]));
      if (raw === undefined) continue;
      if (raw.isGone) arena.count("connections closed by maglevd");
      held.delete(raw);
      raw.close();
    } while (!arena.over.aborted && arena.size(1, 0) === 1);
  };
  await Promise.all(Array.from({ length: width }, keeper));
  await isOver;
}

/** Sends the same again and again until the peer has had enough, or `times` in a sample. */
export async function flood(
  arena: Arena,
  raw: Raw,
  bytes: Uint8Array,
  what: string,
  { each = 1, times = 3 }: { readonly each?: number; readonly times?: number } = {},
): Promise<void> {
  const most = arena.size(Infinity, times);
  for (let sent = 0; sent < most && !arena.over.aborted; sent++) {
    if (!await raw.send(bytes)) break;
    arena.count(what, each);
    await turn();
  }
}

/** Resolves when the attack is over. */
export function over({ over }: Arena): Promise<void> {
  if (over.aborted) return Promise.resolve();
  return new Promise((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resolves with the first of `ends`, when the attack is over, or after `ms`. */
export async function whicheverFirst(
  arena: Arena,
  ms: number,
  ...ends: readonly Promise<unknown>[]
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([...ends, over(arena), late]);
  clearTimeout(timer);
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when others had their turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
