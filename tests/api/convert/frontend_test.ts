import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { FrontendInfoSchema } from "../../../lib/gen/maglev_pb.ts";
import type { FrontendSnapshot } from "../../../lib/checker/mod.ts";
import { frontendToProto } from "../../../lib/api/convert/frontend.ts";
import { CheckerBed } from "../support/checker_bed.ts";
import { smallConfig } from "../support/small_config.ts";
import { steer } from "../../support/steer.ts";

const names = { useProtoFieldName: true };

Deno.test("a frontend shows weights, effective weights and states per pool", () => {
  using bed = new CheckerBed();
  bed.move("web0", "up");
  const { checker } = bed;
  const www = checker.frontend("www");
  assert.ok(www);
  const info = frontendToProto(www, (name) => checker.backend(name));
  const sinceOf = (name: string) => {
    const { since = 0 } = checker.backend(name) ?? {};
    return { since_unix_ns: `${BigInt(since) * 1_000_000n}` };
  };
  assert.deepEqual(toJson(FrontendInfoSchema, info, names), {
    name: "www",
    address: "203.0.113.1",
    protocol: "tcp",
    port: 443,
    description: "the www service",
    fail_open: "never",
    flush_on_down: true,
    state: "up",
    active_pool: "primary",
    pools: [
      {
        name: "primary",
        backends: [
          {
            name: "web0",
            weight: 100,
            effective_weight: 100,
            state: "up",
            reason: "carries",
            ...sinceOf("web0"),
          },
          { name: "web1", weight: 100, state: "unknown", reason: "kept", ...sinceOf("web1") },
        ],
      },
      {
        name: "fallback",
        backends: [
          { name: "web2", weight: 100, state: "unknown", reason: "kept", ...sinceOf("web2") },
          { name: "web3", weight: 100, state: "unknown", reason: "kept", ...sinceOf("web3") },
        ],
      },
    ],
  });
});

Deno.test("effective weights are kept apart by pool", () => {
  const www = smallConfig().frontends.get("www");
  assert.ok(www);
  const pool = { name: "p", backends: [{ backend: "a", weight: 5 }] };
  const config = { ...www, pools: [pool, { ...pool, name: "q" }] };
  const snapshot: FrontendSnapshot = {
    config,
    file: config,
    state: "up",
    activePool: "q",
    weights: [
      { backend: "a", pool: "p", weight: 0, flush: false, reason: { kind: "standby" } },
      { backend: "a", pool: "q", weight: 5, flush: false, reason: { kind: "carries" } },
    ],
    byHand: [],
    failOpenSince: undefined,
    slowStarts: new Map(),
  };
  const info = frontendToProto(snapshot, () => undefined);
  assert.deepEqual(
    info.pools.map(({ backends }) => backends.map(({ effectiveWeight }) => effectiveWeight)),
    [[0], [5]],
  );
});

Deno.test("a frontend shows of which backends somebody has set the state", () => {
  using bed = new CheckerBed();
  const { checker } = bed;
  steer(checker).disable("web1", { name: "anna", from: "192.0.2.7" });
  const www = checker.frontend("www");
  assert.ok(www);
  const info = frontendToProto(www, (name) => checker.backend(name));
  const [web0, web1] = info.pools[0]?.backends ?? [];
  assert.equal(web0?.stateByHand, undefined);
  assert.partialDeepStrictEqual(web1?.stateByHand, {
    ...{ value: "disabled", file: "enabled" },
    actor: { name: "anna", from: "192.0.2.7" },
  });
});
