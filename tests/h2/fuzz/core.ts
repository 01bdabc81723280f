import {
  defaultFloodBudgets,
  ErrorCode,
  H2Connection,
  type H2Event,
  type H2Limits,
  resolveLimits,
} from "../../../lib/h2/mod.ts";
import * as wire from "../support/wire.ts";
import { frames, pieces } from "./inputs.ts";
import { Judge } from "./judge.ts";
import { Random } from "./random.ts";

/** Small limits are reached by small inputs. */
const narrow: H2Limits = resolveLimits({
  maxConcurrentStreams: 2,
  maxHeaderListSize: 320,
  headerBlockBytes: 300,
  maxContinuations: 2,
  streamWindow: 50,
  connectionWindow: 65_535,
  outputBytes: 150,
  controlBytes: 450,
});
const wide: H2Limits = resolveLimits();

/**
 * Runs one round: an input made from `seed`, a server's core, and an application that does what it
 * likes. Throws if the core throws, says what it must not, or holds more than it may.
 */
export function fuzzCore(seed: number): void {
  const random = new Random(seed);
  const acknowledged = !random.oneIn(10);
  const input = wire.join(...opening(random, acknowledged), ...frames(random));
  if (random.oneIn(4)) sameHoweverCut(random, input);
  else new Round(random, acknowledged).run(pieces(random, input));
}

function opening(random: Random, acknowledged: boolean): Uint8Array[] {
  if (random.oneIn(50)) return [random.octets(random.below(60))];
  const preface = [wire.preface, wire.settings([4, random.pick([0, 3, 65_535])])];
  return acknowledged ? [...preface, wire.settingsAck] : preface;
}

/** Without an application the answer depends on the input alone, not on how it is cut. */
function sameHoweverCut(random: Random, input: Uint8Array): void {
  const limits = random.pick([narrow, wide]);
  const whole = answer(limits, [input]);
  const cut = answer(limits, pieces(random, input));
  if (whole !== cut) throw new Error(`the answer depends on how the input is cut: ${whole} ${cut}`);
}

function answer(limits: H2Limits, input: readonly Uint8Array[]): string {
  const connection = new H2Connection(0, limits);
  const events: string[] = [];
  for (const piece of input) {
    connection.receive(piece, 0);
    events.push(
      ...connection.takeEvents().map((event) => `${event.type} ${JSON.stringify(event)}`),
    );
  }
  const output = connection.takeOutput(0);
  new Judge().look(output);
  return events.join() + output.toHex();
}

/** A connection with an application and a socket, both unreliable. */
class Round {
  readonly #random: Random;
  readonly #limits: H2Limits;
  readonly #connection: H2Connection;
  readonly #judge = new Judge();
  readonly #streams: number[] = [];
  /** Streams whose last word waits. */
  readonly #waiting = new Set<number>();
  /** Octets of bodies told of and not yet read. */
  readonly #unread = new Map<number, number>();
  /** Octets of a body that may be unread: the default until our SETTINGS are acknowledged. */
  readonly #mostUnread: number;
  /** Whether the socket takes nothing until the input is over. */
  readonly #stuck: boolean;
  #now = 0;
  #unwritten = 0;
  #ended = false;

  constructor(random: Random, acknowledged: boolean) {
    this.#random = random;
    this.#limits = random.pick([narrow, wide]);
    this.#stuck = random.oneIn(3);
    this.#mostUnread = acknowledged ? this.#limits.streamWindow : 65_535;
    this.#connection = new H2Connection(0, this.#limits, defaultFloodBudgets);
  }

  run(input: readonly Uint8Array[]): void {
    for (const piece of input) {
      this.#connection.receive(piece, this.#now);
      this.#after();
      while (this.#random.oneIn(2)) this.#application();
      if (!this.#stuck && this.#random.oneIn(4)) this.#socket();
      if (this.#random.oneIn(8)) this.#time();
    }
    if (this.#random.oneIn(3)) this.#connection.shutdown(this.#random.below(5000), this.#now);
    for (let n = 0; n < 6; n++) {
      this.#application();
      this.#socket();
      this.#time();
    }
    this.#connection.end("the round is over", this.#now);
    this.#after();
  }

  #application(): void {
    const id = this.#streams.length > 0 ? this.#random.pick(this.#streams) : 1;
    const connection = this.#connection;
    const now = this.#now;
    switch (this.#random.below(6)) {
      case 0:
        this.#respond(id);
        break;
      case 1:
        this.#read(id);
        break;
      case 2:
        connection.discardBody(id, now);
        break;
      case 3:
        connection.reset(id, this.#random.pick([ErrorCode.CANCEL, ErrorCode.INTERNAL_ERROR]), now);
        this.#forget(id);
        break;
      case 4:
        connection.handlerDone(id);
        break;
    }
    this.#after();
  }

  /** Answers a stream, or as much of it as there is room for. */
  #respond(id: number): void {
    if (this.#waiting.has(id) || !this.#streams.includes(id)) return;
    const [connection, now] = [this.#connection, this.#now];
    const fields: wire.Field[] = [[":status", "200"], ["x", "y".repeat(this.#random.below(50))]];
    const body = this.#random.octets(this.#random.below(200));
    const sent = connection.respond(id, fields, this.#random.oneIn(3), now) &&
      connection.sendData(id, body, this.#random.oneIn(3), now) &&
      connection.sendTrailers(id, [["grpc-status", "0"]], now);
    if (!sent) this.#waiting.add(id);
    this.#forget(id);
  }

  #read(id: number): void {
    const unread = this.#unread.get(id) ?? 0;
    const octets = this.#random.below(unread + 1);
    this.#unread.set(id, unread - octets);
    this.#connection.bodyRead(id, octets, this.#now);
  }

  #forget(id: number): void {
    const at = this.#streams.indexOf(id);
    if (at >= 0) this.#streams.splice(at, 1);
  }

  #socket(): void {
    if (this.#unwritten === 0) {
      const output = this.#connection.takeOutput(this.#now);
      this.#judge.look(output);
      this.#unwritten = output.length;
    }
    const taken = this.#random.oneIn(3) ? this.#random.below(this.#unwritten + 1) : this.#unwritten;
    this.#unwritten -= taken;
    this.#connection.wrote(taken, this.#now);
    this.#after();
  }

  #time(): void {
    this.#now += this.#random.pick([0, 10, 1000, 30_000, 100_000]);
    this.#connection.tick(this.#now);
    const next = this.#connection.nextDeadline();
    if (next !== undefined && next <= this.#now) throw new Error("a deadline does not go away");
    this.#after();
  }

  #after(): void {
    for (const event of this.#connection.takeEvents()) this.#on(event);
    const { streams, queued } = this.#connection;
    if (streams > this.#limits.maxConcurrentStreams) throw new Error(`${streams} streams`);
    const most = 2 * (this.#limits.outputBytes + this.#limits.controlBytes) + 40_000;
    if (queued > most) throw new Error(`${queued} octets of output`);
    if (this.#connection.closed !== this.#ended) throw new Error("closed, and nobody was told");
  }

  #count(id: number, octets: number): void {
    const unread = (this.#unread.get(id) ?? 0) + octets;
    this.#unread.set(id, unread);
    if (unread > this.#mostUnread) throw new Error(`${unread} octets of body on stream ${id}`);
  }

  #on(event: H2Event): void {
    if (this.#ended) throw new Error(`${event.type} after the end`);
    if (event.type === "closed") this.#ended = true;
    if (event.type === "request") this.#streams.push(event.id);
    if (event.type === "data") this.#count(event.id, event.data.length);
    if (event.type === "reset") this.#forget(event.id);
    if (event.type === "sent") this.#waiting.delete(event.id);
    if (event.type === "closed" && event.code === ErrorCode.INTERNAL_ERROR) {
      throw new Error(event.reason);
    }
  }
}
