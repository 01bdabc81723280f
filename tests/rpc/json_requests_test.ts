import { type DescMessage, fromJsonString, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { ListEventsResponseSchema, WatchRequestSchema } from "../../lib/gen/maglev_pb.ts";
import { requestFromJson } from "../../lib/rpc/request_messages.ts";

function decode(text: string | Uint8Array, schema: DescMessage = WatchRequestSchema): Message {
  const octets = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return requestFromJson(schema, octets);
}

function refusal(text: string | Uint8Array, schema?: DescMessage): string {
  try {
    decode(text, schema);
  } catch (error) {
    assert.ok(error instanceof ConnectError && error.code === Code.InvalidArgument, String(error));
    return error.rawMessage;
  }
  return "none";
}

Deno.test("JSON that says what a message can say is that message", () => {
  const texts = [
    "{}",
    `{"logLevel":"debug"}`,
    `{"log_level":"info"}`,
    `{"since":null,"kinds":["pool"],"changes":true}`,
    `{"since":{"stream_id":"x","seq":"7"}}`,
  ];
  for (const text of texts) {
    assert.deepEqual(decode(text), fromJsonString(WatchRequestSchema, text));
  }
  const list = `{"events":[{"seq":"1"},{"backend":{"transition":{"from":"up"}}}]}`;
  assert.deepEqual(
    decode(list, ListEventsResponseSchema),
    fromJsonString(ListEventsResponseSchema, list),
  );
});

Deno.test("a field that there is not is named with its place, and the nearest one", () => {
  assert.equal(refusal(`{"logLevle":1}`), `unknown field "logLevle"; did you mean "logLevel"?`);
  assert.equal(refusal(`{"nothing like it":1}`), `unknown field "nothing like it"`);
  assert.equal(refusal(`{"since":{"sep":1}}`), `unknown field "since.sep"; did you mean "seq"?`);
  assert.equal(
    refusal(`{"events":[{},{"backend":{"transition":{"form":1}}}]}`, ListEventsResponseSchema),
    `unknown field "events.backend.transition.form"; did you mean "from"?`,
  );
  const long = refusal(`{"${"x".repeat(50_000)}":1}`);
  assert.equal(long, `unknown field "${"x".repeat(200)}…"`);
});

Deno.test("what is wrong with values is said, in so many words", () => {
  const wrong = [
    "",
    "{",
    "null",
    "[]",
    `"text"`,
    `{"since":"text"}`,
    `{"since":[]}`,
    `{"since":7}`,
    `{"kinds":{}}`,
    `{"log":"${"x".repeat(50_000)}"}`,
    `{"kinds":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
  ];
  for (const text of wrong) {
    const said = refusal(text);
    assert.match(said, /^cannot read maglev\.WatchRequest from JSON: ./, text.slice(0, 40));
    assert.ok(said.length < 300, said);
  }
  assert.match(refusal(new Uint8Array([0xff])), /^cannot read maglev\.WatchRequest from JSON: ./);
});

Deno.test("no text at all is no JSON", () => {
  assert.throws(() => decode(new Uint8Array()), ConnectError);
});
