import * as wire from "../../../tests/h2/support/wire.ts";
import { crew, flood, hold } from "../crew.ts";
import { burst, open } from "../floods.ts";
import { call, fields, streams, textField } from "../grpc.ts";
import { ignore } from "../socket.ts";
import type { Attack } from "../types.ts";

const section = "Fields and compression";

/** Puts one field of 4,000 octets into the table, then asks for it `times` times. */
function tableBomb(id: number, times: number): Uint8Array {
  const value = "a".repeat(4_000);
  const length = wire.octets(0x7f, ...lengthRest(value.length));
  const entry = wire.join(wire.octets(0x40, 1), wire.text("x"), length, wire.text(value));
  const block = wire.join(
    wire.block(fields("GetBackend")),
    entry,
    new Uint8Array(times).fill(0x80 + 62),
  );
  return wire.frame(wire.types.HEADERS, wire.END_HEADERS | wire.END_STREAM, id, block);
}

/** The rest of an HPACK integer whose prefix of seven bits is full (RFC 7541, 5.1). */
function lengthRest(value: number): number[] {
  const rest: number[] = [];
  let left = value - 127;
  for (; left >= 128; left = Math.floor(left / 128)) rest.push(left % 128 + 128);
  return [...rest, left];
}

/** What is done with fields, their compression, and what they name. */
export const fieldAttacks: readonly Attack[] = [
  {
    name: "hpack-bomb",
    does: "one field of 4,000 octets in the table, named 10,000 times a request",
    section,
    run: (arena) => {
      const bytes = streams(20, (id) => tableBomb(id, 10_000));
      return burst(arena, "requests", bytes, { each: 20 });
    },
  },
  {
    name: "hpack-churn",
    does: "tables resized and refilled in each request",
    section,
    run: (arena) => {
      const churn = (id: number) => {
        const entries = Array.from(
          { length: 60 },
          (_, n) =>
            wire.join(wire.octets(0x40, 3), wire.text(`x${n % 10}${id % 10}`), wire.octets(1, 65)),
        );
        const block = wire.join(
          wire.hex("20 3fe11f"),
          wire.block(fields("GetBackend")),
          ...entries,
        );
        return wire.frame(wire.types.HEADERS, wire.END_HEADERS | wire.END_STREAM, id, block);
      };
      const bytes = streams(200, churn);
      return burst(arena, "requests", bytes, { each: 200 });
    },
  },
  {
    name: "continuation-flood",
    does: "header sections that go on without end, in large, small and empty pieces",
    section,
    run: (arena) => {
      const sizes = [16_000, 1, 0];
      return crew(arena, 10, 9, async (n) => {
        const raw = await open(arena, { from: n, hear: ignore });
        if (raw === undefined) return;
        const part = wire.continuation(1, wire.block([["x", "y".repeat(sizes[n % 3] ?? 0)]]));
        const many = wire.join(...Array.from({ length: 8 }, () => part));
        await raw.send(wire.headers(1, fields("GetBackend"), wire.END_STREAM));
        await flood(arena, raw, many, "CONTINUATION", { each: 8, times: 10 });
        raw.close();
      });
    },
  },
  {
    name: "slow-headers",
    does: "400 header sections that are never completed",
    section,
    run: (arena) =>
      hold(arena, arena.size(400, 50), async (n) => {
        const raw = await open(arena, { from: n % 100, hear: ignore });
        await raw?.send(wire.headers(1, fields("GetBackend"), wire.END_STREAM));
        return raw;
      }),
  },
  {
    name: "many-fields",
    does: "requests with 3,000 fields, and with sections above the limit",
    section,
    run: (arena) => {
      const short = Array.from({ length: 300 }, (): wire.Field => ["a", ""]);
      const long: wire.Field[] = [["x-long", "y".repeat(15_000)]];
      const bytes = streams(
        40,
        (id) => wire.headers(id, fields("GetBackend", id % 4 === 1 ? short : long)),
      );
      return burst(arena, "requests", bytes, { each: 40 });
    },
  },
  {
    name: "bad-authority",
    does: "calls whose :authority is no authority, 100 streams on ever new connections",
    section,
    run: (arena) => {
      const message = textField(1, "b0");
      const bad = (id: number) => {
        const head = fields("GetBackend", [], '[::bad:::authority%%"<>');
        return wire.join(
          wire.headers(id, head, wire.END_HEADERS),
          wire.data(id, wire.join(wire.octets(0), wire.uint(message.length, 4), message), 1),
        );
      };
      return burst(arena, "calls", streams(100, bad), { each: 100 });
    },
  },
  {
    name: "bad-calls",
    does: "unknown methods, wrong content types, broken messages and deadlines",
    section,
    run: (arena) => {
      const broken = [
        (id: number) => call(id, "NoSuchMethod", wire.octets()),
        (id: number) => call(id, "GetBackend", wire.octets(0x0a, 0xff)),
        (id: number) => call(id, "GetBackend", wire.octets(), [["grpc-timeout", "0n"]]),
        (id: number) => call(id, "GetBackend", wire.octets(), [["grpc-encoding", "nonsense"]]),
        (id: number) =>
          wire.headers(id, [
            [":method", "POST"],
            [":scheme", "http"],
            [":path", "/maglev.Maglev/GetBackend"],
            [":authority", "maglevd"],
            ["content-type", "text/nonsense"],
          ]),
      ];
      const bytes = streams(100, (id) => (broken[id % broken.length] ?? request)(id));
      return burst(arena, "calls", bytes, { each: 100 });
    },
  },
];

function request(id: number): Uint8Array {
  return call(id, "GetBackend", textField(1, "b0"));
}
