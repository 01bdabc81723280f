import type { Clock } from "../time/mod.ts";
import { type BusyPolled, BusyPolls, lookMs } from "./busy_polls.ts";
import {
  EFD_CLOEXEC_NONBLOCK,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  O_CLOEXEC,
} from "./constants.ts";
import { errnoNumber, NetError } from "./errno.ts";
import { EventBuffer, noSlot } from "./event_buffer.ts";
import { calm, wake } from "./eventfd.ts";
import { type FileDescriptor, owned } from "./fd.ts";
import { guarded, surface } from "./guarded.ts";
import { errno, libc } from "./libc.ts";
import { Linger, napMicroseconds, napsAtMost } from "./linger.ts";
import { type Mapping, mapPrivate } from "./mapping.ts";

/** Told when a watched descriptor can make progress. */
export interface Watcher {
  /** `events` are EPOLL bits. Where the watch is edge-triggered: read or write until EAGAIN. */
  ready(events: number): void;
}

/** A descriptor in the poller. Slot and generation travel through the kernel and back. */
export interface Watch {
  readonly fd: number;
  /** EPOLL bits. */
  readonly interest: number;
  readonly slot: number;
  readonly generation: number;
  readonly watcher: Watcher;
}

/** What the poller is at. */
type State =
  /** Nothing is watched, or nobody has been set to look yet. */
  | "idle"
  /** The waiter sleeps until something is ready. */
  | "sleeping"
  | "closed";

/** Events fetched by one system call. */
const batch = 256;
/** The waiter looks up this often, so that an idle program that forgot to close can end. */
const longestSleepMs = 1000;
/** So many sockets that began to wait together are a burst, … */
const burstSize = 4;
/** … and so many are waited for before more are begun. */
const largestBurst = 256;
const EINTR = errnoNumber("EINTR");
/** poll(2), which has its own name for the bit, and the size of its struct pollfd. */
const POLLIN = EPOLLIN;
const pollBytes = 8;

/**
 * One epoll instance and its one waiter, a thread of Deno's pool that sleeps in poll(2) on it while
 * something is watched. The waiter takes no events away: whoever looks on this thread, a deadline
 * included, sees everything that is ready, however long ago the waiter woke.
 *
 * A wake-up through the pool costs as much as the probe it is for. So after a burst of new sockets
 * the poller lingers a moment for their answers ({@link Linger}).
 */
export class Poller {
  readonly #clock: Clock;
  readonly #epoll: FileDescriptor;
  readonly #wake: FileDescriptor;
  readonly #events = new EventBuffer(batch);
  readonly #request = new EventBuffer(1);
  /**
   * struct pollfd: the epoll instance, readable. The waiter's thread writes into it, though this one
   * may have been ended meanwhile.
   */
  readonly #pollfd: Mapping;
  readonly #slots: (Watch | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #linger = new Linger();
  #generation = 0;
  #watched = 0;
  /** Answers expected since the last burst was settled. */
  #fresh = 0;
  /** Those of them for whom nobody else looks. */
  readonly #busyPolls: BusyPolls;
  /** How many of them saw something while the burst was begun. */
  #seenEarly = 0;
  #isEnlisting = false;
  #state: State = "idle";
  #sleep: Promise<void> | undefined;
  /** What is to be told again in a later look; undefined while nobody looks. */
  #postponed: Watch[] | undefined;
  #looks = 0;

  /** Nobody is set to look: {@link sleep} is called again and again. */
  readonly #isDriven: boolean;

  /** `isDriven` by a loop that calls {@link sleep}, or else by a waiter. Throws {@link NetError}. */
  constructor(clock: Clock, isDriven = false) {
    this.#clock = clock;
    this.#isDriven = isDriven;
    this.#busyPolls = new BusyPolls(clock);
    using parts = new DisposableStack();
    this.#epoll = parts.use(owned("create the epoll instance", libc.epoll_create1(O_CLOEXEC)));
    this.#pollfd = parts.use(mapPrivate(pollBytes));
    new Int32Array(this.#pollfd.buffer).set([this.#epoll.number, POLLIN]);
    this.#wake = parts.use(owned("create the eventfd", libc.eventfd(0, EFD_CLOEXEC_NONBLOCK)));
    parts.move();
    const wake = { fd: this.#wake.number, interest: EPOLLIN, slot: noSlot, generation: 0 };
    this.#control(EPOLL_CTL_ADD, wake);
  }

  /**
   * Calls `watcher` whenever `fd` turns ready for `interest` (EPOLL bits), never from within this
   * call, until {@link unwatch}. Returns the errno instead when the kernel refuses.
   */
  watch(fd: number, interest: number, watcher: Watcher): Watch | number {
    const slot = this.#free.pop() ?? this.#slots.length;
    const watch = { fd, interest, slot, generation: this.#generation, watcher };
    this.#generation = (this.#generation + 1) >>> 0;
    const failure = this.#control(EPOLL_CTL_ADD, watch);
    if (failure !== 0) {
      this.#free.push(slot);
      return failure;
    }
    this.#slots[slot] = watch;
    this.#watched++;
    if (!this.#isEnlisting) this.expect();
    return watch;
  }

  /** An answer is expected soon on something that is watched. */
  expect(): void {
    if (this.#fresh++ === 0 && !this.#isDriven) queueMicrotask(() => this.settle());
  }

  /** As {@link expect}, on something that is not watched yet. */
  busyPoll(each: BusyPolled): void {
    this.#busyPolls.add(each);
    this.expect();
  }

  /**
   * Forgets a watch. Its descriptor is about to be closed, which ends it in the kernel too, unless it
   * `staysOpen`.
   */
  unwatch(watch: Watch, staysOpen = false): void {
    if (this.#slots[watch.slot] !== watch) return;
    this.#slots[watch.slot] = undefined;
    this.#free.push(watch.slot);
    this.#watched--;
    if (staysOpen && !this.#isClosed()) this.#control(EPOLL_CTL_DEL, watch);
  }

  /** Which look this is: another one than the last time means that others had their turn. */
  get looks(): number {
    return this.#looks;
  }

  /**
   * Tells of `watch` in a later look, if it is still ready then: for who has left something behind
   * to let others have their turn.
   */
  again(watch: Watch): void {
    if (this.#postponed) this.#postponed.push(watch);
    else this.#rearm(watch);
  }

  /**
   * Tells what is ready now, without sleeping, for 4 ms at most; returns whether that was all.
   * Throws {@link NetError} when the kernel refuses.
   */
  look(): boolean {
    this.#enlist();
    return this.#drain().done;
  }

  /**
   * What was begun together is waited for together: to be called at the end of each turn by the loop
   * that drives this. While there `isMore` to begin at once, those look that were begun in the turns
   * before, once each: they have had the time of a turn, and the caches still hold what they need.
   */
  settle(isMore = false): void {
    const fresh = this.#fresh;
    if (fresh === 0) return;
    if (isMore && fresh < largestBurst) {
      if (this.#linger.isHopeful) this.#seenEarly += this.#ask((polls) => polls.lookOfFormer());
      return;
    }
    this.#fresh = 0;
    const start = this.#clock.now();
    if (fresh >= burstSize && this.#linger.worthwhile(start)) {
      const events = this.#nap() + this.#seenEarly;
      this.#linger.lingered(this.#clock.now() - start, events);
    }
    this.#seenEarly = 0;
    this.#enlist();
    this.#schedule();
  }

  /** The eventfd that ends a sleep when it is written to. */
  get wakeDescriptor(): number {
    return this.#wake.number;
  }

  /**
   * Sleeps until something is ready, but for `longestMs` at most, and tells what is. Throws
   * {@link NetError} when the kernel refuses.
   */
  sleep(longestMs: number): void {
    this.#drain(Math.ceil(longestMs));
  }

  /** Wakes and awaits the waiter, then closes. Watched descriptors stay their owners'. */
  async close(): Promise<void> {
    if (this.#isClosed()) return;
    this.#state = "closed";
    this.#busyPolls.takeAll();
    wake(this.#wake.number);
    await this.#sleep;
    this.#wake[Symbol.dispose]();
    this.#epoll[Symbol.dispose]();
    this.#pollfd[Symbol.dispose]();
  }

  /** Adds a descriptor to the kernel's set or changes it; returns the errno, 0 if all is well. */
  #control(operation: number, watch: Omit<Watch, "watcher">): number {
    const { fd, interest, slot, generation } = watch;
    this.#request.set(interest, slot, generation);
    const { bytes } = this.#request;
    return libc.epoll_ctl(this.#epoll.number, operation, fd, bytes) === 0 ? 0 : errno();
  }

  /** The kernel tells of a change in interest, even to the same one, if the descriptor is ready. */
  #rearm(watch: Watch): void {
    if (this.#slots[watch.slot] === watch) this.#control(EPOLL_CTL_MOD, watch);
  }

  /** Naps and looks, until nothing is waited for any more; returns how many events there were. */
  #nap(): number {
    // The first of a burst have their answers by the time that the last was begun.
    let events = this.#ask((polls) => polls.look());
    for (let nap = 0; nap < napsAtMost && this.#isWaitedFor() && !this.#isClosed(); nap++) {
      libc.usleep(napMicroseconds);
      if (this.#watched > 0) events += this.#drain().events;
      events += this.#ask((polls) => polls.look());
    }
    return events;
  }

  #isWaitedFor(): boolean {
    return this.#watched > 0 || this.#busyPolls.size > 0;
  }

  /** Has those look who have to themselves; returns how many saw something. */
  #ask(look: (polls: BusyPolls) => number): number {
    if (this.#busyPolls.size === 0) return 0;
    this.#looks++;
    return look(this.#busyPolls);
  }

  /** Has watched what has not come yet. */
  #enlist(): void {
    if (this.#isClosed()) return;
    this.#isEnlisting = true;
    for (const each of this.#busyPolls.takeAll()) guarded(() => each.givesUp());
    this.#isEnlisting = false;
  }

  /** Watchers may close the poller from within their event. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Makes sure that somebody waits, while there is something to wait for. */
  #schedule(): void {
    if (this.#isDriven || this.#state !== "idle" || this.#watched === 0) return;
    this.#state = "sleeping";
    this.#sleep = this.#sleepOnce();
  }

  async #sleepOnce(): Promise<void> {
    await libc.poll_sleeping(new Uint8Array(this.#pollfd.buffer), 1n, longestSleepMs);
    if (this.#isClosed()) return;
    this.#state = "idle";
    try {
      this.look();
    } finally {
      this.#schedule();
    }
  }

  /**
   * Fetches and tells what is ready, sleeping so long for the first of it, until there is nothing
   * more or the time for it is over.
   */
  #drain(sleepMs = 0): { readonly events: number; readonly done: boolean } {
    const postponed: Watch[] = [];
    this.#postponed = postponed;
    this.#looks++;
    try {
      const { events, done } = this.#fetch(sleepMs);
      return { events, done: done && postponed.length === 0 };
    } finally {
      this.#postponed = undefined;
      for (const watch of postponed) this.#rearm(watch);
    }
  }

  #fetch(sleepMs: number): { readonly events: number; readonly done: boolean } {
    let events = 0;
    let end: number | undefined;
    for (let waitMs = sleepMs; !this.#isClosed(); waitMs = 0) {
      const count = libc.epoll_wait(this.#epoll.number, this.#events.bytes, batch, waitMs);
      // Who does not sleep is not interrupted.
      if (count < 0 && waitMs > 0 && errno() === EINTR) break;
      if (count < 0) throw new NetError("look at the sockets", errno());
      if (count === 0) break;
      events += count;
      end ??= this.#clock.now() + lookMs;
      if (!this.#dispatch(count, end)) return { events, done: false };
    }
    return { events, done: true };
  }

  /** Tells what was fetched, and leaves the rest for later when it is past `end`: false then. */
  #dispatch(count: number, end: number): boolean {
    const buffer = this.#events;
    let inTime = true;
    for (let i = 0; i < count; i++) {
      if (this.#isDriven && buffer.slot(i) === noSlot) calm(this.#wake.number);
      const watch = this.#slots[buffer.slot(i)];
      if (!watch || watch.generation !== buffer.generation(i)) continue;
      if (!inTime) {
        this.again(watch);
        continue;
      }
      // A watcher that throws doesn't cost the others their event, which would not come again.
      try {
        watch.watcher.ready(buffer.events(i));
      } catch (error) {
        surface(error);
      }
      inTime = this.#clock.now() <= end;
    }
    return inTime;
  }
}
