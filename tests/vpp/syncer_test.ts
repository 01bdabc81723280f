import assert from "node:assert/strict";
import fc from "fast-check";
import type { BackendState } from "../../lib/health/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { FlushLedger } from "../../lib/vpp/lb/mod.ts";
import { cliInband, lbAsSetWeight } from "../../lib/vpp/messages/mod.ts";
import { type SyncContext, Syncer } from "../../lib/vpp/sync/mod.ts";
import { type ConfigWish, FakeChecker } from "./fake_checker.ts";
import { ModelVpp } from "./model_vpp.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { settle, until } from "../support/until.ts";
import { ip } from "../support/ip.ts";

/** Answers in order like VPP, but not at once. */
class SlowModel {
  #tail: Promise<void> = Promise.resolve();
  #turns = 0;

  constructor(readonly model: ModelVpp) {}

  request: SyncContext["client"]["request"] = (call, value) =>
    this.#wait().then(() => this.model.request(call, value));

  dump: SyncContext["client"]["dump"] = (dump, value, each) =>
    this.#wait().then(() => this.model.dump(dump, value, each));

  /** None to three turns of the event loop, one after the other. */
  #wait(): Promise<void> {
    const turns = this.#turns++ * 7 % 4;
    this.#tail = this.#tail.then(() => settle(turns));
    return this.#tail;
  }
}

const backends = { b1: "10.0.0.1", b2: "10.0.0.2", b3: "10.0.0.3" };
const configs: readonly ConfigWish[] = [
  {
    backends,
    frontends: {
      a: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
      b: { vip: "192.0.2.1", key: "tcp 443", pools: [{ b1: 1, b3: 2 }] },
      c: { vip: "2001:db8::1", key: "any", flushOnDown: false, pools: [{ b2: 100 }] },
    },
  },
  {
    backends: { b1: "fd00::1", b2: "fd00::2", b3: "fd00::3" },
    frontends: {
      a: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
      b: { vip: "192.0.2.1", key: "tcp 443", sticky: true, pools: [{ b1: 1, b3: 2 }] },
      d: { vip: "192.0.2.4", key: "udp 53", pools: [{ b2: 100 }] },
    },
  },
  {
    backends,
    frontends: { a: { vip: "192.0.2.1", key: "any", pools: [{ b1: 100, b2: 50, b3: 10 }] } },
  },
];

/** What VPP should hold, as the model prints it. */
function wanted(checker: FakeChecker): string[] {
  return checker.frontendNames().map((name) => {
    const frontend = checker.frontend(name);
    assert.ok(frontend);
    const { address, protocol, port, srcIpSticky } = frontend.config;
    const servers = frontend.weights.map(({ backend, weight }) => ({
      weight,
      at: checker.config.backends.get(backend)?.address,
    }));
    const encap = servers[0]?.at?.family === 4 ? 0 : 1;
    const number = port === 0 ? 255 : protocol === "tcp" ? 6 : 17;
    const prefix = `${address.text}/${address.family === 4 ? 32 : 128}`;
    const list = servers.map(({ at, weight }) => `${at?.text}=${weight}`).sort().join(" ");
    return `${prefix} ${number} ${port} encap ${encap} sticky ${srcIpSticky}: ${list}`;
  }).sort();
}

interface Bench {
  readonly model: ModelVpp;
  readonly client: Pick<SlowModel, "request" | "dump">;
  readonly checker: FakeChecker;
  readonly syncer: Syncer;
  readonly ledger: FlushLedger;
  readonly log: RecordedLog;
}

function bench(slow = true): Bench {
  const model = new ModelVpp();
  const client = slow ? new SlowModel(model) : model;
  const checker = new FakeChecker(configs[0] ?? assert.fail(), "up");
  const ledger = new FlushLedger();
  const log = new RecordedLog("info");
  const syncer = new Syncer({
    client,
    checker,
    ledger,
    log,
    clock: systemClock,
    mayTouch: () => true,
    broken: (error) => assert.fail(String(error)),
  });
  checker.subscribe((event) => {
    if (event.kind === "backend") event.frontends.forEach((name) => syncer.wantOne(name));
    if (event.kind === "weight") syncer.wantOne(event.frontend);
    if (event.kind === "reload") syncer.wantAll();
  });
  return { model, client, checker, syncer, ledger, log };
}

const states: readonly BackendState[] = ["up", "down", "disabled", "paused", "unknown"];
const names = ["b1", "b2", "b3"];
const act = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant("state"), fc.nat(2), fc.nat(4)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("weight"), fc.nat(2), fc.nat(100)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("reload"), fc.nat(2), fc.nat()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("full"), fc.nat(), fc.nat()) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("wait"), fc.nat(20), fc.nat()) },
);
const byHand = fc.tuple(fc.constant("hand"), fc.nat(3), fc.nat(2));

async function perform([what, one, two]: [string, number, number], on: Bench): Promise<void> {
  const { checker, syncer, model } = on;
  const key = { pfx: { address: ip("192.0.2.1"), len: 32 }, protocol: 6, port: 80 };
  const server = { ...key, as_address: ip(`10.0.0.${two % 3 + 1}`), weight: 77 };
  if (what === "state") checker.set(states[two] ?? "up", names[one] ?? "b1");
  if (what === "weight" && checker.frontend("a")) {
    checker.setWeight("a", names[one] ?? "b1", two, two % 2 === 0);
  }
  if (what === "reload") checker.reload(configs[one] ?? assert.fail());
  if (what === "full") syncer.wantAll();
  if (what === "wait") await settle(one);
  if (what !== "hand") return;
  if (one === 0) model.weight({ ...server, is_flush: false });
  if (one === 1) model.server({ ...server, is_del: true, is_flush: false });
  if (one === 2) model.server({ ...server, is_del: false, is_flush: false });
  if (one === 3) {
    const fields = { encap: 0, dscp: 0, type: 0, target_port: 0, node_port: 0 };
    const vip = { ...key, ...fields, new_flows_table_length: 1024, src_ip_sticky: false };
    model.vip({ ...vip, is_del: true });
  }
}

Deno.test("whatever happens in whatever order, at rest VPP holds what is desired", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
      const on = bench();
      await on.syncer.adopt();
      on.syncer.wantAll();
      for (const one of acts) await perform(one, on);
      await until(() => on.syncer.isIdle);
      assert.deepEqual(on.model.summary(), wanted(on.checker));
      assert.deepEqual(on.log.named("vpp-reconciler-error"), []);
    }),
    { seed: 26_10, numRuns: 150 },
  );
});

Deno.test("with somebody else's hands in it too, one full sync later it does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(act, byHand), { maxLength: 40 }), async (acts) => {
      const on = bench();
      await on.syncer.adopt();
      on.syncer.wantAll();
      for (const one of acts) await perform(one, on);
      await until(() => on.syncer.isIdle);
      await on.syncer.sync();
      assert.deepEqual(on.model.summary(), wanted(on.checker));
    }),
    { seed: 26_10, numRuns: 150 },
  );
});

Deno.test("a transition during a full sync's dump goes out before the dump is done", async () => {
  const on = bench();
  await on.syncer.adopt();
  await on.syncer.sync();
  const asked: string[] = [];
  const held = Promise.withResolvers<void>();
  const { request, dump } = on.client;
  on.client.request = (call, value) => {
    asked.push(call.request.name);
    return request(call, value);
  };
  on.client.dump = (...args) => held.promise.then(() => dump(...args));
  on.syncer.wantAll();
  await until(() => asked.includes(cliInband.request.name));
  on.checker.set("down", "b2");
  await until(() => asked.includes(lbAsSetWeight.request.name));
  held.resolve();
  await until(() => on.syncer.isIdle);
  assert.deepEqual(on.model.summary(), wanted(on.checker));
});

Deno.test("when VPP keeps refusing, it is asked again twice and then left alone", async () => {
  const on = bench(false);
  await on.syncer.adopt();
  await on.syncer.sync();
  on.model.weight = () => -6;
  on.checker.set("down", "b2");
  await until(() => on.syncer.isIdle);
  assert.equal(on.log.named("vpp-reconciler-error").length, 6, "two frontends, three attempts");
});

Deno.test("a transition stream does not keep a full sync from its turn", async () => {
  const on = bench();
  await on.syncer.adopt();
  let stop = false;
  const stream = (async () => {
    for (let i = 0; !stop; i++) {
      on.checker.set(i % 2 === 0 ? "down" : "up", "b1");
      await settle(1);
    }
  })();
  await on.syncer.sync();
  stop = true;
  await stream;
  await until(() => on.syncer.isIdle);
  assert.deepEqual(on.model.summary(), wanted(on.checker));
});

Deno.test("a sync that a reload overtakes is done when the new configuration is in VPP", async () => {
  const on = bench();
  await on.syncer.adopt();
  for (const config of [1, 2, 0]) {
    const syncing = on.syncer.sync();
    await settle(1);
    on.checker.reload(configs[config] ?? assert.fail());
    await syncing;
    assert.deepEqual(on.model.summary(), wanted(on.checker));
  }
  await until(() => on.syncer.isIdle);
});

Deno.test("whoever waits for a sync is told when it is stopped", async () => {
  const on = bench();
  await on.syncer.adopt();
  const waiting = [on.syncer.sync(), on.syncer.sync("a")].map((one) =>
    assert.rejects(one, /^Error: the connection is gone/)
  );
  on.syncer.stop(new Error("the connection is gone"));
  await Promise.all(waiting);
  await assert.rejects(on.syncer.sync(), /the connection is gone/);
});

Deno.test("what VPP refuses for good is tried once per transition, and again after a full sync", async () => {
  const on = bench(false);
  await on.syncer.adopt();
  await on.syncer.sync();
  let dumps = 0;
  const { dump } = on.client;
  on.client.dump = (...args) => {
    dumps++;
    return dump(...args);
  };
  on.model.weight = () => -6;
  const dumpsOf = async (act: () => void) => {
    dumps = 0;
    act();
    await until(() => on.syncer.isIdle);
    return dumps / 2;
  };
  assert.equal(await dumpsOf(() => on.checker.set("down", "b2")), 2);
  assert.equal(await dumpsOf(() => on.checker.set("up", "b2")), 0);
  assert.equal(await dumpsOf(() => on.syncer.wantAll()), 1);
  assert.equal(await dumpsOf(() => on.checker.set("down", "b2")), 2);
});
