import assert from "node:assert/strict";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import { Ledger } from "../../../lib/vpp/state/ledger.ts";
import { planPrefix } from "../../../lib/vpp/state/plan.ts";
import { vipId } from "../../../lib/vpp/state/vip.ts";
import type { ChangesContext } from "../../../lib/vpp/sync/changes.ts";
import { ip } from "../../support/ip.ts";
import { Carrying } from "../support/carrying.ts";
import { ModelVpp } from "../support/model_vpp.ts";

type Request = ChangesContext["client"]["request"];

/** VIPs with one server each, and all of them with the same weight. */
function vips(count: number, weight: number | "kept", change: Partial<DesiredVip> = {}) {
  return Array.from({ length: count }, (_, i): DesiredVip => {
    const key = { address: ip(`10.9.${i >> 8}.${i & 255}`), prefixLength: 32 };
    const vip = { ...key, protocol: 6, port: 80 };
    return {
      ...{ ...vip, id: vipId(vip), frontend: `f${i}`, encap: "gre4", sticky: false },
      flowTableLength: 1024,
      servers: [{ address: ip("10.0.0.1"), weight, flush: false }],
      ...change,
    };
  });
}

/** A client that answers a turn later, and notes how many requests were on their way together. */
function counted(vpp: ModelVpp): { readonly request: Request; readonly windows: number[] } {
  const windows: number[] = [];
  let inFlight = 0;
  const request: Request = async (call, value) => {
    if (inFlight++ === 0) windows.push(0);
    windows[windows.length - 1] = inFlight;
    await new Promise((resolve) => setTimeout(resolve, 0));
    inFlight--;
    return await vpp.request(call, value);
  };
  return { request, windows };
}

Deno.test("at most 256 requests are on their way, and as many if there are", async () => {
  const vpp = new ModelVpp();
  const { request, windows } = counted(vpp);
  const on = new Carrying(vpp, vips(300, 5), request);
  await on.everything();
  // The VIPs of the first window get their servers before the others are added.
  assert.deepEqual(windows, [256, 256, 44, 44]);
  assert.deepEqual(on.awaited, Array(4).fill("VPP's answers to changes"));
  assert.equal(vpp.summary().filter((line) => line.endsWith("=5")).length, 300);
});

Deno.test("the servers of one VIP are cut into windows as well", async () => {
  const vpp = new ModelVpp();
  const { request, windows } = counted(vpp);
  const servers = Array.from({ length: 300 }, (_, i) => ({
    address: ip(`10.0.${i >> 8}.${i & 255}`),
    ...{ weight: 5, flush: false },
  }));
  await new Carrying(vpp, vips(1, 5, { servers }), request).everything();
  // Of the rest, 2^20 / (1024 + 256 * 100) is 39.4: the fortieth is one that fits no more.
  assert.deepEqual(windows, [1, 256, 40, 4]);
});

Deno.test("no more is on its way than VPP works through in a moment", async () => {
  const vpp = new ModelVpp();
  const { request, windows } = counted(vpp);
  // The first window adds the VIPs; then each change has VPP fill a table of so many slots.
  await new Carrying(vpp, vips(6, 5, { flowTableLength: 2 ** 19 }), request).everything();
  assert.deepEqual(windows, [6, 2, 2, 2]);
});

Deno.test("moving flows is work too, by the sticky buckets that VPP has", async () => {
  const vpp = new ModelVpp();
  const { request, windows } = counted(vpp);
  const on = new Carrying(vpp, vips(5, 9), request, 2 ** 21);
  await on.everything();
  const down = vips(5, 0).map((vip) => ({
    ...vip,
    servers: vip.servers.map((server) => ({ ...server, flush: true })),
  }));
  windows.length = 0;
  on.desired = down;
  await on.everything();
  assert.deepEqual(windows, [2, 2, 1]);
  on.desired = [];
  windows.length = 0;
  await on.everything();
  assert.equal(vpp.summary().length, 0);
  assert.equal(windows[0], 2, "servers that go are flushed");
});

Deno.test("what is done between two windows is planned for, and ends it if it is to", async () => {
  const vpp = new ModelVpp();
  const { request, windows } = counted(vpp);
  const on = new Carrying(vpp, vips(300, 5), request);
  let rounds = 0;
  await on.eachUntil(() => {
    on.desired = vips(300, 9);
    return Promise.resolve(++rounds < 2);
  });
  assert.equal(rounds, 2);
  assert.equal(windows.length, 2);
  const weights = vpp.summary().map((line) => line.slice(line.indexOf(": ") + 2));
  assert.deepEqual(weights, Array(256).fill("10.0.0.1=9"), "no weight is stale");
});

Deno.test("what belongs to another configuration is not carried on", async () => {
  const vpp = new ModelVpp();
  const { request, windows } = counted(vpp);
  const on = new Carrying(vpp, vips(300, 5), request);
  const sync = on.everything();
  on.desired = vips(300, 9);
  await sync;
  assert.deepEqual(windows, [256], "only what was on its way");
  await on.everything();
  assert.equal(vpp.summary().filter((line) => line.endsWith("=9")).length, 300);
});

Deno.test("no more is looked at for a window than takes a moment", async () => {
  const { request, windows } = counted(new ModelVpp());
  const servers = Array.from({ length: 1000 }, (_, i) => ({
    address: ip(`10.0.${i >> 8}.${i & 255}`),
    ...{ weight: 5, flush: false },
  }));
  const on = new Carrying(new ModelVpp(), vips(31, 5, { servers }), request);
  await on.eachUntil(() => Promise.resolve(windows.length < 2));
  // 2^15 / (100 + 1000) is 29.8.
  assert.deepEqual(windows, [30, 256]);
});

Deno.test("how long planning takes changes neither windows nor the order of requests", async () => {
  /** What is sent when the `n`th look at the time finds the turn over, if `isOver` says so. */
  const sent = async (isOver: (n: number) => boolean) => {
    const vpp = new ModelVpp();
    const lines: string[] = [];
    const request: Request = (call, value) => {
      lines.push(JSON.stringify([call.request.name, value], (_, v) => `${v}`));
      return vpp.request(call, value);
    };
    const on = new Carrying(vpp, vips(300, 5), request);
    let [looks, turns] = [0, 0];
    on.clock.turn = {
      get isOver() {
        return isOver(looks++);
      },
      next: () => {
        turns++;
        return Promise.resolve();
      },
    };
    await on.everything();
    return { lines, turns };
  };
  const quick = await sent(() => false);
  const slow = await sent(() => true);
  const mixed = await sent((n) => n % 3 === 1);
  assert.equal(quick.lines.length, 600);
  assert.deepEqual(slow.lines, quick.lines);
  assert.deepEqual(mixed.lines, quick.lines);
  assert.deepEqual([quick.turns, slow.turns > 3], [0, true], "it is given up between two windows");
});

Deno.test("a weight is kept when its VIP is made anew, and forgotten when it was", async () => {
  const vpp = new ModelVpp();
  const on = new Carrying(vpp, vips(1, 70));
  await on.everything();
  on.desired = vips(1, "kept", { sticky: true });
  await on.everything();
  const key = "10.9.0.0/32 6 80 encap 0 sticky true:";
  assert.deepEqual(vpp.summary(), [`${key} 10.0.0.1=70`]);
  const pfx = { address: ip("10.9.0.0"), len: 32 };
  vpp.server({
    ...{ pfx, protocol: 6, port: 80, as_address: ip("10.0.0.1"), weight: 0 },
    ...{ is_del: true, is_flush: true },
  });
  await on.look();
  await on.everything();
  assert.deepEqual(vpp.summary(), [`${key} 10.0.0.1=0`], "one that VPP lacks is added with 0");
});

Deno.test("the weight of a VIP that nobody asked for is not that of one made later", async () => {
  const vpp = new ModelVpp();
  const on = new Carrying(vpp, vips(1, 70));
  await on.everything();
  on.desired = [];
  await on.everything();
  assert.deepEqual(vpp.summary(), []);
  on.desired = vips(1, "kept");
  await on.everything();
  assert.deepEqual(vpp.summary(), ["10.9.0.0/32 6 80 encap 0 sticky false: 10.0.0.1=0"]);
});

Deno.test("what an operator asked for of a frontend goes with it", async () => {
  const on = new Carrying(new ModelVpp(), vips(2, 5));
  const [first = assert.fail(), second = assert.fail()] = vips(2, 5);
  for (const { id } of [first, second]) on.ledger.request(id, "10.0.0.1");
  on.desired = [second];
  await on.everything();
  const isRequested = (id: string) => on.ledger.isRequested(id, "10.0.0.1");
  assert.equal(isRequested(first.id), false);
});

Deno.test("a frontend that may not be touched is left alone", async () => {
  const vpp = new ModelVpp();
  const on = new Carrying(vpp, vips(2, 5));
  on.mayTouch = (name) => name === "f1";
  await on.one("f0");
  await on.one("f1");
  await on.one("nobody");
  assert.deepEqual(vpp.summary(), ["10.9.0.1/32 6 80 encap 0 sticky false: 10.0.0.1=5"]);
});

Deno.test("siblings that are made anew for another come back with it", async () => {
  const vpp = new ModelVpp();
  const four = vips(1, 5);
  const ports = (encap: "gre4" | "gre6", server: string) =>
    [80, 443, 8080].map((port): DesiredVip => ({
      ...(four[0] ?? assert.fail()),
      ...{ port, id: `10.9.0.0/32 6 ${port}`, frontend: `f${port}`, encap },
      servers: [{ address: ip(server), weight: 5, flush: false }],
    }));
  const on = new Carrying(vpp, ports("gre4", "10.0.0.1"));
  await on.everything();
  on.desired = ports("gre6", "fd00::1");
  const { counts } = await on.one("f443");
  assert.deepEqual(
    vpp.summary(),
    [443, 80, 8080].map((port) => `10.9.0.0/32 6 ${port} encap 1 sticky false: fd00::1=5`),
  );
  assert.deepEqual([counts.vip_removed, counts.vip_added, counts.refused], [3, 3, 0]);
});

Deno.test("the plan for a VIP that was taken down has the weights that its servers had", () => {
  const ledger = new Ledger();
  const desired = vips(1, "kept");
  const weights = () =>
    planPrefix({ desired, actual: [] }, ledger).changes
      .flatMap(({ servers }) =>
        servers.map((change) => [change.kind, "weight" in change && change.weight])
      );
  assert.deepEqual(weights(), [["as-add", 0]]);
  ledger.takingDown(desired[0]?.id ?? "", "10.0.0.1", 70);
  assert.deepEqual(weights(), [["as-add", 70]]);
});
