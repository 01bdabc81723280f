import { signalProcess } from "../../net/mod.ts";
import type { Clock, Timer } from "../../time/mod.ts";
import type { Board } from "../board.ts";
import type { Round } from "../round.ts";
import type { Paint } from "../text.ts";
import { Screen, systemTerminal } from "./screen.ts";
import { type Controls, press, untouched } from "./controls.ts";
import { type Key, KeyReader } from "./keys.ts";
import { draw, type Frame, type View } from "./view.ts";

/** What the screen is to show. */
export interface FullScreenInit
  extends Pick<View, "unasked" | "intervalMs" | "timeoutMs" | "keepalive"> {
  readonly board: Board;
  readonly round: Round;
  readonly clock: Clock;
  readonly paint: Paint;
  /** For how long; undefined: until somebody quits. */
  readonly durationMs: number | undefined;
}

/**
 * Asks and shows until somebody quits, a signal comes, or the time is over. However it ends, also by
 * an error that nobody expected, the terminal is given back as it was.
 */
export async function runScreen(init: FullScreenInit): Promise<void> {
  const { round, clock, durationMs } = init;
  const over = Promise.withResolvers<void>();
  const quit = () => over.resolve();
  using parts = new DisposableStack();
  const screen = parts.use(new FullScreen(init, quit));
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

/** Between two frames, in milliseconds. */
const frameMs = 250;

const sigstop = 19;

/** The program's face: draws four times a second and does what keys say. */
class FullScreen implements Disposable {
  readonly #screen = new Screen(systemTerminal);
  readonly #keys = new KeyReader();
  #controls: Controls = untouched;
  #frame: Frame | undefined;
  #pausedAt: number | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  /** Takes the terminal, and shows the first frame. `quit`: it has gone, or somebody wants to. */
  constructor(private readonly init: FullScreenInit, private readonly quit: () => void) {
    this.#screen.enter();
    this.#turn();
  }

  /** Bytes that the terminal sent. */
  keyed(bytes: Uint8Array): void {
    for (const key of this.#keys.read(bytes)) this.#press(key);
    this.redraw();
  }

  /** Draws at once, as after a change of the size. */
  redraw(): void {
    if (this.#isOver) return;
    const { board, clock, paint } = this.init;
    const now = this.#pausedAt ?? clock.now();
    const size = systemTerminal.size();
    const frame = draw({ ...this.init, board, controls: this.#controls, now }, size, paint);
    this.#frame = frame;
    this.#screen.show(frame.lines, size).catch(() => this.quit());
  }

  /** Gives the terminal back and stops this process, as Ctrl-Z does elsewhere. */
  stop(): void {
    this.#screen.leave();
    signalProcess(Deno.pid, sigstop);
  }

  /** The process goes on after it was stopped: takes the terminal again, whoever had it meanwhile. */
  continued(): void {
    if (this.#isOver) return;
    this.#screen.leave();
    this.#screen.enter();
    this.redraw();
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#screen[Symbol.dispose]();
  }

  #turn(): void {
    this.redraw();
    this.#timer = this.init.clock.after(frameMs, () => this.#turn());
  }

  #press(key: Key): void {
    const extent = this.#frame?.extent ?? { vips: 0, page: 1 };
    const { controls, action } = press(this.#controls, key, extent);
    const wasPaused = this.#controls.isPaused;
    this.#controls = controls;
    if (controls.isPaused !== wasPaused) this.#pause(controls.isPaused);
    switch (action) {
      case undefined:
        return;
      case "quit":
        return this.quit();
      case "reset":
        return this.#reset();
      case "redraw":
        return this.#screen.forget();
      case "stop":
        return this.stop();
    }
  }

  #reset(): void {
    const now = this.init.clock.now();
    this.init.board.reset(now);
    if (this.#pausedAt !== undefined) this.#pausedAt = now;
  }

  #pause(isPaused: boolean): void {
    const { round, clock } = this.init;
    this.#pausedAt = isPaused ? clock.now() : undefined;
    if (isPaused) round.pause();
    else round.resume();
  }
}
