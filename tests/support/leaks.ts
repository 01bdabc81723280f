/**
 * Loaded before tests (`--preload`): each fails that leaves something open that `--sanitize-resources`
 * knows nothing of. That sees timers and the runtime's own resources, but no descriptor from libc, no
 * server or socket of `node:net`, no file of `node:fs`, no worker.
 *
 * What only needs a moment to be over, as a turn of the event loop that work in slices waits for, is
 * waited for here, before the runtime's own look, which would take it for a leak by chance.
 *
 * @module
 */

import process from "node:process";

/** So long after a test nothing may be open that was not before: longer than a busy machine takes. */
const graceMs = 10_000;

/** After this long it is not a turn of the loop that is waited for. */
const turnsMs = 20;

/** How many there are of each kind of thing that is open. */
type Open = ReadonlyMap<string, number>;

let before: Open = new Map();
let isExcused = false;

/** The present test may leave descriptors open, for a reason that is told here. */
export function mayLeaveDescriptors(_why: string): void {
  isExcused = true;
}

Deno.test.beforeEach(() => {
  isExcused = false;
  before = openNow();
});

Deno.test.afterEach(async () => {
  const start = performance.now();
  let ridAfter = turnsMs;
  for (;;) {
    const left = openedSince(before);
    if (left.length === 0) return;
    const waited = performance.now() - start;
    if (waited > graceMs) throw new Error(`this test leaves open: ${left.join(", ")}`);
    if (waited > ridAfter) {
      ridAfter = 2 * waited;
      await ridOfEndedWorkers();
    }
    await new Promise<void>((resolve) => void setTimeout(resolve, 1));
  }
});

function openNow(): Open {
  const open = new Map<string, number>();
  const all = process.getActiveResourcesInfo().concat(isExcused ? [] : descriptors());
  for (const what of all) open.set(what, (open.get(what) ?? 0) + 1);
  return open;
}

function openedSince(before: Open): string[] {
  const grown = (what: string, count: number) => count - (before.get(what) ?? 0);
  return [...openNow()].filter((each) => grown(...each) > 0)
    .map(([what, count]) => `${grown(what, count)} ${what}`);
}

/** Descriptors of this process by what they are: a path, `socket`, `anon_inode:[eventfd]`. */
function descriptors(): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      found.push(Deno.readLinkSync(`/proc/self/fd/${name}`).replace(/:\[\d+\]$/, ""));
    } catch (error) {
      // The one by which the folder is read, and what another thread has just closed.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}

let loaded = 0;

/**
 * The runtime keeps an eventfd and an epoll of the worker that ended last until it loads a module
 * (Deno 2.9.6).
 */
async function ridOfEndedWorkers(): Promise<void> {
  await import(`data:text/javascript,${loaded++}`);
}

// What the runtime opens with the first module that is loaded later stays open.
await ridOfEndedWorkers();
