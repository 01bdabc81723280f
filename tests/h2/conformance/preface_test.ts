import assert from "node:assert/strict";
import { testViolations } from "../support/cases.ts";
import { Peer } from "../support/peer.ts";
import {
  ACK,
  frame,
  get,
  headers,
  ping,
  preface,
  settings,
  settingsAck,
  text,
  types,
} from "../support/wire.ts";

testViolations([
  {
    name: "a preface that is not HTTP/2's ends the connection",
    options: { handshake: false },
    sends: [text("GET / HTTP/1.1\r\nhost: vip.example.net\r\n\r\n")],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "a preface with a mistake in its last octet ends the connection",
    options: { handshake: false },
    sends: [text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r")],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "a preface that goes on with another frame than SETTINGS ends the connection",
    options: { handshake: false },
    sends: [preface, ping()],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "a preface that goes on with an acknowledgement ends the connection",
    options: { handshake: false },
    sends: [preface, frame(types.SETTINGS, ACK, 0)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
]);

Deno.test("the server speaks first: SETTINGS, then room for the connection", () => {
  const peer = new Peer({ handshake: false });
  peer.collect();
  assert.deepEqual(peer.said(), ["SETTINGS", `WINDOW_UPDATE 0 ${256 * 1024 - 65_535}`]);
});

Deno.test("the server announces its limits in SETTINGS", () => {
  const peer = new Peer({ handshake: false, limits: { maxConcurrentStreams: 7 } });
  const [first] = peer.frames();
  const view = new DataView(first?.payload.buffer ?? new ArrayBuffer(0));
  const seen = new Map<number, number>();
  for (let at = 0; at < view.byteLength; at += 6) {
    seen.set(view.getUint16(at), view.getUint32(at + 2));
  }
  assert.deepEqual([...seen], [[1, 4096], [3, 7], [4, 65_536], [5, 16_384], [6, 16_384], [9, 1]]);
});

Deno.test("requests are served before our SETTINGS are acknowledged", () => {
  const peer = new Peer({ handshake: false });
  peer.send(preface, settings(), headers(1, get));
  assert.deepEqual(peer.got("request").map(({ head }) => head.path), ["/"]);
});

Deno.test("a handshake octet by octet is a handshake", () => {
  const peer = new Peer({ handshake: false });
  peer.trickle(preface, settings([4, 1000], [0x99, 1]), settingsAck, headers(1, get));
  assert.equal(peer.got("request").length, 1);
  peer.assertAlive();
});

Deno.test("without a preface in time the connection ends with PROTOCOL_ERROR", () => {
  const peer = new Peer({ handshake: false });
  peer.send(preface.subarray(0, 23)).advance(9_999);
  assert.equal(peer.connection.closed, false);
  peer.advance(1).assertGoaway("PROTOCOL_ERROR");
});

Deno.test("without SETTINGS in time the connection ends with SETTINGS_TIMEOUT", () => {
  const peer = new Peer({ handshake: false });
  peer.send(preface).advance(10_000).assertGoaway("SETTINGS_TIMEOUT");
});

Deno.test("without an acknowledgement in time the connection ends with SETTINGS_TIMEOUT", () => {
  const peer = new Peer({ handshake: false });
  peer.send(preface, settings(), headers(1, get, 4)).advance(10_000);
  peer.assertGoaway("SETTINGS_TIMEOUT");
});
