import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Event, EventSchema, type WatchRequestSchema } from "../gen/maglev_pb.ts";
import type { Args, MaglevClient } from "./node.ts";
import { messageJson } from "./report.ts";

/** What `watch events` was asked for. */
export interface WatchOptions {
  readonly request: MessageInitShape<typeof WatchRequestSchema>;
  /** Stop after so many events. */
  readonly limit: number;
}

/** Naming none of log, backend and frontend asks for all of them. */
export function watchOptions(args: Args): WatchOptions {
  const kinds = ["log", "backend", "frontend"] as const;
  const named = kinds.filter((kind) => args.words.slice(2).includes(kind));
  const wanted = (kind: typeof kinds[number]) => named.length === 0 || named.includes(kind);
  const level = args.words[args.words.indexOf("level") + 1];
  return {
    request: {
      log: wanted("log"),
      backend: wanted("backend"),
      frontend: wanted("frontend"),
      logLevel: args.words.includes("level") && level ? level : "info",
    },
    limit: Number(args.values.get("num") ?? Infinity),
  };
}

/** An event as compact JSON, for scripts. */
export function formatEventJson(event: Event): string {
  return JSON.stringify(messageJson(EventSchema, event));
}

/**
 * Events until the limit, the end of the stream or `signal`. Ending the loop early ends the call:
 * the transport does not do that by itself.
 */
export async function* watchEvents(
  client: MaglevClient,
  { request, limit }: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  let seen = 0;
  try {
    for await (const event of client.watchEvents(request, { signal: both, timeoutMs: 0 })) {
      yield event;
      if (++seen >= limit) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.abort();
  }
}
