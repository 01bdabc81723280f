import { equal } from "node:assert/strict";
import { choosePaint, coloured, plain } from "../../lib/tester/text.ts";

Deno.test("NO_COLOR counts unless it is empty", () => {
  equal(choosePaint(new Map()), coloured);
  equal(choosePaint(new Map([["NO_COLOR", ""]])), coloured);
  equal(choosePaint(new Map([["NO_COLOR", "0"]])), plain);
});
