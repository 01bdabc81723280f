import { sharedByAnswers } from "../h1/mod.ts";
import { type Clock, every, inSlices, type Timer, yieldIfDue } from "../time/mod.ts";
import { digest } from "./digest.ts";
import { type MaglevdState, unheard } from "./state.ts";
import type { Change, Message, Pulse, Pulses, Told } from "./wire.ts";
import { written } from "./written.ts";

/** How events go out to browsers. */
export interface BroadcastLimits {
  /** A change waits so many milliseconds for what follows from it, */
  readonly companyMs: number;
  /** and for so long after the message before began: all that changes meanwhile is one. */
  readonly togetherMs: number;
  /** Outcomes of probes alone wait for so long, */
  readonly pulsesMs: number;
  /** and in so long so many of one maglevd are told. So many that are running go into a message. */
  readonly pulses: number;
  /** So many entries of a maglevd's journal go into a message. */
  readonly entries: number;
  /** Of more octets than so many, everything is read anew: that is compressed, and shared as well. */
  readonly messageBytes: number;
  /** What was sent within so many milliseconds is sent again to who has missed it. */
  readonly replayMs: number;
  /** So many messages of it at most, and so many octets. */
  readonly replayMessages: number;
  readonly replayBytes: number;
  /** A sign of life, so that both sides and all between them find out about a dead path. */
  readonly aliveMs: number;
}

/** As FRONTEND asks for; in octets, what 500 browsers may lack is kept once. */
export const defaultBroadcastLimits: BroadcastLimits = {
  companyMs: 10,
  togetherMs: 100,
  pulsesMs: 1_000,
  pulses: 500,
  entries: 30,
  messageBytes: 1024 * 1024,
  replayMs: 30_000,
  replayMessages: 2_000,
  replayBytes: 32 * 1024 * 1024,
  aliveMs: 15_000,
};

/** Who is sent what everybody is sent. */
export interface Subscriber {
  /** Takes octets that are shared by all and must not be changed. */
  send(octets: Uint8Array): void;
}

interface Sent {
  readonly seq: number;
  readonly at: number;
  readonly octets: Uint8Array;
}

/** What is new of the probes of a maglevd: the newest of each backend. */
class Probes {
  readonly #pulses = new Map<string, Pulse>();
  readonly #running = new Map<string, number>();
  #isAnew = false;
  /** Outcomes that were taken, and since when. */
  #taken = { count: 0, since: -Infinity };

  get isEmpty(): boolean {
    return this.#pulses.size + this.#running.size === 0 && !this.#isAnew;
  }

  add({ pulses, running = [], isAnew = false }: Pulses): void {
    for (const pulse of pulses) this.#pulses.set(pulse[0], pulse);
    if (isAnew) this.#running.clear();
    this.#isAnew ||= isAnew;
    for (const [name, since] of running) this.#running.set(name, since);
  }

  /**
   * Takes what is running, at most so many, and as many outcomes as are left of those that may be taken
   * in `periodMs`; undefined for neither. `now` is the clock's.
   */
  take(most: number, periodMs: number, now: number, at: number): Pulses | undefined {
    if (now - this.#taken.since >= periodMs) this.#taken = { count: 0, since: now };
    const pulses = [...this.#pulses.values().take(most - this.#taken.count)];
    this.#taken.count += pulses.length;
    const running = [...this.#running.entries().take(most)];
    const isAnew = this.#isAnew;
    for (const [name] of pulses) this.#pulses.delete(name);
    for (const [name] of running) this.#running.delete(name);
    this.#isAnew = false;
    if (pulses.length + running.length === 0 && !isAnew) return undefined;
    return {
      ...{ kind: "pulses", at, pulses },
      ...running.length > 0 && { running },
      ...isAnew && { isAnew },
    };
  }
}

/**
 * Keeps what is known of each maglevd, and tells browsers of what changes: each message is numbered,
 * written once for all of them, and kept for a while.
 */
export class Broadcast {
  readonly #clock: Clock;
  readonly #limits: BroadcastLimits;
  readonly #states: Map<string, MaglevdState>;
  readonly #subscribers = new Set<Subscriber>();
  /** By maglevd, what is new. */
  readonly #pending = new Map<string, Change[]>();
  /** By maglevd, what is new of its probes. */
  readonly #probes = new Map<string, Probes>();
  #sent: Sent[] = [];
  #sentBytes = 0;
  #seq = 0;
  #timer: Timer | undefined;
  #isUrgent = false;
  /** When the last message was begun, in the clock's milliseconds. */
  #begunAt = -Infinity;
  /** Something is being told: what is new meanwhile comes next. */
  #isTelling = false;
  #isClosed = false;
  readonly #alive: Timer;
  #whole: { readonly seq: number; readonly octets: Promise<Uint8Array> } | undefined;
  #isWriting = false;

  constructor(
    private readonly options: {
      readonly clock: Clock;
      /** Names of maglevds, in the order of their tabs. */
      readonly servers: readonly string[];
      /** Of this run: numbers of another one mean nothing in it. */
      readonly epoch: string;
      /** Of maglevd-frontend. */
      readonly version: string;
      readonly hasLogin: boolean;
      /** Told when a maglevd is heard, or not any more. */
      readonly linked?: () => void;
      readonly limits?: Partial<BroadcastLimits>;
    },
  ) {
    const { clock, servers, limits } = options;
    this.#clock = clock;
    this.#limits = { ...defaultBroadcastLimits, ...limits };
    this.#states = new Map(servers.map((name) => [name, unheard(name, clock.wall())]));
    this.#alive = every(
      clock,
      this.#limits.aliveMs,
      () => void this.#sendAll(encode(": alive\n\n")),
    );
  }

  /** Browsers that follow. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Messages sent so far. */
  get messages(): number {
    return this.#seq;
  }

  /** What is known of a maglevd, as browsers were told. */
  state(server: string): MaglevdState | undefined {
    return this.#states.get(server);
  }

  /** The names of all maglevds. */
  get servers(): readonly string[] {
    return [...this.#states.keys()];
  }

  /** Something is new. It is told a moment later, with what else is new then. */
  publish(server: string, change: Change): void {
    if (change.kind === "pulses") {
      this.#probes.getOrInsertComputed(server, () => new Probes()).add(change);
      // What is running is soon over.
      return this.#wake(change.running !== undefined && change.running.length > 0);
    }
    this.#pending.getOrInsertComputed(server, () => []).push(change);
    this.#wake(true);
  }

  /**
   * Everything as it was told last, as JSON: made once for all who ask before something is new, or
   * before it is there. What is told meanwhile comes behind its number.
   */
  whole(): Promise<Uint8Array> {
    if (this.#whole && (this.#isWriting || this.#whole.seq === this.#seq)) {
      return this.#whole.octets;
    }
    const seq = this.#seq;
    const { epoch, version, hasLogin } = this.options;
    const about = { id: `${epoch}-${seq}`, version, hasLogin, now: this.#clock.wall() };
    this.#isWriting = true;
    const octets = inSlices(this.#clock, written(about, [...this.#states.values()]))
      .finally(() => this.#isWriting = false);
    this.#whole = { seq, octets };
    return octets;
  }

  /**
   * From now on `subscriber` is sent everything behind the message `id`. If that is not known any
   * more, it is told to read everything anew. Returns how to end it.
   */
  subscribe(subscriber: Subscriber, id: string): () => void {
    const missed = this.#behind(id);
    if (missed) { for (const { octets } of missed) subscriber.send(octets); }
    else subscriber.send(resync);
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  /** Tells nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#alive.cancel();
    this.#subscribers.clear();
  }

  /** Messages behind an id; undefined where they are not all there any more. */
  #behind(id: string): readonly Sent[] | undefined {
    const [, epoch, number] = /^([0-9a-z]+)-(\d{1,15})$/.exec(id) ?? [];
    const seq = Number(number);
    if (epoch !== this.options.epoch || seq > this.#seq) return undefined;
    const kept = this.#forget();
    const first = kept[0]?.seq ?? this.#seq + 1;
    return seq + 1 < first ? undefined : kept.filter((sent) => sent.seq > seq);
  }

  /** Tells in a while what is new since `since`, by the clock. */
  #wake(isUrgent: boolean, since = this.#clock.now()): void {
    if (this.#isTelling || this.#isClosed) return;
    if (this.#timer && (this.#isUrgent || !isUrgent)) return;
    this.#timer?.cancel();
    this.#isUrgent = isUrgent;
    const { companyMs, togetherMs, pulsesMs } = this.#limits;
    const at = isUrgent
      ? Math.max(since + companyMs, this.#begunAt + togetherMs)
      : since + pulsesMs;
    const waitMs = Math.max(0, at - this.#clock.now());
    this.#timer = this.#clock.after(waitMs, () => void this.#flush());
  }

  async #flush(): Promise<void> {
    const clock = this.#clock;
    const begun = this.#begunAt = clock.now();
    this.#timer = undefined;
    this.#isTelling = true;
    const told: Told[] = [];
    const states: (readonly [string, MaglevdState])[] = [];
    for (const [server, changes] of this.#takeChanges()) {
      const known = this.#states.get(server);
      if (!known) continue;
      const { state, news } = await inSlices(clock, digest(known, changes, this.#limits.entries));
      states.push([server, state]);
      for (const each of news) told.push([server, each]);
    }
    await yieldIfDue(clock);
    const id = `${this.options.epoch}-${this.#seq + 1}`;
    const message: Message = { told };
    const octets = encode(`id: ${id}\ndata: ${JSON.stringify(message)}\n\n`);
    await yieldIfDue(clock);
    // What is known and its number are others at one moment.
    for (const [server, state] of states) this.#states.set(server, state);
    if (told.some(([, { kind }]) => kind === "link")) this.options.linked?.();
    if (told.length > 0) await this.#tell(octets);
    this.#isTelling = false;
    if (this.#pending.size > 0) this.#wake(true, begun);
    else if (this.#probes.values().some(({ isEmpty }) => !isEmpty)) this.#wake(false, begun);
  }

  /** Sends the next message. */
  #tell(octets: Uint8Array): Promise<void> {
    const seq = ++this.#seq;
    if (octets.length > this.#limits.messageBytes) {
      [this.#sent, this.#sentBytes] = [[], 0];
      return this.#sendAll(resync);
    }
    this.#sent.push({ seq, at: this.#clock.now(), octets });
    this.#sentBytes += octets.length;
    this.#forget();
    return this.#sendAll(octets);
  }

  /** All that is new, and of probes as many as fit in. */
  #takeChanges(): Map<string, Change[]> {
    const at = this.#clock.wall();
    const taken = new Map(this.#pending);
    this.#pending.clear();
    const { pulses, pulsesMs } = this.#limits;
    for (const [server, known] of this.#probes) {
      const news = known.take(pulses, pulsesMs, this.#clock.now(), at);
      if (news) taken.set(server, [...taken.get(server) ?? [], news]);
    }
    return taken;
  }

  /** Forgets messages that are too old or too many; tells which are left. */
  #forget(): readonly Sent[] {
    const { replayMs, replayMessages, replayBytes } = this.#limits;
    const oldest = this.#clock.now() - replayMs;
    let kept = 0;
    while (kept < this.#sent.length) {
      const isOver = this.#sent.length - kept > replayMessages || this.#sentBytes > replayBytes;
      if (!isOver && (this.#sent[kept]?.at ?? 0) >= oldest) break;
      this.#sentBytes -= this.#sent[kept++]?.octets.length ?? 0;
    }
    this.#sent.splice(0, kept);
    return this.#sent;
  }

  /** What each then does until its connection has taken it adds up: some a turn of the event loop. */
  async #sendAll(octets: Uint8Array): Promise<void> {
    sharedByAnswers(octets);
    const all = [...this.#subscribers];
    for (let at = 0; at < all.length; at += sentAtOnce) {
      if (at > 0) await this.#clock.turn.next();
      for (const each of all.slice(at, at + sentAtOnce)) each.send(octets);
    }
  }
}

/** Browsers that are sent a message in one turn: 3 ms of CPU. */
const sentAtOnce = 100;

const encoder = new TextEncoder();

/** Tells a browser to read everything anew. */
export const resync: Uint8Array = encode("event: resync\ndata: {}\n\n");

/** Tells a browser to read anew who looks, and what it may do. */
export const visitorChanged: Uint8Array = encode("event: whoami\ndata: {}\n\n");

/** Tells a browser that whoever looks may not do so any more. */
export const denied: Uint8Array = encode("event: denied\ndata: {}\n\n");

function encode(text: string): Uint8Array {
  return encoder.encode(text);
}
