import * as wire from "../../../tests/h2/testing/wire.ts";
import { call, fields, frameFlood, streams, textField } from "../grpc.ts";
import type { Attack } from "../types.ts";

/** The same octets `count` times. */
function repeat(count: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return wire.join(...Array.from({ length: count }, () => bytes));
}

const head = fields("GetBackend");
const openStream = (id: number) => wire.headers(id, head, wire.END_HEADERS);
const request = (id: number) => call(id, "GetBackend", textField(1, "b0"));

/** Floods of frames that a connection may carry, one row of docs/http2.md each. */
export const frameAttacks: readonly Attack[] = [
  flooding(
    "rapid-reset",
    "streams opened and reset at once (CVE-2023-44487)",
    () => ["streams", streams(2_000, (id) => wire.join(request(id), wire.rstStream(id))), {
      each: 2_000,
      again: false,
    }],
  ),
  flooding(
    "made-reset",
    "streams that maglevd is made to reset (CVE-2025-8671)",
    () => ["streams", streams(2_000, (id) => wire.join(openStream(id), wire.windowUpdate(id, 0))), {
      each: 2_000,
      again: false,
    }],
  ),
  flooding(
    "ping-flood",
    "PING as fast as it goes (CVE-2019-9512)",
    () => ["pings", repeat(1_000, wire.ping()), { each: 1_000 }],
  ),
  flooding(
    "settings-flood",
    "SETTINGS as fast as they go, empty and full (CVE-2019-9515)",
    () => [
      "SETTINGS",
      repeat(500, wire.join(wire.settings(), wire.settings([4, 1], [4, 100_000]))),
      {
        each: 1_000,
      },
    ],
  ),
  flooding(
    "window-flood",
    "WINDOW_UPDATE of one octet, on the connection and on streams",
    () => ["updates", wire.join(openStream(1), repeat(2_000, wire.windowUpdate(1, 1))), {
      each: 2_000,
      again: false,
    }],
  ),
  flooding(
    "priority-flood",
    "PRIORITY that reorders streams (CVE-2019-9513)",
    () => [
      "PRIORITY",
      repeat(1_000, wire.frame(wire.types.PRIORITY, 0, 3, wire.uint(1, 4), wire.octets(7))),
      {
        each: 1_000,
      },
    ],
  ),
  flooding("empty-data", "DATA without an octet, and with padding alone (CVE-2019-9518)", () => {
    const padding = wire.frame(wire.types.DATA, wire.PADDED, 1, wire.octets(9), new Uint8Array(9));
    const frames = repeat(1_000, wire.join(wire.data(1, ""), padding));
    return ["frames", wire.join(openStream(1), frames), { each: 2_000, again: false }];
  }),
  flooding("late-frames", "DATA and HEADERS on streams that have ended", () => {
    const late = (id: number) => wire.join(request(id), wire.data(id, "late"), request(id));
    return ["streams", streams(500, late), { each: 500, again: false }];
  }),
  flooding("stream-numbers", "even, falling, skipped and highest numbers of streams", () => {
    const numbers = [1, 101, 2 ** 31 - 1, 3, 2, 0];
    return ["requests", wire.join(...numbers.map(request)), { each: 6, again: false }];
  }),
  flooding(
    "unknown-frames",
    "frames of unknown types, with and without octets",
    () => ["frames", repeat(500, wire.frame(0xbe, 0xff, 1, new Uint8Array(64))), { each: 500 }],
  ),
  flooding(
    "broken-frames",
    "frames of wrong sizes, and random octets in the place of frames",
    (n) => {
      const broken = [
        wire.frame(wire.types.PING, 0, 0, new Uint8Array(7)),
        wire.frame(wire.types.RST_STREAM, 0, 1, new Uint8Array(5)),
        wire.octets(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1),
        n.octets(400),
      ];
      return ["frames", wire.join(...broken), { each: broken.length, again: false }];
    },
  ),
];

type Flood = [
  what: string,
  bytes: Uint8Array,
  options: { readonly each: number; readonly again?: boolean },
];

function flooding(
  name: string,
  does: string,
  make: (random: { octets(count: number): Uint8Array }) => Flood,
): Attack {
  return {
    name,
    does,
    section: "HTTP/2 frames",
    run: (arena) => {
      const [what, bytes, options] = make(arena.random);
      return frameFlood(arena, what, bytes, options);
    },
  };
}
