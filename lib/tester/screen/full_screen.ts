import { signalProcess } from "../../net/mod.ts";
import type { Clock, Timer } from "../../time/mod.ts";
import type { Board } from "../board.ts";
import type { Round } from "../round.ts";
import { type Controls, press, untouched } from "./controls.ts";
import { type Key, KeyReader } from "./keys.ts";
import type { Paint } from "./paint.ts";
import { Screen, type Terminal } from "./screen.ts";
import { draw, type Frame, type View } from "./view.ts";

/** Between two frames, in milliseconds. */
const frameMs = 250;

const sigstop = 19;

/** What the full screen needs. */
export interface FullScreenInit
  extends Pick<View, "unasked" | "intervalMs" | "timeoutMs" | "keepalive"> {
  readonly board: Board;
  readonly round: Round;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly paint: Paint;
  /** The terminal has gone, or somebody wants to quit. */
  readonly quit: () => void;
}

/** The program's face: draws four times a second and does what keys say. */
export class FullScreen implements Disposable {
  readonly #init: FullScreenInit;
  readonly #screen: Screen;
  readonly #keys = new KeyReader();
  #controls: Controls = untouched;
  #frame: Frame | undefined;
  #pausedAt: number | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  /** Takes the terminal, and shows the first frame. */
  constructor(init: FullScreenInit) {
    this.#init = init;
    this.#screen = new Screen(init.terminal);
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
    const { board, terminal, clock, paint } = this.#init;
    const now = this.#pausedAt ?? clock.now();
    const size = terminal.size();
    const frame = draw({ ...this.#init, board, controls: this.#controls, now }, size, paint);
    this.#frame = frame;
    this.#screen.show(frame.lines, size).catch(() => this.#init.quit());
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
    this.#timer = this.#init.clock.after(frameMs, () => this.#turn());
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
        return this.#init.quit();
      case "reset":
        return this.#reset();
      case "redraw":
        return this.#screen.forget();
      case "stop":
        return this.stop();
    }
  }

  #reset(): void {
    const now = this.#init.clock.now();
    this.#init.board.reset(now);
    if (this.#pausedAt !== undefined) this.#pausedAt = now;
  }

  #pause(isPaused: boolean): void {
    const { round, clock } = this.#init;
    this.#pausedAt = isPaused ? clock.now() : undefined;
    if (isPaused) round.pause();
    else round.resume();
  }
}
