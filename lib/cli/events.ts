import type { Message, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Event, WatchRequestSchema } from "../gen/maglev_pb.ts";
import { callTimeoutMs } from "./client.ts";
import type { MaglevClient } from "./node.ts";

/** What a stream is asked for. */
export type WatchInit = Exclude<MessageInitShape<typeof WatchRequestSchema>, Message>;

/** How long a stream may be silent, in milliseconds. */
export interface Patience {
  /** Before it is open. */
  readonly openMs: number;
  /** Between two messages, of a server that sends signs of life every 15 s. */
  readonly silenceMs: number;
}

/** As long as any answer may take, and three signs of life. */
export const defaultPatience: Patience = { openMs: callTimeoutMs, silenceMs: 45_000 };

/**
 * Messages of a stream until its end or `signal`. Ending the loop early ends the call: the
 * transport does not do that by itself. Throws DeadlineExceeded when the stream is not opened in
 * time, and Unavailable when it falls silent although the server sends signs of life: then the
 * path is dead, and no error would ever tell.
 */
export async function* watchEvents(
  client: MaglevClient,
  request: WatchInit,
  signal: AbortSignal,
  { openMs, silenceMs }: Patience = defaultPatience,
): AsyncGenerator<Event> {
  const silence = new Silence();
  silence.until(
    openMs,
    () => new ConnectError("the stream was not opened", Code.DeadlineExceeded),
  );
  const options = {
    signal: AbortSignal.any([signal, silence.signal]),
    timeoutMs: 0,
    onHeader: () => silence.over(),
  };
  let hasHeartbeat = false;
  try {
    for await (const event of client.watchEvents(request, options)) {
      hasHeartbeat ||= event.event.case === "opening";
      if (hasHeartbeat) silence.until(silenceMs, () => silent(silenceMs));
      yield event;
    }
  } catch (error) {
    if (silence.error) throw silence.error;
    if (!signal.aborted) throw error;
  } finally {
    silence.end();
  }
}

function silent(ms: number): ConnectError {
  return new ConnectError(`nothing was heard from it for ${ms / 1000} s`, Code.Unavailable);
}

/** Ends a call that has been silent for too long. What is heard in time sets no timer. */
class Silence {
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer ends, and when it may: by `performance.now()`. */
  #endsAt = Infinity;
  #limit = Infinity;
  #why: (() => ConnectError) | undefined;
  /** Why the call was ended, if it was. */
  error: ConnectError | undefined;

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** From now on so many milliseconds may pass. */
  until(ms: number, why: () => ConnectError): void {
    this.#why = why;
    this.#limit = performance.now() + ms;
    if (this.#endsAt > this.#limit) this.#arm(ms);
  }

  /** Something was heard, and may be the last for as long as it likes. */
  over(): void {
    clearTimeout(this.#timer);
    [this.#endsAt, this.#limit] = [Infinity, Infinity];
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#endsAt = performance.now() + ms;
    this.#timer = setTimeout(() => {
      const left = this.#limit - performance.now();
      // A timer may end a little before its time.
      if (left >= 1) return this.#arm(left);
      this.error = this.#why?.();
      this.#stop.abort();
    }, ms);
  }

  /** The call is over in any case. */
  end(): void {
    this.over();
    this.#stop.abort();
  }
}

/** How far a stream of events was read, to go on from there after it broke off. */
export class Place {
  #streamId = "";
  #since: WatchInit["since"];

  /** The request that goes on from here. */
  goOn(request: WatchInit): WatchInit {
    return this.#since ? { ...request, since: this.#since } : request;
  }

  /** Takes note of a message. Whoever breaks off in the present state begins with it again. */
  passed({ event, seq }: Event): void {
    if (event.case === "opening") {
      this.#streamId = event.value.streamId;
      if (!event.value.resumed) this.#since = undefined;
    } else if (event.case === "heartbeat") {
      this.#since = { streamId: event.value.streamId, seq: event.value.seq };
    } else if (seq !== 0n) {
      this.#since = { streamId: this.#streamId, seq };
    }
  }
}

/** Resolves after so many milliseconds, or as soon as `signal` says so. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
