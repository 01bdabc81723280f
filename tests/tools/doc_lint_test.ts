import { deepEqual } from "node:assert/strict";
import { docFaults } from "../../tools/gate/doc_lint.ts";

const member = `error[missing-jsdoc]: exported symbol is missing JSDoc documentation
 --> /x/lib/a/types.ts:7:12
  | 
7 |   readonly config: Backend;
  |            ^`;

const symbol = `error[missing-jsdoc]: exported symbol is missing JSDoc documentation
 --> /x/lib/a/types.ts:9:1
  | 
9 | export interface Backend {
  | ^`;

const hidden = `error[private-type-ref]: public type 'x' references private type 'Y'
  --> /x/lib/a/types.ts:12:3
   | 
12 |   readonly y: Y;
   |   ^`;

Deno.test("what generated code and packages lack is theirs", () => {
  const theirs = [symbol, hidden].flatMap((fault) =>
    ["/x/lib/gen/a_pb.ts", "/home/.cache/deno/npm/host/a/1.0.0/a.d.ts"].map((path) =>
      fault.replace("/x/lib/a/types.ts", path)
    )
  );
  deepEqual(docFaults([...theirs, symbol].join("\n\n\n")), [symbol]);
});

Deno.test("a member without a comment is no fault, an exported symbol without one is", () => {
  const output = [member, symbol, hidden, "error: Found 3 documentation lint errors."];
  deepEqual(docFaults(output.join("\n\n\n")), [
    symbol,
    `${hidden}\n\n\nerror: Found 3 documentation lint errors.`,
  ]);
});
