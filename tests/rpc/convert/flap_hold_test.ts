import assert from "node:assert/strict";
import { backendToProto } from "../../../lib/rpc/convert/backend.ts";
import { CheckerBed } from "../checker_bed.ts";

Deno.test("a hold reaches the wire, with whether the probes pass", () => {
  using bed = new CheckerBed();
  const [backend, trend] = [bed.checker.backend("web1"), bed.checker.trend("web1")];
  assert.ok(backend && trend);
  const flapHold = { since: 1_700_000_000_000, until: 1_700_000_060_000, isPassing: true };
  const info = backendToProto({ ...backend, flapHold }, trend);
  assert.partialDeepStrictEqual(info.flapHold, {
    sinceUnixNs: 1_700_000_000_000_000_000n,
    untilUnixNs: 1_700_000_060_000_000_000n,
    passing: true,
  });
});
