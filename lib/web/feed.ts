import { Code } from "@connectrpc/connect";
import {
  describeError,
  hasCode,
  type MaglevClient,
  type Patience,
  Place,
  watchEvents,
} from "../cli/mod.ts";
import type { Event, ProbePulses } from "../gen/maglev_pb.ts";
import type { Logger } from "../log/mod.ts";
import { sleep } from "../time/mod.ts";
import { eventChange } from "./entry.ts";
import { Reader, type ReaderOptions } from "./reader.ts";
import { requestRecords, type VppCalls } from "./vpp_calls.ts";
import type { Pulse, Running } from "./wire.ts";

/** Between two attempts to reach a maglevd, in milliseconds: doubled each time. */
const firstRetryMs = 100;
const longestRetryMs = 10_000;
/** After it has refused this one: each attempt is an entry of its journal. */
const refusedRetryMs = 60_000;

/** What following a maglevd takes. */
export interface FeedOptions extends Omit<ReaderOptions, "client" | "signal" | "failed"> {
  /** As its tab is called. */
  readonly name: string;
  /** As error messages call it. */
  readonly address: string;
  /** To ask it with, from now on: another one after {@link Feed.renew}. */
  readonly client: () => MaglevClient;
  readonly log: Logger;
  readonly calls: VppCalls;
  /** How long it may be silent; as maglevc waits unless given. */
  readonly patience?: Patience;
}

/** Follows one maglevd: its events as they come, and what they leave open by reading. */
export class Feed {
  #attempt = new AbortController();
  #retryMs = firstRetryMs;
  readonly #place = new Place();
  #isConnected = false;
  /** Unix milliseconds, and the clock's. */
  #connectedSince = 0;
  #connectedAt = Infinity;
  /** Why not all can be read; empty: it can. */
  #unread = "";
  #isPastKnown = false;

  /** Nothing happens before {@link run}. */
  constructor(private readonly options: FeedOptions) {}

  /** Follows it until `signal`. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, address } = this.options;
    while (!signal.aborted) {
      this.#attempt = new AbortController();
      const attempt = AbortSignal.any([signal, this.#attempt.signal]);
      let isRefused = false;
      try {
        await this.#follow(attempt);
        if (!attempt.aborted) this.#lost("maglevd ended the stream of events");
      } catch (error) {
        if (!attempt.aborted) this.#lost(describeError(error, address));
        // Only somebody who changes whom maglevd lets in changes that.
        isRefused = hasCode(error, Code.Unauthenticated, Code.PermissionDenied);
      }
      if (attempt.aborted) continue;
      this.#calmDown();
      const waitMs = isRefused ? refusedRetryMs : this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
      await sleep(clock, waitMs, attempt);
    }
  }

  /** Goes on at once with another client, where this one is. */
  renew(): void {
    this.#retryMs = firstRetryMs;
    this.#attempt.abort();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { patience } = this.options;
    const client = this.options.client();
    const over = new AbortController();
    const failed = (error: unknown) => this.#readOr(error);
    const reader = new Reader({ ...this.options, client, signal: over.signal, failed });
    let reading: Promise<void> | undefined;
    const request = this.#place.goOn({
      ...{ changes: true, pulses: true, heartbeat: true },
      // They tell of each change that VPP is asked for, which no event does.
      ...{ log: true, logNames: [...requestRecords] },
    });
    try {
      for await (const event of watchEvents(client, request, signal, patience)) {
        if (!reading) {
          this.#connected();
          const isResumed = event.event.case === "opening" && event.event.value.resumed;
          reading = reader.run(isResumed && this.#isPastKnown);
        }
        this.#place.passed(event);
        this.#take(event, reader);
      }
    } finally {
      over.abort();
      await reading;
      if (reading) this.#isPastKnown = reader.isPastKnown;
    }
  }

  #take(message: Event, reader: Reader): void {
    const { event } = message;
    this.options.calls.take(message);
    // What the stream opens with is read anyway, and more of it.
    const isPresent = (event.case === "backend" || event.case === "frontend") &&
      event.value.transition?.atUnixNs === 0n;
    if (event.case === "pulses") this.#takePulses(event.value);
    else if (!isPresent) {
      const change = eventChange(message);
      if (change) this.options.publish(change);
      reader.heard(message);
    }
  }

  /** Of backends that are there: names without end would take memory without end. */
  #takePulses(told: ProbePulses): void {
    const { publish, clock, probes } = this.options;
    const { readAt, backends } = this.options.state();
    const pulses = told.pulses.filter(({ backendName }) => backends.has(backendName))
      .map(({ backendName, ok, code, durationNs }): Pulse => [
        backendName,
        ok,
        code,
        Number(durationNs) / 1e6,
      ]);
    // What a stream opens with comes before all has been read, and takes the place of what was.
    const isOpening = readAt === 0 && told.runningAnew;
    const running = told.running
      .filter(({ backendName }) => isOpening || backends.has(backendName))
      .map(({ backendName, sinceUnixNs }): Running => [backendName, Number(sinceUnixNs) / 1e6]);
    const at = clock.wall();
    probes.take(at, pulses);
    publish({ kind: "pulses", at, pulses, running, isAnew: told.runningAnew });
  }

  #connected(): void {
    const { publish, clock, log, name } = this.options;
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#connectedSince = clock.wall();
    this.#connectedAt = clock.now();
    this.#unread = "";
    log.info("maglevd-connected", { server: name });
    publish({
      kind: "link",
      link: { state: "connected", since: this.#connectedSince, reason: "" },
    });
  }

  /** One that was there for a while is asked again soon; one that breaks off each time is not. */
  #calmDown(): void {
    const now = this.options.clock.now();
    if (now - this.#connectedAt >= longestRetryMs) this.#retryMs = firstRetryMs;
    this.#connectedAt = Infinity;
  }

  /** Says once why a maglevd that is heard cannot be read, and that it can again. */
  #readOr(error: unknown): void {
    const { publish, log, name, address } = this.options;
    const reason = error === undefined ? "" : describeError(error, address);
    if (reason === this.#unread) return;
    this.#unread = reason;
    if (reason !== "") log.warn("maglevd-not-read", { server: name, reason });
    publish({ kind: "link", link: { state: "connected", since: this.#connectedSince, reason } });
  }

  /** Told once: since then it was not heard. */
  #lost(reason: string): void {
    const { publish, clock, log, name, state } = this.options;
    const { link } = state();
    const since = this.#isConnected || link.state !== "lost" ? clock.wall() : link.since;
    if (this.#isConnected || link.state === "new") {
      log.warn("maglevd-lost", { server: name, reason });
    }
    if (this.#isConnected || link.state !== "lost" || link.reason !== reason) {
      publish({ kind: "link", link: { state: "lost", since, reason } });
    }
    // What was running ends unheard.
    if (this.#isConnected) publish({ kind: "pulses", at: since, pulses: [], isAnew: true });
    this.#isConnected = false;
  }
}
