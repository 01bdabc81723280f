import assert from "node:assert/strict";
import { testViolations } from "../support/cases.ts";
import { Peer } from "../support/peer.ts";
import {
  data,
  END_HEADERS,
  get,
  headers,
  join,
  octets,
  PADDED,
  post,
  preface,
  settings,
  settingsAck,
  windowUpdate,
} from "../support/wire.ts";

const open = headers(1, post, END_HEADERS);
const full = data(1, new Uint8Array(16_384));
const small = { streamWindow: 65_536, connectionWindow: 65_536 };

testViolations([
  {
    name: "DATA beyond the stream's window resets it with FLOW_CONTROL_ERROR",
    options: { limits: { streamWindow: 65_536 } },
    sends: [open, full, full, full, full, data(1, "x")],
    answer: { reset: 1, code: "FLOW_CONTROL_ERROR" },
  },
  {
    name: "DATA beyond the connection's window is a FLOW_CONTROL_ERROR",
    options: { limits: small },
    sends: [open, full, full, full, full, data(1, "x")],
    answer: { goaway: "FLOW_CONTROL_ERROR" },
  },
  {
    name: "a connection's window above 2^31-1 is a FLOW_CONTROL_ERROR",
    sends: [windowUpdate(0, 2 ** 31 - 1)],
    answer: { goaway: "FLOW_CONTROL_ERROR" },
  },
  {
    name: "a stream's window above 2^31-1 resets it with FLOW_CONTROL_ERROR",
    sends: [open, windowUpdate(1, 2 ** 31 - 1)],
    answer: { reset: 1, code: "FLOW_CONTROL_ERROR" },
  },
  {
    name: "SETTINGS that make a stream's window larger than 2^31-1 are a FLOW_CONTROL_ERROR",
    sends: [open, windowUpdate(1, 2 ** 31 - 1 - 65_535), settings([4, 65_536])],
    answer: { goaway: "FLOW_CONTROL_ERROR" },
  },
]);

Deno.test("windows open again only as the body is read", () => {
  const peer = new Peer({ limits: small }).send(open, full, full, full);
  assert.deepEqual(peer.said(), []);
  peer.connection.bodyRead(1, 16_384, peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), []);
  peer.connection.bodyRead(1, 16_384, peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), ["WINDOW_UPDATE 1 32768", "WINDOW_UPDATE 0 32768"]);
});

Deno.test("padding counts as body and is given back at once", () => {
  const padded = data(1, join(octets(255), new Uint8Array(255)), PADDED);
  const peer = new Peer({ limits: small, floods: { emptyFrame: budget(1000) } }).send(open);
  for (let n = 0; n < 300; n++) peer.send(padded);
  assert.deepEqual(peer.got("data"), []);
  assert.equal(peer.said().filter((sentence) => sentence.startsWith("WINDOW_UPDATE 0")).length, 2);
});

Deno.test("a body that is discarded holds up its own stream only", () => {
  const peer = new Peer({ limits: small }).send(open, full, full);
  peer.connection.discardBody(1, peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), ["WINDOW_UPDATE 0 32768"]);
  peer.send(full, full);
  assert.deepEqual(peer.said(), ["WINDOW_UPDATE 0 32768"]);
  assert.equal(peer.got("data").length, 2);
});

Deno.test("the connection gets back what was unread on a stream that is reset", () => {
  const peer = new Peer({ limits: small }).send(open, full, full);
  peer.connection.reset(1, 8, peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), ["RST_STREAM 1 CANCEL", "WINDOW_UPDATE 0 32768"]);
});

Deno.test("a response stops at the stream's window and goes on as it opens", () => {
  const peer = new Peer({ settings: [[4, 10]] }).send(headers(1, get));
  peer.respond(1, [[":status", "200"]], false);
  assert.equal(peer.sendData(1, new Uint8Array(25), true), false);
  assert.deepEqual(peer.said(), ["HEADERS 1 :status=200", "DATA 1 10"]);
  peer.send(windowUpdate(1, 5));
  assert.deepEqual(peer.said(), ["DATA 1 5"]);
  assert.deepEqual(peer.got("sent"), []);
  peer.send(windowUpdate(1, 100));
  assert.deepEqual(peer.said(), ["DATA 1 10 end"]);
  assert.deepEqual(peer.got("sent"), [{ type: "sent", id: 1 }]);
});

Deno.test("a response stops at the connection's window and streams share what opens", () => {
  const peer = new Peer({ settings: [[4, 1_000_000]] }).send(headers(1, get), headers(3, get));
  for (const id of [1, 3]) peer.respond(id, [[":status", "200"]], false);
  peer.sendData(1, new Uint8Array(100_000));
  peer.sendData(3, new Uint8Array(100_000));
  assert.equal(peer.said().at(-1), "DATA 1 16383");
  peer.send(windowUpdate(0, 65_536));
  assert.deepEqual(peer.said(), ["DATA 1 16384", "DATA 3 16384", "DATA 1 16384", "DATA 3 16384"]);
});

Deno.test("a window that SETTINGS make negative has to become positive again", () => {
  const peer = new Peer({ settings: [[4, 100]] }).send(headers(1, get));
  peer.respond(1, [[":status", "200"]], false);
  peer.sendData(1, new Uint8Array(150), true);
  peer.said();
  peer.send(settings([4, 40]), windowUpdate(1, 60));
  assert.deepEqual(peer.said(), ["SETTINGS ack"]);
  peer.send(windowUpdate(1, 1), settings([4, 100]));
  assert.deepEqual(peer.said(), ["DATA 1 1", "SETTINGS ack", "DATA 1 49 end"]);
});

Deno.test("DATA that new SETTINGS allow comes after their acknowledgement", () => {
  const peer = new Peer({ settings: [[4, 1]] }).send(headers(1, get));
  peer.respond(1, [[":status", "200"]], false);
  peer.sendData(1, "four", true);
  peer.said();
  peer.send(settings([4, 100]));
  assert.deepEqual(peer.said(), ["SETTINGS ack", "DATA 1 3 end"]);
});

Deno.test("headers, trailers and an empty body need no window", () => {
  const peer = new Peer({ settings: [[4, 0]] }).send(headers(1, get), headers(3, get));
  peer.respond(1, [[":status", "200"]], false);
  assert.equal(peer.sendData(1, "", true), true);
  peer.respond(3, [[":status", "200"]], false);
  assert.equal(peer.connection.sendTrailers(3, [["grpc-status", "0"]], peer.now), true);
  peer.collect();
  assert.equal(peer.connection.streams, 0);
});

Deno.test("a socket that is full holds up responses, not control frames", () => {
  const peer = new Peer({ settings: [[4, 1_000_000]], limits: { outputBytes: 40_000 } });
  peer.send(windowUpdate(0, 1_000_000), headers(1, get), headers(3, get));
  peer.reading = false;
  peer.respond(1, [[":status", "200"]], false);
  assert.equal(peer.sendData(1, new Uint8Array(100_000), true), false);
  assert.equal(peer.connection.queued < 60_000, true);
  assert.equal(peer.respond(3, [[":status", "200"]], true), false);
  peer.reading = true;
  peer.collect();
  const said = peer.said();
  assert.equal(said.at(-1), "DATA 1 1696 end");
  assert.equal(said.includes("HEADERS 3 :status=200 end"), true);
  assert.deepEqual(peer.got("sent").map(({ id }) => id), [3, 1]);
});

Deno.test("our window counts from the acknowledgement on: before it 65,535 octets may come", () => {
  const peer = new Peer({ handshake: false, limits: { streamWindow: 10 } });
  peer.send(preface, settings(), open, full);
  assert.equal(peer.got("data").length, 1);
  peer.send(settingsAck, headers(3, post, END_HEADERS), data(3, "0123456789"), data(3, "x"));
  assert.equal(peer.said().at(-1), "RST_STREAM 3 FLOW_CONTROL_ERROR");
});

function budget(burst: number): { burst: number; perSecond: number; perFrame: number } {
  return { burst, perSecond: 0, perFrame: 0 };
}
