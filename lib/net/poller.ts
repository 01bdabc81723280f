import type { Clock, Timer } from "../time/mod.ts";
import { EPOLL_CTL_ADD, EPOLLET, EPOLLIN, O_CLOEXEC } from "./constants.ts";
import { errnoNumber, NetError } from "./errno.ts";
import { EventBuffer, noSlot } from "./event_buffer.ts";
import { FileDescriptor } from "./fd.ts";
import { guarded } from "./guarded.ts";
import { errno, libc } from "./libc.ts";
import { Linger, napMicroseconds, napsAtMost } from "./linger.ts";
import { Pace } from "./pace.ts";

/** Told when a watched descriptor can make progress. */
export interface Watcher {
  /** `events` are EPOLL bits. Edge-triggered: read or write until EAGAIN. */
  ready(events: number): void;
}

/** A descriptor in the poller. Slot and generation travel through the kernel and back. */
export interface Watch {
  readonly slot: number;
  readonly generation: number;
  readonly watcher: Watcher;
}

/** What the poller is at. */
type State =
  /** Nothing is watched, or nobody has been set to look yet. */
  | "idle"
  /** The waiter sleeps in epoll_wait. */
  | "sleeping"
  /** A timer runs until the next look. */
  | "pausing"
  /** Events are being fetched and told. */
  | "looking"
  | "closed";

/** Events fetched by one system call. */
const batch = 256;
/** Longest time in milliseconds that a look may keep the event loop. */
const budgetMs = 4;
/** The waiter looks up this often, so that an idle program that forgot to close can end. */
const longestSleepMs = 1000;
/** So many sockets that began to wait together are a burst. */
const burstSize = 4;
const EINTR = errnoNumber("EINTR");
const EFD_CLOEXEC_NONBLOCK = 0o2004000;

/**
 * One epoll instance and its one waiter: an epoll_wait that sleeps on a thread of Deno's pool while
 * something is watched. Everything else is synchronous on this thread.
 *
 * A wake-up through the pool costs as much as the probe it is for. So while wake-ups follow each
 * other closely the poller looks at intervals instead ({@link Pace}), and after a burst of new
 * sockets it lingers a moment for their answers ({@link Linger}).
 */
export class Poller {
  readonly #clock: Clock;
  readonly #epoll: FileDescriptor;
  readonly #wake: FileDescriptor;
  readonly #looked = new EventBuffer(batch);
  readonly #slept = new EventBuffer(batch);
  readonly #request = new EventBuffer(1);
  readonly #slots: (Watch | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #pace = new Pace();
  readonly #linger = new Linger();
  #generation = 0;
  #watched = 0;
  /** Answers expected since the last burst was settled. */
  #fresh = 0;
  #state: State = "idle";
  #sleep: Promise<void> | undefined;
  #tick: Timer | undefined;

  /** Throws {@link NetError}. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#epoll = owned("create the epoll instance", libc.epoll_create1(O_CLOEXEC));
    try {
      this.#wake = owned("create the eventfd", libc.eventfd(0, EFD_CLOEXEC_NONBLOCK));
    } catch (error) {
      this.#epoll[Symbol.dispose]();
      throw error;
    }
    this.#add(this.#wake.number, EPOLLIN, noSlot, 0);
  }

  /**
   * Calls `watcher` whenever `fd` turns ready for `interest` (EPOLL bits), never from within this
   * call, until {@link unwatch}. Returns the errno instead when the kernel refuses.
   */
  watch(fd: number, interest: number, watcher: Watcher): Watch | number {
    const slot = this.#free.pop() ?? this.#slots.length;
    const watch = { slot, generation: this.#generation, watcher };
    this.#generation = (this.#generation + 1) >>> 0;
    const failure = this.#add(fd, interest | EPOLLET, slot, watch.generation);
    this.#slots[slot] = failure === 0 ? watch : undefined;
    if (failure !== 0) {
      this.#free.push(slot);
      return failure;
    }
    this.#watched++;
    this.expect();
    return watch;
  }

  /** An answer is expected soon on something that is watched. */
  expect(): void {
    if (this.#fresh++ === 0) queueMicrotask(() => this.#settle());
  }

  /** Forgets a watch whose descriptor is about to be closed, which ends it in the kernel too. */
  unwatch(watch: Watch): void {
    if (this.#slots[watch.slot] !== watch) return;
    this.#slots[watch.slot] = undefined;
    this.#free.push(watch.slot);
    this.#watched--;
  }

  /** Wakes and awaits the waiter, then closes. Watched descriptors stay their owners'. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#tick?.cancel();
    libc.write(this.#wake.number, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 8n);
    await this.#sleep;
    this.#wake[Symbol.dispose]();
    this.#epoll[Symbol.dispose]();
  }

  /** Adds a descriptor to the kernel's set; returns the errno, 0 when it went well. */
  #add(fd: number, events: number, slot: number, generation: number): number {
    this.#request.set(events, slot, generation);
    const { bytes } = this.#request;
    return libc.epoll_ctl(this.#epoll.number, EPOLL_CTL_ADD, fd, bytes) === 0 ? 0 : errno();
  }

  /** After a burst: what was begun together is waited for together. */
  #settle(): void {
    const fresh = this.#fresh;
    this.#fresh = 0;
    if (this.#state === "closed") return;
    if (fresh >= burstSize) this.#lookAfterBurst();
    this.#schedule();
  }

  #lookAfterBurst(): void {
    const start = this.#clock.now();
    this.#pace.burst(start);
    const resume = this.#state;
    this.#state = "looking";
    if (this.#linger.worthwhile(start)) {
      const events = this.#nap();
      this.#linger.lingered(this.#clock.now() - start, events);
    } else {
      this.#look();
    }
    // The waiter or the timer, if there is one, has not had a turn meanwhile.
    if (!this.#isClosed()) this.#state = resume;
  }

  /** Naps and looks, until nothing is waited for any more; returns how many events there were. */
  #nap(): number {
    let events = 0;
    for (let nap = 0; nap < napsAtMost && this.#watched > 0 && !this.#isClosed(); nap++) {
      libc.usleep(napMicroseconds);
      events += this.#look();
    }
    return events;
  }

  /** Watchers may close the poller from within their event. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Makes sure that somebody looks, while there is something to look for. */
  #schedule(): void {
    if (this.#state !== "idle" || this.#watched === 0) return;
    const pauseMs = this.#pace.pauseMs(this.#clock.now());
    if (pauseMs > 0) {
      this.#state = "pausing";
      this.#tick = this.#clock.after(pauseMs, () => this.#afterPause());
    } else {
      this.#state = "sleeping";
      this.#sleep = this.#sleepOnce();
    }
  }

  #afterPause(): void {
    this.#state = "looking";
    this.#pace.looked(this.#look());
    this.#rest();
  }

  async #sleepOnce(): Promise<void> {
    const { bytes } = this.#slept;
    const epoll = this.#epoll.number;
    const count = await libc.epoll_wait_sleeping(epoll, bytes, batch, longestSleepMs);
    if (this.#state === "closed") return;
    // Until everything was told nobody may sleep again, which would overwrite the events.
    this.#state = "looking";
    if (count > 0) this.#pace.woken(this.#clock.now());
    this.#dispatch(this.#slept, count);
    this.#look();
    this.#rest();
  }

  #rest(): void {
    if (this.#state !== "looking") return;
    this.#state = "idle";
    this.#schedule();
  }

  /** Fetches and tells what is ready, without sleeping; returns how many events there were. */
  #look(): number {
    const start = this.#clock.now();
    let seen = 0;
    while (this.#state === "looking") {
      const count = libc.epoll_wait(this.#epoll.number, this.#looked.bytes, batch, 0);
      if (count < 0 && errno() !== EINTR) throw new NetError("wait for sockets", errno());
      if (count <= 0) break;
      seen += count;
      this.#dispatch(this.#looked, count);
      if (this.#clock.now() - start > budgetMs) break;
    }
    return seen;
  }

  #dispatch(buffer: EventBuffer, count: number): void {
    for (let i = 0; i < count; i++) {
      const watch = this.#slots[buffer.slot(i)];
      if (!watch || watch.generation !== buffer.generation(i)) continue;
      // A watcher that throws doesn't cost the others their event, which would not come again.
      guarded(() => watch.watcher.ready(buffer.events(i)));
    }
  }
}

function owned(action: string, fd: number): FileDescriptor {
  if (fd < 0) throw new NetError(action, errno());
  return new FileDescriptor(fd);
}
