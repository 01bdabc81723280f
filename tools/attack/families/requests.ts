import * as wire from "../../../tests/h2/testing/wire.ts";
import { crew, flood, hold } from "../crew.ts";
import { call, envelope, fields, open, streams, textField, unknownFields } from "../grpc.ts";
import { dial, ignore } from "../socket.ts";
import type { Arena, Attack } from "../types.ts";

const mebibyte = 1024 * 1024;

/** HEADERS and a compressed message, the request left open or not. */
function bomb(id: number, method: string, message: Uint8Array): Uint8Array {
  const head = fields(method, [["grpc-encoding", "gzip"]]);
  return wire.join(
    wire.headers(id, head, wire.END_HEADERS),
    wire.data(id, envelope(message, true), wire.END_STREAM),
  );
}

/** Ever new connections that each send the same calls once, and wait for the answers. */
async function callOver(
  arena: Arena,
  what: string,
  width: number,
  each: number,
  bytes: Uint8Array,
): Promise<void> {
  await crew(arena, width, 4, async (n) => {
    const raw = await open(arena, { from: n, hear: ignore });
    if (raw === undefined) return;
    if (await raw.send(bytes)) arena.count(what, each);
    await patience(arena, raw);
    raw.close();
  });
}

/** Waits while answers come: until there were none for 300 ms, which a sample does not wait for. */
async function patience(
  arena: Arena,
  raw: { readonly received: number; readonly isGone: boolean },
): Promise<void> {
  for (let seen = -1; raw.received !== seen && !raw.isGone && !arena.over.aborted;) {
    seen = raw.received;
    await new Promise((resolve) => setTimeout(resolve, arena.size(300, 20)));
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
      return callOver(arena, "bombs", 4, 4, streams(4, (id) => bomb(id, "GetBackend", message)));
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
      const full = new Uint8Array(16_384);
      full.set(wire.join(wire.octets(0), wire.uint(3 * mebibyte, 4)));
      const part = new Uint8Array(16_384);
      return hold(arena, arena.size(20, 4), async (n) => {
        const raw = await open(arena, { from: n, hear: ignore });
        if (raw === undefined) return undefined;
        const count = arena.size(1_000, 20);
        await raw.send(streams(count, (id) => wire.headers(id, head, wire.END_HEADERS)));
        await raw.send(streams(count, (id) => wire.data(id, full)));
        arena.count("half requests", count);
        // As far as the connection's window, and a little beyond it if maglevd opens it.
        void flood(arena, raw, streams(count, (id) => wire.data(id, part)), "MiB", {
          each: Math.round(count / 64),
          times: 1,
        });
        return raw;
      });
    },
  },
  {
    name: "check-config",
    does: "CheckConfig, 500 at a time over five connections, again as soon as they are answered",
    section: "Requests",
    run: (arena) => {
      const count = arena.size(100, 10);
      const bytes = streams(count, (id) => call(id, "CheckConfig", wire.octets()));
      return callOver(arena, "calls", 5, count, bytes);
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
      return callOver(arena, "calls", 9, count, bytes);
    },
  },
  {
    name: "calls",
    does: "GetBackend as fast as one core can ask, 20 connections of 100 streams",
    section: "Requests",
    run: (arena) => {
      const count = arena.size(100, 10);
      const bytes = streams(count, (id) => call(id, "GetBackend", textField(1, "b0")));
      return callOver(arena, "calls", 20, count, bytes);
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
      return callOver(arena, "calls", 10, count, bytes);
    },
  },
  {
    name: "long-names",
    does: "GetBackend and, over HTTP/1.1, JSON with names of 60 KB and of 4 MB",
    section: "Requests",
    run: (arena) => {
      const name = "x".repeat(60_000);
      const parts = (id: number) => {
        const message = envelope(textField(1, name));
        const pieces = Array.from(
          { length: Math.ceil(message.length / 16_384) },
          (_, n) => message.subarray(16_384 * n, 16_384 * (n + 1)),
        );
        return wire.join(
          wire.headers(id, fields("GetBackend"), wire.END_HEADERS),
          ...pieces.map((piece, n) =>
            wire.data(id, piece, n === pieces.length - 1 ? wire.END_STREAM : 0)
          ),
        );
      };
      const many = streams(10, parts);
      const body = JSON.stringify({ name: "x".repeat(4_100_000) });
      const post = wire.text(
        "POST /maglev.Maglev/GetBackend HTTP/1.1\r\nhost: maglevd\r\n" +
          `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      return crew(arena, 8, 6, async (n) => {
        const http1 = n % 2 === 0;
        const raw = await (http1
          ? dial(arena, { from: n, hear: ignore })
          : open(arena, { from: n, hear: ignore }));
        if (raw === undefined) {
          return;
        }
        if (await raw.send(http1 ? post : many)) {
          arena.count("calls", http1 ? 1 : 10);
        }
        await patience(arena, raw);
        arena.count("octets of answers", raw.received);
        raw.close();
      });
    },
  },
];
