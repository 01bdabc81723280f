import assert from "node:assert/strict";
import { defaultFloodBudgets, type FloodKind } from "../../../lib/h2/mod.ts";
import { Peer } from "../support/peer.ts";
import {
  block,
  continuation,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  get,
  headers,
  join,
  octets,
  ping,
  post,
  rstStream,
  settings,
  types,
  uint,
  windowUpdate,
} from "../support/wire.ts";

/** A flood: what is sent first, then again and again, and the budget that it overdraws. */
interface Flood {
  readonly name: string;
  readonly kind: FloodKind;
  readonly first?: readonly Uint8Array[];
  readonly again: (round: number) => Uint8Array;
  /** How much of the budget a polite peer's frames before have spent. */
  readonly spent?: number;
}

const open = headers(1, post, END_HEADERS);

const floods: readonly Flood[] = [
  {
    name: "a flood of PING is answered with ENHANCE_YOUR_CALM",
    kind: "ping",
    again: () => ping(),
  },
  {
    name: "a flood of SETTINGS is answered with ENHANCE_YOUR_CALM",
    kind: "settings",
    again: () => settings(),
    spent: 2,
  },
  {
    name: "rapid reset is answered with ENHANCE_YOUR_CALM",
    kind: "reset",
    again: (n) => join(headers(2 * n + 1, get), rstStream(2 * n + 1)),
  },
  {
    name: "resets that the peer provokes are answered with ENHANCE_YOUR_CALM",
    kind: "reset",
    again: (n) => join(headers(2 * n + 1, get), windowUpdate(2 * n + 1, 0)),
  },
  {
    name: "a flood of malformed requests is answered with ENHANCE_YOUR_CALM",
    kind: "reset",
    again: (n) => headers(2 * n + 1, get.slice(1)),
  },
  {
    name: "a flood of WINDOW_UPDATE is answered with ENHANCE_YOUR_CALM",
    kind: "windowUpdate",
    again: () => windowUpdate(0, 1),
  },
  {
    name: "a flood of empty DATA is answered with ENHANCE_YOUR_CALM",
    kind: "emptyFrame",
    first: [open],
    again: () => data(1, ""),
  },
  {
    name: "a flood of DATA with nothing but padding is answered with ENHANCE_YOUR_CALM",
    kind: "emptyFrame",
    first: [open],
    again: () => data(1, octets(1, 0), 8),
  },
  {
    name: "a flood of PRIORITY is answered with ENHANCE_YOUR_CALM",
    kind: "priority",
    again: (n) => frame(types.PRIORITY, 0, 2 * n + 1, uint(0, 5)),
  },
  {
    name: "a flood of unknown frames is answered with ENHANCE_YOUR_CALM",
    kind: "unknownFrame",
    again: () => frame(0x42, 0, 0),
  },
  {
    name: "a flood of frames on closed streams is answered with ENHANCE_YOUR_CALM",
    kind: "lateFrame",
    first: [open, rstStream(1)],
    again: () => rstStream(1),
  },
];

for (const { name, kind, first = [], again, spent = 0 } of floods) {
  Deno.test(name, () => {
    const peer = new Peer().send(...first);
    const { burst } = defaultFloodBudgets[kind];
    let round = 0;
    for (; round < burst - spent; round++) {
      peer.send(again(round));
      for (const { id } of peer.got("request").slice(-1)) peer.connection.handlerDone(id);
    }
    assert.equal(peer.connection.closed, false);
    peer.send(again(round)).assertGoaway("ENHANCE_YOUR_CALM");
  });
}

Deno.test("a CONTINUATION flood in octets is answered with ENHANCE_YOUR_CALM", () => {
  const peer = new Peer().send(headers(1, get, 0));
  const piece = block([["x", "y".repeat(16_000)]]);
  for (let n = 0; n < 4; n++) peer.send(continuation(1, piece));
  peer.send(continuation(1, piece)).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("a CONTINUATION flood in frames is answered with ENHANCE_YOUR_CALM", () => {
  const peer = new Peer().send(headers(1, get, 0));
  for (let n = 0; n < 32; n++) peer.send(continuation(1, block([["x", "y"]])));
  assert.equal(peer.connection.closed, false);
  peer.send(continuation(1, octets())).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("a header block that is not completed in time is answered with ENHANCE_YOUR_CALM", () => {
  const peer = new Peer().send(headers(1, get, END_STREAM)).advance(9_999);
  assert.equal(peer.connection.closed, false);
  peer.advance(1).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("a header block above the limit in one frame is answered with ENHANCE_YOUR_CALM", () => {
  const peer = new Peer({ limits: { headerBlockBytes: 100 } });
  peer.send(headers(1, [...get, ["x", "y".repeat(100)]])).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("SETTINGS with more parameters than there are is answered with ENHANCE_YOUR_CALM", () => {
  const many = Array.from({ length: 65 }, (_, n): [number, number] => [4, n]);
  new Peer().send(settings(...many.slice(1))).assertAlive();
  new Peer().send(settings(...many)).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("a peer that asks and does not read is answered with ENHANCE_YOUR_CALM", () => {
  const generous = { burst: 1e9, perSecond: 0, perFrame: 0 };
  const peer = new Peer({
    limits: { outputBytes: 2000, controlBytes: 1000 },
    floods: { ping: generous },
  });
  peer.reading = false;
  for (let n = 0; n < 1000 && !peer.connection.closed; n++) peer.send(ping());
  assert.equal(peer.connection.queued < 4000, true);
  peer.reading = true;
  peer.collect();
  peer.assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("answers that wait may fill their limit, and one more is too many", () => {
  // PING and its acknowledgement have 17 octets.
  const peer = new Peer({ limits: { outputBytes: 17, controlBytes: 34 } });
  peer.reading = false;
  peer.send(ping(), ping(), ping());
  assert.equal(peer.connection.closed, false);
  peer.send(ping());
  assert.equal(peer.connection.closed, true);
});

Deno.test("a stream's window that stays shut resets the stream with ENHANCE_YOUR_CALM", () => {
  const peer = new Peer({ settings: [[4, 10]] }).send(headers(1, get), headers(3, get));
  peer.respond(1, [[":status", "200"]], false);
  peer.sendData(1, new Uint8Array(100));
  peer.send(ping()).advance(30_000).send(windowUpdate(1, 1), ping()).advance(39_000).send(ping());
  peer.advance(20_999).send(ping());
  assert.equal(peer.connection.streams, 2);
  peer.said();
  peer.advance(1).assertReset(1, "ENHANCE_YOUR_CALM");
  assert.equal(peer.got("reset")[0]?.reason, "the stream's window stays shut");
});

Deno.test("a connection's window that stays shut is answered with ENHANCE_YOUR_CALM", () => {
  const peer = new Peer({ settings: [[4, 100_000]] }).send(headers(1, get));
  peer.respond(1, [[":status", "200"]], false);
  peer.sendData(1, new Uint8Array(100_000));
  for (let n = 0; n < 6; n++) peer.advance(9_999).send(ping());
  assert.equal(peer.connection.closed, false);
  peer.advance(100).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("a peer that stops reading is cut off in the time stated", () => {
  const peer = new Peer().send(headers(1, get));
  peer.reading = false;
  peer.respond(1, [[":status", "200"]], false);
  peer.connection.takeOutput(peer.now);
  for (let n = 0; n < 29; n++) peer.advance(1000).send(windowUpdate(0, 1));
  assert.equal(peer.connection.closed, false);
  peer.advance(1000);
  assert.equal(peer.connection.closed, true);
  assert.equal(peer.got("closed")[0]?.reason, "the peer does not read");
});

Deno.test("polite numbers of everything do no harm for an hour", () => {
  const peer = new Peer();
  for (let second = 0; second < 3600; second++) {
    const id = 2 * second + 1;
    peer.send(headers(id, post, END_HEADERS), data(id, "x"), ping(), windowUpdate(0, 1));
    if (second % 2 === 0) peer.send(rstStream(id));
    else peer.respond(id, [[":status", "200"]]);
    peer.connection.handlerDone(id);
    peer.events.length = 0;
    peer.said();
    peer.advance(1000);
  }
  peer.assertAlive();
});
