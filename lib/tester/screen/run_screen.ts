import { FullScreen, type FullScreenInit } from "./full_screen.ts";
import { systemTerminal } from "./screen.ts";

/** What the screen is to show, and for how long; undefined: until somebody quits. */
export type RunScreenInit = Omit<FullScreenInit, "terminal" | "quit"> & {
  readonly durationMs: number | undefined;
};

/**
 * Asks and shows until somebody quits, a signal comes, or the time is over. However it ends, also by
 * an error that nobody expected, the terminal is given back as it was.
 */
export async function runScreen({ durationMs, ...init }: RunScreenInit): Promise<void> {
  const { round, clock } = init;
  const over = Promise.withResolvers<void>();
  const quit = () => over.resolve();
  using parts = new DisposableStack();
  const screen = parts.use(new FullScreen({ ...init, terminal: systemTerminal, quit }));
  listen(parts, screen, quit, over.reject);
  if (durationMs !== undefined) {
    const timer = clock.after(durationMs, () => round.finish().then(over.resolve));
    parts.defer(() => timer.cancel());
  }
  readKeys(screen).then(quit, quit);
  round.resume();
  await over.promise;
}

function listen(
  parts: DisposableStack,
  screen: FullScreen,
  quit: () => void,
  fail: (error: unknown) => void,
): void {
  const signals = [
    ["SIGINT", quit],
    ["SIGTERM", quit],
    ["SIGHUP", quit],
    ["SIGWINCH", () => screen.redraw()],
    ["SIGTSTP", () => screen.stop()],
    ["SIGCONT", () => screen.continued()],
  ] as const;
  for (const [signal, listener] of signals) {
    Deno.addSignalListener(signal, listener);
    parts.defer(() => Deno.removeSignalListener(signal, listener));
  }
  const failed = (event: ErrorEvent) => {
    event.preventDefault();
    fail(event.error);
  };
  const rejected = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    fail(event.reason);
  };
  // Whoever calls Deno.exit does so without regard to what is open.
  const exiting = () => screen[Symbol.dispose]();
  globalThis.addEventListener("error", failed);
  globalThis.addEventListener("unhandledrejection", rejected);
  globalThis.addEventListener("unload", exiting);
  parts.defer(() => {
    globalThis.removeEventListener("error", failed);
    globalThis.removeEventListener("unhandledrejection", rejected);
    globalThis.removeEventListener("unload", exiting);
  });
}

/** Resolves when the terminal has gone; without one it never does. */
async function readKeys(screen: FullScreen): Promise<void> {
  if (!Deno.stdin.isTerminal()) return await new Promise(() => {});
  const buffer = new Uint8Array(256);
  for (;;) {
    const length = await Deno.stdin.read(buffer);
    if (length === null) return;
    screen.keyed(buffer.subarray(0, length));
  }
}
