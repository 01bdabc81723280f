import { equal, ok, rejects } from "node:assert/strict";
import { CallError } from "../../tools/attack/site/caller.ts";
import { Tries } from "../../tools/attack/site/tries.ts";

Deno.test("what fails as calls do is counted, anything else is a fault of the suite", async () => {
  const tries = new Tries();
  await tries.try(() => Promise.resolve());
  await tries.try(() => Promise.reject(new CallError("refused")));
  await rejects(tries.try(() => Promise.reject(new Error("a slip"))), /a slip/);
  const seen = tries.take();
  equal(seen.tries, 2);
  equal(seen.failed, 1);
  ok(seen.p50 <= seen.p99 && seen.p99 <= seen.worst);
  equal(tries.take().tries, 0);
});
