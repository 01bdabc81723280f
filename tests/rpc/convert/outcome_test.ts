import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import type { Outcome } from "../../../lib/checker/mod.ts";
import { OutcomeSchema } from "../../../lib/gen/maglev_pb.ts";
import { outcomeToProto, reloadToProto } from "../../../lib/rpc/convert/outcome.ts";

const names = { useProtoFieldName: true };

Deno.test("every field of an outcome reaches the wire, and what is not there is left out", () => {
  const standing = { state: "up", activePool: "primary", weight: 200 } as const;
  const added = { frontend: "new", before: undefined, after: standing, danger: undefined };
  const removed = {
    frontend: "old",
    before: standing,
    after: undefined,
    danger: "removed",
  } as const;
  const weight = {
    ...{ pool: "primary", backend: "web1" },
    configured: { from: "absent", to: 100 },
    effective: { from: 0, to: 50 },
    share: { from: 0.25, to: 0.5 },
  } as const;
  const outcome: Outcome = {
    backends: [{ backend: "web1", from: "up", to: "paused" }],
    frontends: [
      { ...added, weights: [weight], hasMore: true },
      { ...removed, weights: [], hasMore: false },
    ],
  };
  const shown = { state: "up", active_pool: "primary", weight: 200 };
  const wanted = {
    backends: [{ backend_name: "web1", state_from: "up", state_to: "paused" }],
    frontends: [
      {
        ...{ frontend_name: "new", after: shown, has_more: true },
        weights: [{
          ...{ pool_name: "primary", backend_name: "web1" },
          configured_from: { kind: "absent" },
          configured_to: { kind: "set", weight: 100 },
          effective_from: { kind: "set", weight: 0 },
          effective_to: { kind: "set", weight: 50 },
          ...{ share_from: 0.25, share_to: 0.5 },
        }],
      },
      { frontend_name: "old", before: shown, danger: "removed" },
    ],
  };
  const json = toJson(OutcomeSchema, outcomeToProto(outcome), names);
  assert.deepEqual(json, wanted);
  const change = { kind: "backend", change: "added", name: "web1", details: ["a"] } as const;
  const reload: { outcome?: unknown; changes?: unknown } = reloadToProto({
    reload: { ...outcome, changes: [change], overrides: [] },
  });
  assert.deepEqual(reload.outcome, outcomeToProto(outcome));
  assert.partialDeepStrictEqual(reload.changes, [change]);
  assert.deepEqual(reloadToProto({}), {});
});
