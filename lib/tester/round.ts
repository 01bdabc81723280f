import type { Clock, Timer } from "../time/mod.ts";
import type { Asker, TryResult } from "./ask/types.ts";
import type { Vip, Way } from "./targets.ts";

/** What a round needs. */
export interface RoundInit {
  readonly vips: readonly Vip[];
  readonly asker: Asker;
  readonly clock: Clock;
  /** Between two tries of a VIP, give or take a tenth. */
  readonly intervalMs: number;
  /** Tries under way, of all VIPs together: each has a socket. */
  readonly mostUnderWay: number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** A try ended. */
  readonly done: (vip: Vip, result: TryResult) => void;
  /** A try was left out, since too many are under way. */
  readonly leftOut: () => void;
}

/** Tries a second, of all VIPs together: what half a core does, at 0.13 ms each. */
const mostPerSecond = 4_000;

/** A try with a handshake of TLS takes 0.86 ms: as much as so many others. */
const handshakeWorth = 6;

/** The interval at which all VIPs can be asked with half a core: as wanted, or longer. Pure. */
export function feasibleInterval(
  wantedMs: number,
  vips: readonly Pick<Vip, "way">[],
  keepalive: boolean,
): number {
  const worth = (way: Way) => way === "https" && !keepalive ? handshakeWorth : 1;
  const all = vips.reduce((sum, { way }) => sum + worth(way), 0);
  return Math.max(wantedMs, Math.ceil(1000 * all / mostPerSecond));
}

/** Where a VIP is in its course. */
interface Course {
  readonly vip: Vip;
  /** Clock milliseconds of the next try. */
  due: number;
  timer: Timer | undefined;
  readonly underWay: Set<() => void>;
}

/**
 * Asks all VIPs over and over, each by its own time. What is late is not caught up. VIPs that do not
 * answer leave room to the others: half of what may be under way is divided equally.
 */
export class Round implements Disposable {
  readonly #courses: readonly Course[];
  readonly #share: number;
  #underWay = 0;
  #state: "asking" | "paused" | "ended" = "paused";
  #idle: (() => void) | undefined;

  /** Does nothing before {@link resume}. */
  constructor(private readonly init: RoundInit) {
    this.#courses = init.vips.map((vip) => ({
      vip,
      due: 0,
      timer: undefined,
      underWay: new Set(),
    }));
    this.#share = Math.max(1, Math.floor(init.mostUnderWay / 2 / Math.max(1, init.vips.length)));
  }

  /** Asks, or goes on asking; the VIPs are spread over the first interval. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "asking";
    const { clock, intervalMs, random } = this.init;
    const now = clock.now();
    for (const course of this.#courses) {
      course.due = now + random() * intervalMs;
      this.#arm(course, now);
    }
  }

  /** Starts no more tries; those under way go on. */
  pause(): void {
    if (this.#state !== "asking") return;
    this.#state = "paused";
    for (const { timer } of this.#courses) timer?.cancel();
  }

  /** As {@link pause}; resolves when nothing is under way any more. */
  async finish(): Promise<void> {
    this.pause();
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => this.#idle = resolve);
  }

  /** Ends all at once. */
  [Symbol.dispose](): void {
    this.pause();
    this.#state = "ended";
    for (const { underWay } of this.#courses) {
      for (const cancel of underWay) cancel();
      underWay.clear();
    }
    this.#idle?.();
  }

  #arm(course: Course, now: number): void {
    course.timer = this.init.clock.after(course.due - now, () => this.#turn(course));
  }

  #turn(course: Course): void {
    const { clock, intervalMs, random } = this.init;
    const now = clock.now();
    if (this.#hasRoom(course)) this.#ask(course);
    else this.init.leftOut();
    const step = intervalMs * (0.9 + 0.2 * random());
    course.due += step;
    if (course.due < now) course.due = now + step;
    this.#arm(course, now);
  }

  #hasRoom({ underWay }: Course): boolean {
    const { mostUnderWay } = this.init;
    return this.#underWay < mostUnderWay / 2 ||
      (underWay.size < this.#share && this.#underWay < mostUnderWay);
  }

  #ask({ vip, underWay }: Course): void {
    this.#underWay++;
    const cancel = this.init.asker.ask(vip, (result) => {
      underWay.delete(cancel);
      this.#underWay--;
      this.init.done(vip, result);
      if (this.#underWay === 0) this.#idle?.();
    });
    underWay.add(cancel);
  }
}
