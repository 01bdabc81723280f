import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { callClasses } from "../../lib/rpc/limits.ts";
import { Budgets } from "../../lib/port/budget.ts";
import { CallSlots } from "../../lib/rpc/call_slots.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { serve } from "./support/harness.ts";
import { sharesOf } from "../port/support/peer_shares_of.ts";
import { operatorAt } from "./support/callers.ts";
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
