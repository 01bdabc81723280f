import assert from "node:assert/strict";
import { guarded } from "../../lib/net/guarded.ts";
import { nextError } from "../support/next_error.ts";

Deno.test("what is thrown reaches the top of the program, and not the caller", async () => {
  const mistake = new TypeError("odd");
  const reported = nextError(() =>
    guarded(() => {
      throw mistake;
    })
  );
  assert.equal(await reported, mistake);
});

Deno.test("what throws nothing has run when the call returns", () => {
  let ran = 0;
  guarded(() => ran++);
  assert.equal(ran, 1);
});
