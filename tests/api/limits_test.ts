import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { Budgets } from "../../lib/port/budget.ts";
import { callClasses, CallSlots, defaultWatchLimits } from "../../lib/api/limits.ts";
import { budgetList, serveMetrics } from "../../lib/metrics/mod.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { testSupervisor, uncounted } from "../port/support/listening.ts";
import { serve } from "./support/harness.ts";
import { sharesOf } from "../port/support/peer_shares_of.ts";
import { operatorAt } from "../rpc/support/callers.ts";
import { vpp as quietVpp } from "./support/service_bed.ts";

/** Slots, and calls that end when they are told to. */
function setUp(limits: Parameters<typeof sharesOf>[0]) {
  const shares = sharesOf(limits);
  const slots = new CallSlots(shares);
  const gates: PromiseWithResolvers<string>[] = [];
  const call = (peer: string) =>
    slots.run({ principal: operatorAt(peer) }, () => {
      const gate = Promise.withResolvers<string>();
      gates.push(gate);
      return gate.promise;
    });
  return { shares, call, gates };
}

Deno.test("one call too many is refused at once, and a call that ends makes room", async () => {
  const { shares, call, gates } = setUp({ total: 2, perPrefix: 2, reserved: 0 });
  const [first, second] = [call("192.0.2.1"), call("192.0.2.2")];
  await assert.rejects(call("192.0.2.3"), (error) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.ResourceExhausted);
    assert.equal(error.rawMessage, "too many at a time: the limit of 2 connections is reached");
    return true;
  });
  assert.deepEqual([shares.budget.used, shares.budget.refused, gates.length], [2, 1, 2]);
  gates[0]?.resolve("done");
  assert.equal(await first, "done");
  const third = call("192.0.2.3");
  gates[1]?.reject(new Error("it failed"));
  await assert.rejects(second, /it failed/);
  gates[2]?.resolve("done as well");
  assert.equal(await third, "done as well");
  assert.equal(shares.budget.used, 0);
});

Deno.test("strangers leave this machine its calls", async () => {
  const { call, gates } = setUp({ total: 3, perPrefix: 3, reserved: 1 });
  const strangers = [call("192.0.2.1"), call("192.0.2.1")];
  await assert.rejects(call("192.0.2.1"), /the limit of 2 connections is reached/);
  const own = call("127.0.0.1");
  for (const gate of gates) gate.resolve("done");
  assert.deepEqual(await Promise.all([...strangers, own]), ["done", "done", "done"]);
});

Deno.test("each class has more for all than for one, and something for this machine", () => {
  for (const { name, limit, perPrefix, reserved } of Object.values(callClasses)) {
    assert.ok(perPrefix + reserved < limit && reserved >= 2 && perPrefix >= 2, name);
  }
});

Deno.test("calls that cost much are counted by their class, and refused beyond it", async () => {
  const gates: PromiseWithResolvers<never>[] = [];
  const wait = () => {
    const gate = Promise.withResolvers<never>();
    gates.push(gate);
    return gate.promise;
  };
  const vpp = { ...quietVpp, state: wait, plan: wait, foresee: wait, sync: wait };
  const budgets = new Budgets(silentLogger, new FakeClock());
  await using harness = await serve({
    vpp,
    config: { check: wait, foresee: wait, reload: wait },
    budgets,
  });
  const baseUrl = `http://${harness.address}`;
  const client = createClient(Maglev, createConnectTransport({ baseUrl }));
  const used = () =>
    [...budgets.all].filter(({ name, used }) => name.endsWith("-calls") && used > 0)
      .map(({ name, used }) => `${name} ${used}`).join(", ");
  const table: [method: string, budget: string, ask: () => Promise<unknown>][] = [
    ["CheckConfig", "check-calls", () => client.checkConfig({})],
    ["CheckConfig", "check-calls", () => client.checkConfig({ diff: true })],
    ["ReloadConfig", "reload-calls", () => client.reloadConfig({})],
    ["ReloadConfig", "check-calls", () => client.reloadConfig({ dryRun: true })],
    ["GetVPPLBState", "vpp-read-calls", () => client.getVPPLBState({})],
    ["PlanVPPLBState", "vpp-read-calls", () => client.planVPPLBState({})],
    ["SyncVPPLBState", "vpp-sync-calls", () => client.syncVPPLBState({})],
  ];
  const started = new Map<string, number>();
  for (const [method, budget, ask] of table) {
    const most = Math.ceil(([...budgets.all].find(({ name }) => name === budget)?.limit ?? 0) / 2);
    const asked = Array.from({ length: most }, ask).map((call) => call.catch(() => "ended"));
    const before = started.get(method) ?? 0;
    // One more is refused below.
    started.set(method, before + most + 1);
    await harness.observer.until(`started maglev.Maglev/${method}`, before + most);
    assert.equal(used(), `${budget} ${most}`);
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof ConnectError, String(error));
      assert.equal(error.code, Code.ResourceExhausted);
      return true;
    });
    for (const gate of gates.splice(0)) gate.reject(new Error("enough"));
    await Promise.all(asked);
    assert.equal(used(), "");
  }
  for (const details of [true, false]) {
    await client.listBackends({ details });
    await client.listFrontends({ details });
  }
  await client.listEvents({});
  assert.equal(used(), "");
});

Deno.test("every budget has the name and the figures that operators know it by", () => {
  type Figures = [limit: number, perPrefix?: number, reserved?: number];
  const known: Record<string, Figures> = {
    "grpc-connections": [1024, 128, 32],
    "metrics-connections": [1024, 128, 32],
    "grpc-requests": [4096, 512, 1024],
    "metrics-requests": [512, 64, 128],
    "grpc-handshakes": [1024, 64, 64],
    "metrics-handshakes": [1024, 64, 64],
    "request-bytes": [16_777_216],
    "answer-bytes": [67_108_864],
    "watchers": [1024],
    "debug-watchers": [32],
    "watch-backlog-bytes": [67_108_864],
    "own-request-bytes": [4_194_304],
    "own-watch-backlog-bytes": [16_777_216],
    "own-answer-bytes": [33_554_432],
    "own-watchers": [512],
    "own-debug-watchers": [8],
    "check-calls": [8, 2, 2],
    "reload-calls": [8, 2, 2],
    "vpp-read-calls": [64, 16, 16],
    "vpp-sync-calls": [16, 4, 4],
    "list-calls": [2048, 256, 512],
    "archive-calls": [32, 8, 16],
    "scrape-bytes": [25_165_824],
    "own-scrape-bytes": [33_554_432],
  };
  const listed = budgetList.map(({ name, limit, perPrefix, reserved }) => {
    return [name, [limit, perPrefix, reserved].filter((each) => each !== undefined)];
  });
  assert.deepEqual(Object.fromEntries(listed), known);
  assert.deepEqual(defaultWatchLimits, { count: 32_768, bytes: 8_388_608 });
});

Deno.test("the list of budgets is what the servers open, each with unit, reason and metric", async () => {
  const log = new FakeLog();
  using budgets = new Budgets(log, systemClock);
  await using _ = await serve({ budgets });
  const metrics = serveMetrics({
    address: { hostname: "127.0.0.1", port: 0 },
    metrics: { scrape: async function* () {} },
    connections: uncounted,
    budgets,
    clock: systemClock,
    log,
    supervisor: testSupervisor(log),
  });
  const opened = [...budgets.all].map(({ name, unit }) => `${name} in ${unit}`);
  assert.deepEqual(opened.sort(), budgetList.map(({ name, unit }) => `${name} in ${unit}`).sort());
  for (const { name, limit, reason } of budgetList) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(limit > 0 && Number.isFinite(limit), name);
    assert.match(reason, /^[A-Z][^]*\.$/);
  }
  await metrics.close();
});
