import assert from "node:assert/strict";
import { failed, failedBy, formatSeconds, hindered, passed } from "../../lib/probes/attempt.ts";

Deno.test("a probe passes or fails with its code, or is hindered, which is no code of the peer's", () => {
  assert.deepEqual(passed("L7OK", "200"), { ok: true, code: "L7OK", detail: "200" });
  assert.deepEqual(failed("L7STS", "503"), { ok: false, code: "L7STS", detail: "503" });
  assert.deepEqual(hindered("out of memory"), {
    ...{ ok: false, code: "SOCKERR", detail: "out of memory" },
  });
});

Deno.test("a failure is the peer's by its code, unless this host is to blame", () => {
  const reason = "connection refused";
  assert.deepEqual(failedBy("L4CON", { reason, isOwn: false }), failed("L4CON", reason));
  assert.deepEqual(failedBy("L4CON", { reason, isOwn: true }), hindered(reason));
});

Deno.test("a duration is milliseconds below a second, and seconds from there", () => {
  assert.deepEqual([200, 999, 1_000, 1_500].map(formatSeconds), ["200ms", "999ms", "1s", "1.5s"]);
});
