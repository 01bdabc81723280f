import * as wire from "../../../tests/h2/support/wire.ts";
import { hold } from "../crew.ts";
import { callFlood, open } from "../floods.ts";
import { body, call, envelope, fields, numberField, streams, textField } from "../grpc.ts";
import { ignore, type Raw } from "../socket.ts";
import type { Arena, Attack } from "../types.ts";

const details = numberField(1, 1);

/** Connections that ask for all backends on 1,000 streams each and let nothing of it come. */
function shutWindows(arena: Arena): Promise<void> {
  const count = arena.size(1_000, 50);
  const bytes = streams(count, (id) => call(id, "ListBackends", details));
  return hold(arena, arena.size(8, 3), async (n) => {
    const raw = await open(arena, { from: n, hear: ignore }, 0);
    if (await raw?.send(bytes)) arena.count("calls", count);
    return raw;
  });
}

/** WatchRequest: log records from debug on. */
const debugLog = textField(2, "debug");

/** WatchRequest: everything there is, pulses included. */
const everything = wire.join(debugLog, numberField(5, 1), numberField(7, 1));

/** Streams of debug events, `each` on a connection, that read what comes or don't. */
async function watch(
  arena: Arena,
  n: number,
  each: number,
  reads: boolean,
): Promise<Raw | undefined> {
  const raw = await open(arena, { from: n, ...(reads ? { hear: ignore } : {}) });
  const request = n % 2 === 0 ? debugLog : everything;
  if (await raw?.send(streams(each, (id) => call(id, "WatchEvents", request)))) {
    arena.count("watchers", each);
  }
  return raw;
}

/** What is done with answers, and with streams of events. */
export const responseAttacks: readonly Attack[] = [
  {
    name: "zero-window",
    does: "ListBackends with details on 1,000 streams whose windows stay shut, eight connections",
    section: "Responses and streams of events",
    run: shutWindows,
  },
  {
    name: "zero-window-large",
    does: "the same with 10,000 backends more in the configuration",
    section: "Responses and streams of events",
    idleBackends: 10_000,
    run: shutWindows,
  },
  {
    name: "deaf-lists",
    does: "the same with the windows wide open, and nothing read from the socket",
    section: "Responses and streams of events",
    idleBackends: 10_000,
    run: (arena) => {
      const count = arena.size(1_000, 50);
      const bytes = streams(count, (id) => call(id, "ListBackends", details));
      return hold(arena, arena.size(8, 3), async (n) => {
        const raw = await open(arena, { from: n });
        // What maglevd does not read, as it waits for us, is not waited for.
        void raw?.send(bytes).then((sent) => arena.count("calls", sent ? count : 0));
        return raw;
      });
    },
  },
  {
    name: "watchers",
    does: "500 streams of debug events that are read, ten on a connection",
    section: "Responses and streams of events",
    open: true,
    run: (arena) => hold(arena, arena.size(50, 4), (n) => watch(arena, n, 10, true)),
  },
  {
    name: "deaf-watchers",
    does: "1,000 streams of debug events that nobody reads, ten on a connection",
    section: "Responses and streams of events",
    open: true,
    run: (arena) => hold(arena, arena.size(100, 4), (n) => watch(arena, n, 10, false)),
  },
  {
    name: "conversations",
    does: "reflection asked what maglevd speaks, 2,000 times in one stream, ten streams at a time",
    section: "Responses and streams of events",
    run: (arena) => {
      const asked = envelope(textField(4, "maglev.Maglev"));
      const count = arena.size(2_000, 200);
      const questions = wire.join(...Array.from({ length: count }, () => asked));
      const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
      const head = fields("").map(([name, value]): wire.Field => [
        name,
        name === ":path" ? path : value,
      ]);
      const bytes = streams(
        1,
        (id) => wire.join(wire.headers(id, head, wire.END_HEADERS), body(id, questions)),
      );
      return callFlood(arena, "conversations", bytes, { width: 10, rounds: 4 });
    },
  },
];
