import assert from "node:assert/strict";
import { libc } from "../../../lib/net/libc.ts";
import { Poller, type Watch } from "../../../lib/net/poller.ts";
import { type Clock, FakeClock, type Timer } from "../../../lib/time/mod.ts";

export const EPOLLIN = 1;
export const EPOLLET = 0x8000_0000;
const nonBlocking = 0o4000;

/** Descriptors that a test makes readable as it likes: eventfd(2). */
export class Signals implements Disposable {
  readonly #open: number[] = [];

  make(): number {
    const fd = libc.eventfd(0, nonBlocking);
    this.#open.push(fd);
    return fd;
  }
  raise(fd: number): void {
    assert.equal(libc.write(fd, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 8n), 8);
  }
  clear(fd: number): void {
    assert.equal(libc.read(fd, new Uint8Array(8), 8n), 8);
  }
  [Symbol.dispose](): void {
    for (const fd of this.#open) libc.close(fd);
  }
}

/** A poller, and what it tells of descriptors by name. */
export class Stage implements AsyncDisposable {
  readonly signals = new Signals();
  readonly told: string[] = [];
  readonly poller: Poller;

  constructor(clock: Clock = new FakeClock(), isDriven = false) {
    this.poller = new Poller(clock, isDriven);
  }
  /** Watches for changes of a descriptor; `then` is called when one was told. */
  watch(name: string, then = () => {}, raised = true): { fd: number; watch: Watch } {
    const fd = this.signals.make();
    if (raised) this.signals.raise(fd);
    const watch = this.poller.watch(fd, EPOLLIN | EPOLLET, {
      ready: (events) => {
        this.told.push(`${name} ${events}`);
        then();
      },
    });
    assert.ok(typeof watch !== "number");
    return { fd, watch };
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.poller.close();
    this.signals[Symbol.dispose]();
  }
}

/** A clock that stands still, and counts how often it is looked at. */
export class CountingClock implements Clock {
  asked = 0;
  readonly turn = new FakeClock().turn;

  now(): number {
    this.asked++;
    return 1000;
  }
  wall(): number {
    return 0;
  }
  after(): Timer {
    return { cancel() {} };
  }
}

/** Closes, and says whether no thread had to come back for that: none of them does in microtasks. */
export async function closesAtOnce(poller: Poller): Promise<boolean> {
  let isClosed = false;
  const closing = poller.close().then(() => isClosed = true);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  const atOnce = isClosed;
  await closing;
  return atOnce;
}
