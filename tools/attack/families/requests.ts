import * as wire from "../../../tests/h2/support/wire.ts";
import { crew, hold, whicheverFirst } from "../crew.ts";
import { callFlood, open } from "../floods.ts";
import { body, call, envelope, fields, streams, textField, unknownFields } from "../grpc.ts";
import { dial, ignore, type Raw } from "../socket.ts";
import type { Arena, Attack } from "../types.ts";

const mebibyte = 1024 * 1024;

/** HEADERS and a compressed message, the request left open or not. */
function bomb(id: number, method: string, message: Uint8Array): Uint8Array {
  const head = fields(method, [["grpc-encoding", "gzip"]]);
  return wire.join(
    wire.headers(id, head, wire.END_HEADERS),
    body(id, envelope(message, true)),
  );
}

/** Sends as much as the peer takes, in small pieces: it stops reading when it has enough. */
async function fill(arena: Arena, raw: Raw, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += mebibyte) {
      if (arena.over.aborted || !await raw.send(part.subarray(at, at + mebibyte))) return;
      arena.count("MiB");
    }
  }
}

/** What is done with requests, their bodies and their methods. */
export const requestAttacks: readonly Attack[] = [
  {
    name: "gzip-unary",
    does: "unary requests of 4 KiB that decompress to 4 MiB of tiny unknown fields",
    section: "Requests",
    run: (arena) => {
      const message = unknownFields(4 * mebibyte - 64);
      const bytes = streams(4, (id) => bomb(id, "GetBackend", message));
      return callFlood(arena, "bombs", bytes, { each: 4, width: 4, rounds: 1 });
    },
  },
  {
    name: "gzip-stream",
    does: "the same opening streams of events, which stay open",
    section: "Requests",
    run: (arena) => {
      const message = unknownFields(4 * mebibyte - 64);
      const bytes = streams(arena.size(50, 4), (id) => bomb(id, "WatchEvents", message));
      return hold(arena, arena.size(20, 4), async (n) => {
        const raw = await open(arena, { from: n, hear: ignore });
        if (await raw?.send(bytes)) arena.count("bombs", arena.size(50, 4));
        return raw;
      });
    },
  },
  {
    name: "half-sent",
    does: "1,000 requests a connection that fill their windows and never end, over 20 connections",
    section: "Requests",
    run: (arena) => {
      const head = fields("GetBackend");
      const start = new Uint8Array(16_384);
      start.set(wire.join(wire.octets(0), wire.uint(3 * mebibyte, 4)));
      const part = new Uint8Array(16_384);
      return hold(arena, arena.size(20, 4), async (n) => {
        const raw = await open(arena, { from: n, hear: ignore });
        if (raw === undefined) return undefined;
        const count = arena.size(1_000, 20);
        await raw.send(streams(count, (id) => wire.headers(id, head, wire.END_HEADERS)));
        arena.count("half requests", count);
        void fill(arena, raw, [
          streams(count, (id) => wire.data(id, start)),
          // As far as a stream's window goes and no further, so that nobody breaks a rule.
          ...Array.from({ length: 14 }, () => streams(count, (id) => wire.data(id, part))),
        ]);
        return raw;
      });
    },
  },
  {
    name: "check-config",
    does: "CheckConfig, 500 at a time over five connections, again as soon as they are answered",
    section: "Requests",
    open: true,
    run: (arena) => {
      const count = arena.size(100, 10);
      const bytes = streams(count, (id) => call(id, "CheckConfig", wire.octets()));
      return callFlood(arena, "calls", bytes, { each: count, width: 5, rounds: 4 });
    },
  },
  {
    name: "vpp-reads",
    does: "GetVPPLBState and PlanVPPLBState, 900 at a time over nine connections, again and again",
    section: "Requests",
    run: (arena) => {
      const count = arena.size(100, 10);
      const method = (id: number) => id % 4 === 1 ? "GetVPPLBState" : "PlanVPPLBState";
      const bytes = streams(count, (id) => call(id, method(id), wire.octets()));
      return callFlood(arena, "calls", bytes, { each: count, width: 9, rounds: 4 });
    },
  },
  {
    name: "calls",
    does: "GetBackend as fast as one core can ask, 20 connections of 100 streams",
    section: "Requests",
    run: (arena) => {
      const count = arena.size(100, 10);
      const bytes = streams(count, (id) => call(id, "GetBackend", textField(1, "b0")));
      return callFlood(arena, "calls", bytes, { each: count, width: 20, rounds: 4 });
    },
  },
  {
    name: "denied",
    does: "PauseBackend, which strangers may not call, 20 connections of 100 streams",
    section: "Requests",
    run: (arena) => {
      const count = arena.size(100, 10);
      // No backend has this name: the sample's attackers are on the machine, and may call it.
      const bytes = streams(count, (id) => call(id, "PauseBackend", textField(1, "nobody")));
      return callFlood(arena, "calls", bytes, { each: count, width: 20, rounds: 4 });
    },
  },
  {
    name: "list-events",
    does: "ListEvents with the largest page, 100 at a time over ten connections",
    section: "Requests",
    run: (arena) => {
      const count = arena.size(10, 3);
      const thousand = wire.octets(8 * 8, 0xe8, 7);
      const bytes = streams(count, (id) => call(id, "ListEvents", thousand));
      return callFlood(arena, "calls", bytes, { each: count, width: 10, rounds: 4 });
    },
  },
  {
    name: "many-kinds",
    does:
      "ListEvents of 7,000 kinds, all the same and of no event, 10 at a time over 20 connections",
    section: "Requests",
    run: (arena) => {
      // Each of these would be compared with each event.
      const kinds = wire.join(...Array.from({ length: 7_000 }, () => textField(5, "reload")));
      const bytes = streams(10, (id) => call(id, "ListEvents", kinds));
      return callFlood(arena, "calls", bytes, { each: 10, width: arena.size(20, 4), rounds: 4 });
    },
  },
  {
    name: "long-names",
    does: "GetBackend and, over HTTP/1.1, JSON with names of 60 KB and of 4 MB",
    section: "Requests",
    run: (arena) => {
      const name = "x".repeat(60_000);
      const many = streams(10, (id) => call(id, "GetBackend", textField(1, name)));
      const json = JSON.stringify({ name: "x".repeat(4_100_000) });
      const post = wire.text(
        "POST /maglev.Maglev/GetBackend HTTP/1.1\r\nhost: maglevd\r\n" +
          `content-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
      );
      return Promise.all([
        callFlood(arena, "calls", many, { each: 10, width: 4, rounds: 2 }),
        crew(arena, 4, 1, async (n) => {
          let heard: (octets: number) => void = ignore;
          const answer = new Promise<void>((resolve) => {
            heard = (octets) => {
              arena.count("octets of answers", octets);
              resolve();
            };
          });
          const raw = await dial(arena, { from: n, hear: (bytes) => heard(bytes.length) });
          if (await raw?.send(post)) arena.count("calls");
          if (raw) await whicheverFirst(arena, 20_000, answer, raw.gone);
          raw?.close();
        }),
      ]).then(() => {});
    },
  },
];
