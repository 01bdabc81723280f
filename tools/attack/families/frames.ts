import * as wire from "../../../tests/h2/support/wire.ts";
import { burst, frameFlood } from "../floods.ts";
import { call, fields, streams, textField } from "../grpc.ts";
import type { Random } from "../../../tests/h2/fuzz/random.ts";
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
  bursts("rapid-reset", "streams opened and reset at once (CVE-2023-44487)", "streams", {
    each: 2_000,
    octets: () => streams(2_000, (id) => wire.join(request(id), wire.rstStream(id))),
  }),
  bursts("made-reset", "streams that maglevd is made to reset (CVE-2025-8671)", "streams", {
    each: 2_000,
    octets: () => streams(2_000, (id) => wire.join(openStream(id), wire.windowUpdate(id, 0))),
  }),
  floods("ping-flood", "PING as fast as it goes (CVE-2019-9512)", "pings", {
    each: 1_000,
    octets: () => repeat(1_000, wire.ping()),
  }),
  floods("settings-flood", "SETTINGS as fast as they go (CVE-2019-9515)", "SETTINGS", {
    each: 1_000,
    octets: () => repeat(500, wire.join(wire.settings(), wire.settings([4, 1], [4, 100_000]))),
  }),
  bursts("window-flood", "WINDOW_UPDATE of one octet, on streams and the connection", "updates", {
    each: 20_000,
    octets: () => {
      const updates = wire.join(wire.windowUpdate(1, 1), wire.windowUpdate(0, 1));
      return wire.join(openStream(1), repeat(10_000, updates));
    },
  }),
  floods("priority-flood", "PRIORITY that reorders streams (CVE-2019-9513)", "PRIORITY", {
    each: 1_000,
    octets: () => {
      const priority = wire.join(wire.uint(1, 4), wire.octets(7));
      return repeat(1_000, wire.frame(wire.types.PRIORITY, 0, 3, priority));
    },
  }),
  bursts("empty-data", "DATA without an octet or padding alone (CVE-2019-9518)", "frames", {
    each: 2_000,
    octets: () => {
      const zeros = wire.join(wire.octets(9), new Uint8Array(9));
      const padding = wire.frame(wire.types.DATA, wire.PADDED, 1, zeros);
      return wire.join(openStream(1), repeat(1_000, wire.join(wire.data(1, ""), padding)));
    },
  }),
  bursts("late-frames", "DATA and HEADERS on streams that have ended", "streams", {
    each: 500,
    octets: () =>
      streams(500, (id) => wire.join(request(id), wire.data(id, "late"), wire.rstStream(id))),
  }),
  bursts("late-headers", "a second request on a stream that has ended", "streams", {
    each: 2,
    octets: () => wire.join(request(1), request(1)),
  }),
  bursts("stream-numbers", "even, falling, skipped and highest numbers of streams", "requests", {
    each: 3,
    octets: (random) => {
      const odd = random.pick([[1, 101, 3], [2 ** 31 - 1, 1, 3], [2, 4, 6], [0, 1, 3]]);
      return wire.join(...odd.map(request));
    },
  }),
  floods("unknown-frames", "frames of unknown types, with and without octets", "frames", {
    each: 500,
    octets: () => repeat(500, wire.frame(0xbe, 0xff, 1, new Uint8Array(64))),
  }),
  bursts("broken-frames", "frames of wrong sizes, random octets instead of frames", "frames", {
    each: 1,
    octets: (random) =>
      random.pick([
        wire.frame(wire.types.PING, 0, 0, new Uint8Array(7)),
        wire.frame(wire.types.RST_STREAM, 0, 1, new Uint8Array(5)),
        wire.octets(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1),
        random.octets(400),
      ]),
  }),
];

interface Frames {
  /** How many of what is counted are in `octets`. */
  readonly each: number;
  readonly octets: (random: Random) => Uint8Array;
}

/** The same octets again and again on each connection. */
function floods(name: string, does: string, what: string, { each, octets }: Frames): Attack {
  return {
    ...{ name, does, section: "HTTP/2 frames" },
    run: (arena) => frameFlood(arena, what, octets(arena.random), { each }),
  };
}

/** Once on each connection, as streams can be used only once. */
function bursts(name: string, does: string, what: string, { each, octets }: Frames): Attack {
  return {
    ...{ name, does, section: "HTTP/2 frames" },
    run: (arena) => burst(arena, what, octets(arena.random), { each, rounds: 2 }),
  };
}
