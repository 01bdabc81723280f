import assert from "node:assert/strict";
import { toJson } from "@bufbuild/protobuf";
import {
  checkOutcomeToProto,
  outcomeToProto,
  reloadOutcomeToProto,
} from "../../../lib/api/convert/outcome.ts";
import type { Outcome } from "../../../lib/checker/mod.ts";
import {
  CheckConfigResponseSchema,
  OutcomeSchema,
  ReloadConfigResponseSchema,
} from "../../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { smallConfig } from "../support/small_config.ts";

const names = { useProtoFieldName: true };

Deno.test("every field of an outcome reaches the wire, and what is not there is left out", async () => {
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
  const told = { ...outcome, changes: [change], overrides: [] };
  const reload = await reloadOutcomeToProto({ kind: "ok", reload: told }, new FakeClock());
  assert.deepEqual(reload.outcome, outcomeToProto(outcome));
  assert.partialDeepStrictEqual(reload.changes, [change]);
});

Deno.test("of what VPP would be told a thousand changes and moves are listed, and all counted", async () => {
  const vip = { prefix: "192.0.2.1/32", protocol: "tcp", port: 80, frontend: "www" };
  const change = { ...vip, kind: "as-weight", address: "10.0.0.1", detail: "" } as const;
  const reload = { backends: [], frontends: [], changes: [], overrides: [] };
  const foreseen = {
    kind: "known" as const,
    config: smallConfig(),
    changes: Array.from({ length: 1_001 }, () => change),
    moves: Array.from({ length: 1_001 }, () => ({ ...vip, share: 0.5 })),
  };
  const outcome = { kind: "ok", reload, vpp: foreseen } as const;
  const { vpp } = await reloadOutcomeToProto(outcome, new FakeClock());
  assert.deepEqual([vpp?.changes.length, vpp?.moves.length, vpp?.total], [1_000, 1_000, 1_001]);
});

const clock = new FakeClock();

Deno.test("each outcome of checking and reloading fills its own field", async () => {
  const message = "maglev.yaml:3:5: no";
  const check = async (kind: "ok" | "parse-error" | "semantic-error") =>
    toJson(CheckConfigResponseSchema, await checkOutcomeToProto({ kind, message }, clock), names);
  assert.deepEqual(await check("ok"), { ok: true });
  assert.deepEqual(await check("parse-error"), { parse_error: message });
  assert.deepEqual(await check("semantic-error"), { semantic_error: message });
  const reload = async (kind: "ok" | "parse-error" | "semantic-error" | "reload-error") =>
    toJson(ReloadConfigResponseSchema, await reloadOutcomeToProto({ kind, message }, clock), names);
  assert.deepEqual(await reload("ok"), { ok: true });
  assert.deepEqual(await reload("parse-error"), { parse_error: message });
  assert.deepEqual(await reload("semantic-error"), { semantic_error: message });
  assert.deepEqual(await reload("reload-error"), { reload_error: message });
});
