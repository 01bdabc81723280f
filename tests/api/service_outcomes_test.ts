import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { Service, vpp } from "./support/service_bed.ts";

Deno.test("what a reload comes to is told to who asks, and a dry run does none", async () => {
  const asked: string[] = [];
  const change = { kind: "backend", change: "added", name: "web9", details: ["a"] } as const;
  const reload = { backends: [], frontends: [], overrides: [], changes: [change] };
  const answer = (what: string) => () => {
    asked.push(what);
    return Promise.resolve({ kind: "ok", reload } as const);
  };
  const config = { check: answer("check"), foresee: answer("foresee"), reload: answer("reload") };
  const service = new Service({ config });
  const told = { ok: true, changes: [change], outcome: { backends: [], frontends: [] } };
  assert.partialDeepStrictEqual(await service.call("checkConfig", { diff: true }), told);
  assert.partialDeepStrictEqual(await service.call("reloadConfig", { dryRun: true }), told);
  assert.deepEqual(asked, ["foresee", "foresee"]);
  assert.partialDeepStrictEqual(await service.call("reloadConfig", {}), told);
  assert.deepEqual(asked, ["foresee", "foresee", "reload"]);
});

Deno.test("what a reload of ten thousand backends comes to is converted and written in slices", async () => {
  const changes = Array.from(
    { length: 10_000 },
    (_, i) => ({ kind: "backend", change: "added", name: `b${i}`, details: ["a"] }) as const,
  );
  const reload = { backends: [], frontends: [], overrides: [], changes };
  const answer = () => Promise.resolve({ kind: "ok", reload } as const);
  const clock = new FakeClock();
  let turns = 0;
  clock.turn = { isOver: true, next: () => Promise.resolve(void turns++) };
  const service = new Service({
    config: { check: answer, foresee: answer, reload: answer },
    clock,
  });
  const calls = [
    ["checkConfig", { diff: true }],
    ["reloadConfig", { dryRun: true }],
    ["reloadConfig", {}],
  ] as const;
  for (const [name, request] of calls) {
    turns = 0;
    assert.partialDeepStrictEqual(await service.call(name, request), { changes: [changes[0]] });
    assert.ok(turns >= 2 * 10_000 / 32, `${name}: ${turns} turns`);
  }
});

Deno.test("a file that could not be put into force is no answer to what it would come to", async () => {
  const foresee = () => Promise.resolve({ kind: "reload-error", message: "it is odd" } as const);
  const ok = () => Promise.resolve({ kind: "ok" } as const);
  const service = new Service({ config: { check: ok, foresee, reload: ok } });
  assert.deepEqual(await service.refusal("checkConfig", { diff: true }), [
    "FailedPrecondition",
    "it is odd",
  ]);
});

Deno.test("a dry run of a sync is its plan", async () => {
  const change = {
    kind: "as-weight" as const,
    ...{ prefix: "192.0.2.1/32", protocol: "tcp", port: 80 },
    ...{ address: "10.0.0.1", detail: "weight 0 -> 100", frontend: "www" },
  };
  const plan = () => Promise.resolve({ changes: [change], moves: [] });
  const service = new Service({ vpp: { ...vpp, plan } });
  const reply = await service.call("syncVPPLBState", { dryRun: true });
  assert.partialDeepStrictEqual(reply, { changes: [change] });
  assert.deepEqual(service.bed.events, [], "nobody has synced anything");
});
