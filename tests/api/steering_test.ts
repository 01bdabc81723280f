import { create, fromBinary, type Message } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import type { MaglevEvent } from "../../lib/events/mod.ts";
import {
  type BackendInfo,
  type FrontendInfo,
  Maglev,
  type OperateResponse,
  type Outcome,
} from "../../lib/gen/maglev_pb.ts";
import { answerOf } from "../../lib/rpc/answer.ts";
import { steeringRpcs } from "../../lib/api/steering.ts";
import { steer } from "../support/steer.ts";
import { operatorAt } from "../rpc/support/callers.ts";
import { CheckerBed } from "./support/checker_bed.ts";

type Name =
  | "pauseBackend"
  | "disableBackend"
  | "drainBackend"
  | "setFrontendPoolBackendWeight"
  | "operate";

async function call<T extends Message>(bed: CheckerBed, name: Name, request: object): Promise<T> {
  const method = Maglev.method[name];
  const rpc = steeringRpcs(bed).find((each) => each.method === method);
  assert.ok(rpc?.kind === "unary");
  const { signal } = new AbortController();
  const context = { signal, principal: operatorAt("192.0.2.7"), binary: true };
  const reply = await rpc.call(create(method.input, request), context);
  return fromBinary(method.output, answerOf(method.output, reply, true).message) as Message as T;
}

/** Of www: web0 and web1, then web2 and web3; the same of api. All are up. */
function up(): CheckerBed {
  const bed = new CheckerBed();
  for (const name of bed.checker.backendNames()) bed.move(name, "up");
  bed.events.length = 0;
  return bed;
}

function all({ events }: CheckerBed): readonly MaglevEvent[] {
  return events;
}

function told(outcome: Outcome | undefined): string[] {
  return (outcome?.frontends ?? []).map(({ frontendName, before, after, danger }) =>
    `${frontendName}: ${before?.activePool} ${before?.weight} > ` +
    `${after?.activePool} ${after?.weight} ${danger}`.trimEnd()
  );
}

Deno.test("a dry run changes nothing and answers with the outcome", async () => {
  using bed = up();
  const paused = await call<BackendInfo>(bed, "pauseBackend", { name: "web0", dryRun: true });
  assert.equal(paused.state, "up");
  assert.deepEqual(told(paused.outcome), [
    "api: primary 200 > primary 100",
    "www: primary 200 > primary 100",
  ]);
  const request = { frontend: "www", pool: "primary", backend: "web0", weight: 7, dryRun: true };
  const info = await call<FrontendInfo>(bed, "setFrontendPoolBackendWeight", request);
  assert.equal(info.pools[0]?.backends[0]?.weight, 100);
  assert.deepEqual(told(info.outcome), ["www: primary 200 > primary 107"]);
  assert.deepEqual(bed.events, []);
});

Deno.test("what was done is answered with its outcome", async () => {
  using bed = up();
  const { state, outcome } = await call<BackendInfo>(bed, "disableBackend", { name: "web0" });
  assert.equal(state, "disabled");
  assert.deepEqual(
    outcome?.backends.map(({ backendName, stateFrom, stateTo }) =>
      `${backendName} ${stateFrom} ${stateTo}`
    ),
    ["web0 up disabled"],
  );
  assert.partialDeepStrictEqual(outcome?.frontends[1], {
    frontendName: "www",
    before: { state: "up", activePool: "primary", weight: 200 },
    after: { state: "up", activePool: "primary", weight: 100 },
    danger: "",
    weights: [
      {
        poolName: "primary",
        backendName: "web0",
        effectiveFrom: { kind: "set", weight: 100 },
        effectiveTo: { kind: "set", weight: 0 },
        shareFrom: 0.5,
        shareTo: 0,
      },
      { backendName: "web1", shareFrom: 0.5, shareTo: 1 },
    ],
  });
});

Deno.test("operations on several backends are judged together, done together, by who asked", async () => {
  using bed = up();
  const operations = [{ action: "pause", backends: ["web0", "web1", "web2", "web3"] }];
  const dry = await call<OperateResponse>(bed, "operate", { operations, dryRun: true });
  assert.deepEqual(bed.events, []);
  const done = await call<OperateResponse>(bed, "operate", { operations });
  assert.deepEqual(done, dry);
  assert.deepEqual(told(done.outcome), [
    "api: primary 200 > primary 0 goes-down",
    "www: primary 200 > primary 0 goes-down",
  ]);
  assert.equal(bed.checker.frontend("www")?.state, "down");
  const actors = all(bed).map((event) => event.actor?.from);
  assert.deepEqual([...new Set(actors)], ["192.0.2.7"]);
});

Deno.test("a drain is foreseen, begun with a time of its own, and shown until it is undone", async () => {
  using bed = up();
  const request = { name: "web0", deadlineNs: 600_000_000_000n };
  const dry = await call<BackendInfo>(bed, "drainBackend", { ...request, dryRun: true });
  assert.deepEqual([dry.drain, bed.events], [undefined, []]);
  assert.deepEqual(told(dry.outcome), [
    "api: primary 200 > primary 100",
    "www: primary 200 > primary 100",
  ]);
  const { state, drain, byHand } = await call<BackendInfo>(bed, "drainBackend", request);
  const since = BigInt(Math.round(bed.clock.wall())) * 1_000_000n;
  assert.partialDeepStrictEqual({ state, drain, byHand: byHand?.value }, {
    state: "up",
    drain: {
      actor: { name: "operator", from: "192.0.2.7" },
      sinceUnixNs: since,
      deadlineUnixNs: since + 600_000_000_000n,
      drainedUnixNs: 0n,
    },
    byHand: "draining",
  });
  const operations = [{ action: "enable", backends: ["web0"] }];
  await call<OperateResponse>(bed, "operate", { operations });
  assert.equal(bed.checker.backend("web0")?.drain, undefined);
});

Deno.test("several backends are drained by one call, and a deadline of none is refused", async () => {
  using bed = up();
  const drain = { action: "drain", backends: ["web0", "web1"] };
  await call<OperateResponse>(bed, "operate", { operations: [drain] });
  assert.equal(bed.checker.frontend("www")?.activePool, "fallback");
  assert.equal(bed.checker.backend("web1")?.drain?.deadlineAt, undefined);
  const negative = [{ ...drain, drainDeadlineNs: -1n }];
  await assert.rejects(
    call<OperateResponse>(bed, "operate", { operations: negative }),
    /above 0 and at most 24h/,
  );
});

Deno.test("weights are operations like others", async () => {
  using bed = up();
  const operation = { action: "weight", frontend: "www", pool: "primary", weight: 5 };
  const operations = [{ ...operation, backends: ["web0", "web1"] }];
  const { outcome } = await call<OperateResponse>(bed, "operate", { operations });
  assert.deepEqual(told(outcome), ["www: primary 200 > primary 10 loses-most"]);
});

Deno.test("resets say how far they go by what they name", async () => {
  using bed = up();
  const { checker } = bed;
  const left = () =>
    ["www", "api"].flatMap((name) => checker.savedWeights(name).map((each) => each.backend));
  const reset = async (operation: object) => {
    for (const backend of ["web0", "web1"]) {
      steer(checker).setWeight("www", "primary", backend, 7, false);
      steer(checker).setWeight("api", "primary", backend, 7, false);
    }
    steer(checker).pause("web0");
    await call(bed, "operate", { operations: [{ action: "reset", ...operation }] });
    return [...left(), ...checker.backend("web0")?.byHand ? ["paused"] : []].join(" ");
  };
  const weight = { frontend: "www", pool: "primary", backends: ["web0"] };
  assert.equal(await reset(weight), "web1 web0 web1 paused");
  assert.equal(await reset({ frontend: "www" }), "web0 web1 paused");
  assert.equal(await reset({ backends: ["web0"] }), "web1 web1");
  assert.equal(await reset({ action: "reset-all" }), "");
  assert.equal(await reset({}), "web0 web1 web0 web1 paused", "nothing is named");
});

Deno.test("what is by hand is shown with what the file says and who said so", async () => {
  using bed = up();
  const said = { actor: { name: "operator", from: "192.0.2.7" } };
  const { byHand } = await call<BackendInfo>(bed, "pauseBackend", { name: "web0" });
  assert.partialDeepStrictEqual(byHand, { value: "paused", file: "enabled", ...said });
  const request = { frontend: "www", pool: "primary", backend: "web1", weight: 7 };
  const { pools } = await call<FrontendInfo>(bed, "setFrontendPoolBackendWeight", request);
  const [web0, web1] = pools[0]?.backends ?? [];
  assert.partialDeepStrictEqual(web1, { byHand: { value: "7", file: "100", ...said } });
  assert.equal(web1?.reason, "carries");
  assert.deepEqual([web0?.byHand, web0?.reason], [undefined, "not-up"]);
  assert.equal(pools[1]?.backends[0]?.reason, "standby");
});

Deno.test("operations that there are not, or too many of them, are refused", async () => {
  using bed = up();
  const refused = (operations: object[]) => call(bed, "operate", { operations });
  await assert.rejects(refused([{ action: "dance", backends: ["web0"] }]), /no action "dance"/);
  await assert.rejects(
    refused([{ action: "pause", backends: ["web0", "nobody"] }]),
    /cannot pause backend "nobody": no such backend/,
  );
  await assert.rejects(
    refused([{ action: "weight", weight: 101, backends: ["web0"] }]),
    /weight 101 is outside 0-100/,
  );
  await assert.rejects(
    refused([{ action: "pause", backends: Array(1001).fill("web0") }]),
    /1001 operations at a time, of 1000 at most/,
  );
  assert.deepEqual(bed.events, []);
  await refused([{ action: "pause", backends: Array(1000).fill("web0") }]);
});

Deno.test("what can be done to one backend can be done to several, a weight with its flush", async () => {
  using bed = up();
  const backends = ["web0", "web1"];
  const states = () => backends.map((name) => bed.checker.backend(name)?.state);
  for (
    const [action, state] of [
      ["pause", "paused"],
      ["resume", "unknown"],
      ["disable", "disabled"],
      ["enable", "unknown"],
    ] as const
  ) {
    await call(bed, "operate", { operations: [{ action, backends }] });
    assert.deepEqual(states(), [state, state], action);
  }
  for (const flush of [true, false]) {
    bed.events.length = 0;
    const place = { frontend: "www", pool: "primary", backends, weight: flush ? 0 : 100, flush };
    await call(bed, "operate", { operations: [{ action: "weight", ...place }] });
    const told = all(bed).filter((event) => event.kind === "weight");
    assert.deepEqual(told.map((event) => event.flush), [flush, flush]);
  }
  await assert.rejects(
    call(bed, "operate", { operations: [{ action: "weight", weight: -1, backends }] }),
    /weight -1 is outside 0-100/,
  );
});
