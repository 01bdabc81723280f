import assert from "node:assert/strict";
import { testViolations, type Violation } from "../support/cases.ts";
import { Peer } from "../support/peer.ts";
import {
  data,
  END_HEADERS,
  END_STREAM,
  type Field,
  get,
  headers,
  octets,
  post,
  text,
} from "../support/wire.ts";

/** A malformed request on stream 1: a stream error of type PROTOCOL_ERROR (section 8.1.1). */
function malformed(name: string, ...sends: Uint8Array[]): Violation {
  return { name, sends, answer: { reset: 1, code: "PROTOCOL_ERROR" } };
}

function without(fields: readonly Field[], name: string): Field[] {
  return fields.filter(([other]) => other !== name);
}

function withField(name: string, value: string): Uint8Array {
  return headers(1, [...get, [name, value]]);
}

function replacing(name: string, value: string): Uint8Array {
  return headers(1, get.map((field) => field[0] === name ? [name, value] : field));
}

const open = headers(1, post, END_HEADERS);

testViolations([
  // Section 8.1
  malformed("trailers that do not end the stream are malformed", open, headers(1, [], END_HEADERS)),
  malformed(
    "trailers with a pseudo-header field are malformed",
    open,
    headers(1, [[":path", "/"]]),
  ),
  malformed("trailers with an upper-case name are malformed", open, headers(1, [["X", "y"]])),
  // Section 8.1.1
  malformed(
    "a body longer than content-length is malformed",
    headers(1, [...post, ["content-length", "3"]], END_HEADERS),
    data(1, "four"),
  ),
  malformed(
    "a body shorter than content-length is malformed",
    headers(1, [...post, ["content-length", "3"]], END_HEADERS),
    data(1, "12", END_STREAM),
  ),
  malformed(
    "trailers before all of content-length are malformed",
    headers(1, [...post, ["content-length", "3"]], END_HEADERS),
    headers(1, [["x", "y"]]),
  ),
  malformed(
    "a content-length without a body is malformed",
    headers(1, [...post, ["content-length", "3"]]),
  ),
  malformed("a content-length that is no number is malformed", withField("content-length", "+3")),
  malformed(
    "two values of content-length are malformed",
    headers(1, [...get, ["content-length", "0"], ["content-length", "1"]]),
  ),
  // Section 8.2.1
  malformed("a field name in upper case is malformed", withField("X-Trace", "a")),
  malformed("an empty field name is malformed", withField("", "a")),
  malformed("a field name with a space is malformed", withField("x trace", "a")),
  malformed("a field name with a colon inside is malformed", withField("x:trace", "a")),
  malformed("a field name above ASCII is malformed", withField("x\xe9", "a")),
  malformed("a field value with NUL is malformed", withField("x", "a\0b")),
  malformed("a field value with CR is malformed", withField("x", "a\rb")),
  malformed("a field value with LF is malformed", withField("x", "a\nb")),
  malformed("a field value that begins with a space is malformed", withField("x", " a")),
  malformed("a field value that ends with a tab is malformed", withField("x", "a\t")),
  malformed("a pseudo-header field with LF is malformed", replacing(":path", "/\nx")),
  // Section 8.2.2
  malformed("a connection field is malformed", withField("connection", "keep-alive")),
  malformed("a keep-alive field is malformed", withField("keep-alive", "5")),
  malformed("a proxy-connection field is malformed", withField("proxy-connection", "close")),
  malformed("a transfer-encoding field is malformed", withField("transfer-encoding", "chunked")),
  malformed("an upgrade field is malformed", withField("upgrade", "h2c")),
  malformed("te other than trailers is malformed", withField("te", "gzip")),
  // Section 8.3
  malformed("an unknown pseudo-header field is malformed", headers(1, [[":x", "y"], ...get])),
  malformed(
    "a pseudo-header field of responses is malformed",
    headers(1, [...get, [":status", "1"]]),
  ),
  malformed(
    "a pseudo-header field after a regular one is malformed",
    headers(1, [...without(get, ":path"), ["x", "y"], [":path", "/"]]),
  ),
  malformed(
    "a pseudo-header field that comes twice is malformed",
    headers(1, [...get, [":path", "/"]]),
  ),
  // Section 8.3.1
  malformed("a request without :method is malformed", headers(1, without(get, ":method"))),
  malformed("a request without :scheme is malformed", headers(1, without(get, ":scheme"))),
  malformed("a request without :path is malformed", headers(1, without(get, ":path"))),
  malformed("a request with an empty :path is malformed", replacing(":path", "")),
  malformed("a :path that does not begin with a slash is malformed", replacing(":path", "x")),
  malformed("a :path of * for another method than OPTIONS is malformed", replacing(":path", "*")),
  malformed("a host other than :authority is malformed", withField("host", "other.example.net")),
  malformed("a request of no fields is malformed", headers(1, [])),
  // Section 8.5
  malformed("CONNECT with :scheme and :path is malformed", replacing(":method", "CONNECT")),
  malformed("CONNECT without :authority is malformed", headers(1, [[":method", "CONNECT"]])),
]);

Deno.test("a request is told of with its fields in order, repeated ones apart", () => {
  const peer = new Peer().send(headers(1, [
    ...get,
    ["cookie", "a=1"],
    ["te", "trailers"],
    ["cookie", "b=2"],
    ["host", "VIP.example.net"],
    ["empty", ""],
  ]));
  assert.deepEqual(peer.got("request")[0]?.head, {
    method: "GET",
    scheme: "http",
    authority: "vip.example.net",
    path: "/",
    headers: [
      ["cookie", "a=1"],
      ["te", "trailers"],
      ["cookie", "b=2"],
      ["host", "VIP.example.net"],
      ["empty", ""],
    ],
    contentLength: undefined,
  });
});

Deno.test("OPTIONS * and CONNECT are requests", () => {
  const peer = new Peer().send(
    headers(1, [[":method", "OPTIONS"], [":scheme", "http"], [":path", "*"]]),
    headers(3, [[":method", "CONNECT"], [":authority", "192.0.2.1:443"]], END_HEADERS),
  );
  assert.deepEqual(
    peer.got("request").map(({ head }) => [head.method, head.path, head.authority]),
    [
      ["OPTIONS", "*", ""],
      ["CONNECT", "", "192.0.2.1:443"],
    ],
  );
});

Deno.test("body and trailers of a request are told of in order", () => {
  const peer = new Peer().send(
    headers(1, [...post, ["content-length", "6"]], END_HEADERS),
    data(1, "abc"),
    data(1, "def"),
    headers(1, [["grpc-status", "0"]]),
  );
  const [, first, second, end] = peer.events;
  assert.deepEqual(first, { type: "data", id: 1, data: text("abc") });
  assert.deepEqual(second, { type: "data", id: 1, data: text("def") });
  assert.deepEqual(end, { type: "end", id: 1, trailers: [["grpc-status", "0"]] });
});

Deno.test("an empty DATA frame with END_STREAM ends a request", () => {
  const peer = new Peer().send(open, data(1, octets(), END_STREAM));
  assert.deepEqual(peer.got("end"), [{ type: "end", id: 1, trailers: [] }]);
  assert.deepEqual(peer.got("data"), []);
});

Deno.test("responses have headers, body and trailers", () => {
  const peer = new Peer().send(headers(1, get));
  peer.respond(1, [[":status", "200"], ["content-type", "application/grpc"]], false);
  peer.sendData(1, "hello", false);
  peer.connection.sendTrailers(1, [["grpc-status", "0"]], peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), [
    "HEADERS 1 :status=200 content-type=application/grpc",
    "DATA 1 5",
    "HEADERS 1 grpc-status=0 end",
  ]);
  assert.equal(peer.connection.streams, 0);
});

Deno.test("a header section above the limit is answered with 431", () => {
  const peer = new Peer({ limits: { maxHeaderListSize: 300 } });
  peer.send(headers(1, [...get, ["x", "y".repeat(300)]]));
  assert.deepEqual(peer.said(), ["HEADERS 1 :status=431 end"]);
  peer.send(headers(3, [...post, ["x", "y".repeat(300)]], END_HEADERS));
  assert.deepEqual(peer.said(), ["HEADERS 3 :status=431 end", "RST_STREAM 3 NO_ERROR"]);
  assert.deepEqual(peer.got("request"), []);
  peer.send(headers(5, get));
  assert.equal(peer.got("request").length, 1);
});

Deno.test("trailers above the limit are malformed", () => {
  const peer = new Peer({ limits: { maxHeaderListSize: 300 } });
  peer.send(open, headers(1, [["x", "y".repeat(300)]]));
  peer.assertReset(1, "PROTOCOL_ERROR");
});

Deno.test("header sections of all streams together are limited", () => {
  const peer = new Peer({ limits: { connectionHeaderBytes: 500 } });
  peer.send(headers(1, get), headers(3, get), headers(5, get));
  peer.assertReset(5, "REFUSED_STREAM");
  peer.respond(1, [[":status", "204"]]);
  peer.connection.handlerDone(1);
  peer.send(headers(7, get));
  assert.deepEqual(peer.got("request").map(({ id }) => id), [1, 3, 7]);
});
