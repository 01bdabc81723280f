import assert from "node:assert/strict";
import { areTooMany } from "../../lib/health/mod.ts";

Deno.test("more than the share is too much, the share itself is not", () => {
  assert.equal(areTooMany({ gone: 5, of: 10 }, 50), false);
  assert.equal(areTooMany({ gone: 6, of: 10 }, 50), true);
  assert.equal(areTooMany({ gone: 1, of: 10 }, 0), true);
  assert.equal(areTooMany({ gone: 10, of: 10 }, 100), false);
  assert.equal(areTooMany({ gone: 0, of: 0 }, 0), false);
});
