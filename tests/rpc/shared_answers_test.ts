import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { SharedAnswers } from "../../lib/rpc/shared_answers.ts";

Deno.test("an answer is converted and encoded once for all who ask, in both forms", () => {
  let converted = 0;
  const answers = new SharedAnswers(StringValueSchema, ({ text }: { text: string }): StringValue => {
    converted++;
    return create(StringValueSchema, { value: text });
  });
  const [one, other] = [{ text: "one" }, { text: "other" }];
  const plain = answers.of(one, { binary: false });
  assert.equal(plain.value, "one");
  assert.equal(answers.of(one, { binary: false }), plain);
  const encoded = answers.of(one, { binary: true });
  assert.equal(answers.of(one, { binary: true }), encoded);
  const bytes = toBinary(StringValueSchema, encoded);
  assert.equal(fromBinary(StringValueSchema, bytes).value, "one");
  assert.equal(converted, 1);
  assert.equal(answers.of(other, { binary: false }).value, "other");
  assert.equal(converted, 2);
});
