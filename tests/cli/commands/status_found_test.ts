import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { problems } from "../../../lib/cli/commands/status_found.ts";
import { FrontendInfoSchema, type PoolBackendInfoSchema } from "../../../lib/gen/maglev_pb.ts";

type Member = MessageInitShape<typeof PoolBackendInfoSchema>;

/** What is said of a frontend with these members. */
function saidOf(backends: readonly Member[], state = "down"): readonly string[] {
  const pools = [{ name: "main", backends: [...backends] }];
  const www = create(FrontendInfoSchema, { name: "www", state, activePool: "main", pools });
  return problems({
    ...{ at: 0, status: undefined, backends: [], frontends: [www], vpp: "VPP is away" },
    troubledSince: new Map(),
  }).filter((line) => line.startsWith("frontend "));
}

Deno.test("why a frontend is down is told by what its backends lack, the commonest first", () => {
  const byHand = { value: "paused" };
  for (
    const [member, why] of [
      [{ reason: "zero" }, "with weight 0"],
      [{ reason: "zero", byHand: {} }, "with weight 0 by hand"],
      [{ reason: "standby", byHand: {} }, "with weight 0 by hand"],
      [{ reason: "draining", state: "up" }, "draining by hand"],
      [{ reason: "flap-hold", state: "down" }, "kept down for flapping"],
      [{ reason: "not-up", state: "down" }, "down"],
      [{ reason: "not-up", state: "paused", stateByHand: byHand }, "paused by hand"],
      [{ reason: "not-up", state: "down", stateByHand: byHand }, "down"],
    ] as const
  ) {
    assert.deepEqual(saidOf([member]), [`frontend www is down: 1 backend ${why}`]);
  }
  const down = { reason: "not-up", state: "down" };
  assert.deepEqual(saidOf([{ reason: "flap-hold" }, down, down]), [
    "frontend www is down: 2 backends down, 1 kept down for flapping",
  ]);
  // An older maglevd does not tell.
  assert.deepEqual(saidOf([down, {}]), ["frontend www is down"]);
});

Deno.test("a frontend of which not all is probed is in trouble only if nothing of it carries", () => {
  const unknown = { reason: "not-up", state: "unknown" };
  assert.deepEqual(saidOf([unknown], "unknown"), [
    "frontend www carries nothing: 1 backend unknown",
  ]);
  for (
    const other of [{ ...unknown, reason: "kept" }, { ...unknown, effectiveWeight: 1 }, {}]
  ) {
    assert.deepEqual(saidOf([unknown, other], "unknown"), []);
  }
  assert.deepEqual(saidOf([unknown], "up"), []);
});
