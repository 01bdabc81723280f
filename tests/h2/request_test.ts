import assert from "node:assert/strict";
import { ErrorCode, type H2Field } from "../../lib/h2/mod.ts";
import { checkTrailers, readRequest } from "../../lib/h2/request.ts";
import { type Field, get } from "./support/wire.ts";

function refused(reason: string) {
  return {
    name: "StreamError",
    streamId: 7,
    code: ErrorCode.PROTOCOL_ERROR,
    message: `malformed request: ${reason}`,
  };
}

function replacing(name: string, value: string): Field[] {
  return get.map((field) => field[0] === name ? [name, value] : field);
}

function without(name: string): Field[] {
  return get.filter(([other]) => other !== name);
}

/** What is wrong with a request of these fields. */
const malformed: readonly [fields: readonly Field[], reason: string][] = [
  [[...get, [":x", "y"]], 'unknown pseudo-header field ":x"'],
  [[...get, [":path", "/"]], ":path comes twice"],
  [replacing(":path", "/\n"), ":path has a forbidden character"],
  [without(":method"), ":method is missing"],
  [[["x", "y"]], ":method is missing"],
  [replacing(":method", ""), ":method is missing"],
  [without(":scheme"), ":scheme is missing"],
  [replacing(":scheme", ""), ":scheme is missing"],
  [without(":path"), ":path is missing"],
  [replacing(":path", ""), ":path is missing"],
  [replacing(":path", "x"), ':path "x" does not begin with a slash'],
  [replacing(":path", "*"), ':path "*" does not begin with a slash'],
  [
    [[":method", "OPTIONS"], [":scheme", "http"], [":path", "**"]],
    ':path "**" does not begin with a slash',
  ],
  [
    [[":method", "CONNECT"], [":authority", "a:1"], [":path", "/"]],
    "CONNECT has a :scheme or :path",
  ],
  [
    [[":method", "CONNECT"], [":authority", "a:1"], [":scheme", "http"]],
    "CONNECT has a :scheme or :path",
  ],
  [[[":method", "CONNECT"]], "CONNECT has no :authority"],
  [[...get, ["host", "other"]], 'host "other" is not :authority "vip.example.net"'],
  [[...get, ["", "x"]], 'field name "" is not allowed'],
  [[...get, ["a b", "x"]], 'field name "a b" is not allowed'],
  [[...get, ["x", "a\0"]], "field x has a forbidden character"],
  [[...get, ["upgrade", "h2c"]], "field upgrade is for HTTP/1.1"],
  [[...get, ["te", "gzip"]], 'te is "gzip" instead of trailers'],
  [[...get, ["content-length", "-1"]], 'content-length "-1"'],
  [[...get, ["content-length", "1"], ["content-length", "2"]], "two values of content-length"],
];

for (const [fields, reason] of malformed) {
  Deno.test(`a malformed request is refused: ${reason}, of ${fields.length} fields`, () => {
    assert.throws(() => readRequest(7, fields), refused(reason));
  });
}

/** Whether a field may be sent, alone in a trailer section. */
function allowed(...field: H2Field): boolean {
  try {
    checkTrailers(7, [field]);
    return true;
  } catch (error) {
    assert.equal(error instanceof Error && error.name, "StreamError");
    return false;
  }
}

Deno.test("a field name has visible ASCII characters but capitals and the colon", () => {
  for (let code = 0; code < 256; code++) {
    const character = String.fromCharCode(code);
    const want = code > 0x20 && code < 0x7f && !/[A-Z:]/.test(character);
    assert.equal(allowed(`x${character}`, "y"), want, `0x${code.toString(16)}`);
  }
});

Deno.test("a field value has everything but NUL, CR and LF, and no white space around it", () => {
  for (let code = 0; code < 256; code++) {
    const character = String.fromCharCode(code);
    const inside = code !== 0 && character !== "\r" && character !== "\n";
    assert.equal(allowed("x", `a${character}b`), inside, `0x${code.toString(16)} inside`);
    const outside = inside && character !== " " && character !== "\t";
    assert.equal(allowed("x", `${character}b`), outside, `0x${code.toString(16)} first`);
    assert.equal(allowed("x", `a${character}`), outside, `0x${code.toString(16)} last`);
  }
  assert.equal(allowed("x", ""), true);
});

Deno.test("trailers have no pseudo-header field and nothing of a connection", () => {
  assert.equal(allowed(":path", "/"), false);
  assert.equal(allowed("te", "Trailers"), true);
  for (
    const name of ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]
  ) {
    assert.equal(allowed(name, "x"), false, name);
  }
});

Deno.test("content-length is a number of up to 15 digits, and may be repeated", () => {
  const length = (...values: string[]) =>
    readRequest(7, [...get, ...values.map((value): Field => ["content-length", value])])
      .contentLength;
  assert.equal(length(), undefined);
  assert.equal(length("0"), 0);
  assert.equal(length("123456789012345"), 123_456_789_012_345);
  assert.equal(length("5", "5"), 5);
  for (const value of ["1234567890123456", "", "5x", "x5"]) {
    assert.throws(() => length(value), refused(`content-length ${JSON.stringify(value)}`));
  }
});

Deno.test("host may differ from :authority in case, and stand without it", () => {
  assert.equal(readRequest(7, [...get, ["host", "VIP.Example.net"]]).authority, "vip.example.net");
  const head = readRequest(7, [...without(":authority"), ["host", "other"]]);
  assert.deepEqual([head.authority, head.headers], ["", [["host", "other"]]]);
});

Deno.test("what is quoted from a request is cut at 40 characters", () => {
  const path = "x".repeat(41);
  assert.throws(
    () => readRequest(7, replacing(":path", path)),
    refused(`:path "${"x".repeat(40)}…" does not begin with a slash`),
  );
  assert.throws(
    () => readRequest(7, replacing(":path", path.slice(1))),
    refused(`:path "${"x".repeat(40)}" does not begin with a slash`),
  );
});
