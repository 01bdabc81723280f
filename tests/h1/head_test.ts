import { deepEqual, equal, throws } from "node:assert/strict";
import { BadRequest } from "../../lib/h1/errors.ts";
import { isSendable } from "../../lib/h1/field.ts";
import { parseHead } from "../../lib/h1/head.ts";

/** A head from its lines; octets above ASCII are one character each. */
function parse(...lines: readonly string[]) {
  return parseHead(Uint8Array.from(lines.join("\r\n"), (character) => character.charCodeAt(0)));
}

const host = "host: a";

Deno.test("a request line and its fields are told apart", () => {
  deepEqual(
    parse("POST /x?y=%20z HTTP/1.1", "Host: a:9090", "X-One:1", "x-two: \t a  b \t", "x:"),
    {
      method: "POST",
      path: "/x?y=%20z",
      authority: "a:9090",
      headers: [["host", "a:9090"], ["x-one", "1"], ["x-two", "a  b"], ["x", ""]],
      body: 0,
      modern: true,
      keepAlive: true,
      expectsContinue: false,
    },
  );
});

Deno.test("values are octets, one character each, and repeated fields stay apart", () => {
  const { headers } = parse("GET / HTTP/1.1", host, "x: a\xff\x80\t~", "X: !");
  deepEqual(headers.slice(1), [["x", "a\xff\x80\t~"], ["x", "!"]]);
});

Deno.test("targets: a path, an address in full, an asterisk", () => {
  const targets: [string, string, string][] = [
    ["GET / HTTP/1.1", "/", "a"],
    ["GET //b HTTP/1.1", "//b", "a"],
    ["GET http://b:1/x?y HTTP/1.1", "/x?y", "b:1"],
    ["GET HTTPS://[::1]:9 HTTP/1.1", "/", "[::1]:9"],
    ["GET http://b?y HTTP/1.1", "/?y", "b"],
    ["OPTIONS * HTTP/1.1", "*", "a"],
    ["M-SEARCH / HTTP/1.9", "/", "a"],
  ];
  for (const [line, path, authority] of targets) {
    const head = parse(line, host);
    deepEqual([head.path, head.authority], [path, authority], line);
  }
});

Deno.test("hosts: names, addresses, ports, and none for HTTP/1.0", () => {
  for (const value of ["", "a.example", "127.0.0.1:9090", "[2001:db8::1]", "[::1]:1", "a:"]) {
    equal(parse("GET / HTTP/1.1", `host: ${value}`).authority, value);
  }
  equal(parse("GET / HTTP/1.0").authority, "");
  equal(parse("GET / HTTP/1.0", host).authority, "a");
});

Deno.test("whether another request may follow", () => {
  const cases: [boolean, string, ...string[]][] = [
    [true, "GET / HTTP/1.1", host],
    [true, "GET / HTTP/1.1", host, "connection: keep-alive, upgrade"],
    [false, "GET / HTTP/1.1", host, "connection: close"],
    [false, "GET / HTTP/1.1", host, "connection: upgrade", "Connection: TE , Close"],
    [true, "GET / HTTP/1.1", host, "connection: closed"],
    [false, "GET / HTTP/1.0", host, "connection: keep-alive"],
  ];
  for (const [keepAlive, ...lines] of cases) {
    equal(parse(...lines).keepAlive, keepAlive, lines.join(" | "));
  }
});

Deno.test("how the end of the body is told", () => {
  const body = (...fields: readonly string[]) => parse("POST / HTTP/1.1", host, ...fields).body;
  equal(body(), 0);
  equal(body("content-length: 0"), 0);
  equal(body("content-length: 007"), 7);
  equal(body("Content-Length: 123456789012345"), 123456789012345);
  equal(body("transfer-encoding: Chunked"), "chunked");
});

Deno.test("fields about the connection are no part of the request", () => {
  const { headers, expectsContinue } = parse(
    "POST / HTTP/1.1",
    host,
    "connection: x",
    "keep-alive: 1",
    "proxy-connection: x",
    "transfer-encoding: chunked",
    "upgrade: h2c",
    "expect: 100-Continue",
    "te: trailers",
  );
  deepEqual(headers, [["host", "a"], ["te", "trailers"]]);
  equal(expectsContinue, true);
  equal(parse("POST / HTTP/1.0", "expect: magic").expectsContinue, false);
});

const malformedLine = "the request line is malformed";
const malformedName = "a field's name is malformed";
const forbidden = "a field has a forbidden character";
const noPath = "the request target is no path";
const oneHost = "a request has one Host field";
const badHost = "the Host field is malformed";
const badLength = "the Content-Length field is malformed";
const twoLengths = "the body has two lengths";
const oneCoding = "chunked is the only transfer coding here";

/** What is refused, with what is said about it. */
const refused: [status: number, message: string, ...lines: string[]][] = [
  [400, malformedLine, ""],
  [400, malformedLine, "GET / HTTP/1.1 ", host],
  [400, malformedLine, "GET  / HTTP/1.1", host],
  [400, malformedLine, " GET / HTTP/1.1", host],
  [400, malformedLine, "GET /a b HTTP/1.1", host],
  [400, malformedLine, "GET /\x7f HTTP/1.1", host],
  [400, malformedLine, "GET /\xe9 HTTP/1.1", host],
  [400, malformedLine, "G(T / HTTP/1.1", host],
  [400, malformedLine, `${"G".repeat(33)} / HTTP/1.1`, host],
  [400, malformedLine, "GET / HTTP/1.10", host],
  [400, malformedLine, "GET / http/1.1", host],
  [400, malformedLine, "GET /", host],
  [400, malformedLine, "GET /\n HTTP/1.1", host],
  [505, "this is neither HTTP/1.1 nor the HTTP/2 preface", "GET / HTTP/2.0", host],
  [505, "this is neither HTTP/1.1 nor the HTTP/2 preface", "GET / HTTP/0.9", host],
  [400, noPath, "GET * HTTP/1.1", host],
  [400, noPath, "CONNECT a:1 HTTP/1.1", host],
  [400, noPath, "GET a/b HTTP/1.1", host],
  [400, noPath, "GET ftp://a/ HTTP/1.1", host],
  [400, noPath, "GET http://u@a/ HTTP/1.1", host],
  [400, noPath, "GET http:/// HTTP/1.1", host],
  [400, oneHost, "GET / HTTP/1.1"],
  [400, oneHost, "GET / HTTP/1.1", host, host],
  [400, oneHost, "GET / HTTP/1.0", host, host],
  [400, badHost, "GET / HTTP/1.1", "host: a b"],
  [400, badHost, "GET / HTTP/1.1", "host: a/b"],
  [400, badHost, "GET / HTTP/1.1", "host: u@a"],
  [400, badHost, "GET / HTTP/1.1", "host: a:123456"],
  [400, badHost, "GET / HTTP/1.1", "host: [::1"],
  [400, malformedName, "GET / HTTP/1.1", host, "x : y"],
  [400, malformedName, "GET / HTTP/1.1", host, " x: y"],
  [400, malformedName, "GET / HTTP/1.1", host, "\tx: y"],
  [400, malformedName, "GET / HTTP/1.1", host, ": y"],
  [400, malformedName, "GET / HTTP/1.1", host, "xy"],
  [400, malformedName, "GET / HTTP/1.1", host, "x\xe9: y"],
  [400, forbidden, "GET / HTTP/1.1", host, "x: a\rb"],
  [400, forbidden, "GET / HTTP/1.1", host, "x: a\nb"],
  [400, forbidden, "GET / HTTP/1.1", host, "x: a\0b"],
  [400, forbidden, "GET / HTTP/1.1", host, "x: a\x7fb"],
  [400, forbidden, "GET / HTTP/1.1", host, "x: a\r"],
  [400, badLength, "POST / HTTP/1.1", host, "content-length: 5", "content-length: 5"],
  [400, badLength, "POST / HTTP/1.1", host, "content-length: 5, 5"],
  [400, badLength, "POST / HTTP/1.1", host, "content-length: +5"],
  [400, badLength, "POST / HTTP/1.1", host, "content-length: -5"],
  [400, badLength, "POST / HTTP/1.1", host, "content-length: 0x5"],
  [400, badLength, "POST / HTTP/1.1", host, "content-length:"],
  [400, badLength, "POST / HTTP/1.1", host, "content-length: 1234567890123456"],
  [400, twoLengths, "POST / HTTP/1.1", host, "content-length: 5", "transfer-encoding: chunked"],
  [400, twoLengths, "POST / HTTP/1.1", host, "transfer-encoding: x", "content-length: 5"],
  [400, "HTTP/1.0 has no chunks", "POST / HTTP/1.0", "transfer-encoding: chunked"],
  [501, oneCoding, "POST / HTTP/1.1", host, "transfer-encoding: gzip, chunked"],
  [501, oneCoding, "POST / HTTP/1.1", host, "transfer-encoding: chunked, chunked"],
  [501, oneCoding, "POST / HTTP/1.1", host, "transfer-encoding: xchunked"],
  [501, oneCoding, "POST / HTTP/1.1", host, "transfer-encoding: chunked;q=1"],
  [501, oneCoding, "POST / HTTP/1.1", host, "transfer-encoding:"],
  [501, oneCoding, "POST / HTTP/1.1", host, "transfer-encoding: x", "transfer-encoding: chunked"],
  [501, oneCoding, "POST / HTTP/1.1", host, "transfer-encoding: chunked", "transfer-encoding: x"],
  [417, "100-continue is the only expectation here", "POST / HTTP/1.1", host, "expect: magic"],
  [417, "100-continue is the only expectation here", "POST / HTTP/1.1", host, "expect:"],
  [
    417,
    "100-continue is the only expectation here",
    "POST / HTTP/1.1",
    host,
    "expect: 100-continue",
    "expect: x",
  ],
];

Deno.test("what two readers could take for different things is refused", () => {
  for (const [status, message, ...lines] of refused) {
    throws(() => parse(...lines), new BadRequest(status as 400, message), lines.join(" | "));
  }
});

Deno.test("only what stays in its line is sent", () => {
  for (const value of ["", "a b", "a\tb", "\xff"]) equal(isSendable(["x", value]), true);
  for (const value of ["a\r\nb", "a\rb", "a\nb", "\0", "\u0100"]) {
    equal(isSendable(["x", value]), false);
  }
  for (const name of ["", "a b", "a:", "a\n", "\xe9"]) equal(isSendable([name, "x"]), false);
});
