import assert from "node:assert/strict";
import type { Restored } from "../../../lib/checker/mod.ts";
import type { Config } from "../../../lib/config/mod.ts";
import type { BackendState } from "../../../lib/health/mod.ts";
import { DesiredView } from "../../../lib/vpp/state/desired.ts";
import { Bench, pass, sketch } from "../../checker/support/bench.ts";
import { steer } from "../../support/steer.ts";
import { Bed } from "../support/bed.ts";
import type { FrontendWish } from "../support/wishes.ts";

const backends = { b1: "10.0.0.10", b2: "10.0.0.9", six: "fd00::1" };

/** The VIP of one frontend with these backends up and those in the states given. */
async function desired(
  wish: Partial<FrontendWish>,
  states: Readonly<Record<string, BackendState>> = {},
  options: ConstructorParameters<typeof Bed>[1] = {},
) {
  const frontend = { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100 }], ...wish };
  await using bed = new Bed({ backends, frontends: { f: frontend } }, options);
  for (const [name, state] of Object.entries(states)) bed.set(state, name);
  const vip = new DesiredView(bed.checker).vip("f") ?? assert.fail();
  const servers = vip.servers.map(({ address, weight, flush }) =>
    `${address.text} ${weight}${flush ? " flush" : ""}`
  );
  return { ...vip, servers };
}

Deno.test("a frontend becomes a host VIP; without a port it is for all of them", async () => {
  assert.equal((await desired({})).id, "192.0.2.1/32 6 80");
  assert.equal((await desired({ key: "udp 53" })).id, "192.0.2.1/32 17 53");
  assert.equal((await desired({ key: "any" })).id, "192.0.2.1/32 255 0");
  assert.equal((await desired({ key: "tcp 0" })).id, "192.0.2.1/32 255 0");
  assert.equal((await desired({ vip: "2001:db8::1" })).id, "2001:db8::1/128 6 80");
});

Deno.test("the backends' family picks the encap, whatever the VIP's", async () => {
  assert.equal((await desired({})).encap, "gre4");
  assert.equal((await desired({ vip: "2001:db8::1" })).encap, "gre4");
  assert.equal((await desired({ pools: [{ six: 1 }] })).encap, "gre6");
});

Deno.test("servers stand in numeric order with their effective weights", async () => {
  const pools = [{ b1: 100, b2: 50 }];
  assert.deepEqual((await desired({ pools })).servers, ["10.0.0.9 50", "10.0.0.10 100"]);
  assert.deepEqual((await desired({ pools }, { b1: "down" })).servers, [
    "10.0.0.9 50",
    "10.0.0.10 0 flush",
  ]);
  assert.deepEqual((await desired({ pools, flushOnDown: false }, { b1: "down" })).servers, [
    "10.0.0.9 50",
    "10.0.0.10 0",
  ]);
  assert.deepEqual((await desired({ pools }, { b1: "unknown" })).servers, [
    "10.0.0.9 50",
    "10.0.0.10 0",
  ]);
  assert.deepEqual((await desired({ pools }, {}, { backends: "unknown" })).servers, [
    "10.0.0.9 kept",
    "10.0.0.10 kept",
  ]);
});

Deno.test("who was up before a restart has its weight in a VPP that has nothing", () => {
  const config = sketch({
    backends: { b1: {}, b2: {} },
    frontends: { web: [{ b1: 70 }, { b2: 50 }] },
  });
  using old = new Bench(config, { answers: pass });
  old.clock.advance(10_000);
  const saved = ["b1", "b2"].map((name) => old.checker.saved(name) ?? assert.fail());
  const servers = (options: { readonly restored?: Restored }) => {
    using bench = new Bench(config, options);
    return new DesiredView(bench.checker).vip("web")?.servers
      .map(({ weight, otherwise }) => `${weight}, else ${otherwise}`);
  };
  assert.deepEqual(
    servers({
      restored: {
        ...{ backends: new Map(saved.map((each) => [each.name, each])), weights: new Map() },
        ...{ changes: new Map(), isHealthFresh: true },
      },
    }),
    ["kept, else 70", "kept, else 0"],
  );
  assert.deepEqual(servers({}), ["kept, else 0", "kept, else 0"]);
});

/** A configuration that counts how often somebody asks it for the address of a backend. */
function counted(config: Config): { readonly config: Config; readonly asked: () => number } {
  let asked = 0;
  const backends = new Map(config.backends);
  const get = backends.get.bind(backends);
  backends.get = (name) => {
    asked++;
    return get(name);
  };
  return { config: { ...config, backends }, asked: () => asked };
}

const site = sketch({
  backends: { b1: {}, b2: {} },
  frontends: { dns: [{ b2: 1 }], web: [{ b1: 100 }, { b2: 50 }] },
});

Deno.test("what follows from the configuration is worked out once for all transitions", async () => {
  const { config, asked } = counted(site);
  using bench = new Bench(config);
  const view = new DesiredView(bench.checker);
  const servers = () => view.vip("web")?.servers.map(({ address }) => address.text);
  assert.deepEqual(servers(), ["10.0.0.0", "10.0.0.1"]);
  steer(bench.checker).pause("b1");
  const before = asked();
  assert.deepEqual(servers(), ["10.0.0.0", "10.0.0.1"]);
  assert.equal(asked(), before);
  assert.equal(view.prefixes(), view.prefixes());
  const ids = view.ids();
  assert.deepEqual([...ids], ["192.0.2.0/32 6 80", "192.0.2.1/32 6 80"]);
  const { generation } = view;
  await bench.reload(sketch({ backends: { b1: {} }, frontends: { web: [{ b1: 1 }] } }));
  assert.notEqual(view.generation, generation);
  assert.deepEqual([...view.ids()], ["192.0.2.0/32 6 80"]);
  assert.deepEqual(servers(), ["10.0.0.0"]);
});

Deno.test("ids are found without looking at weights, which would be worked out anew", () => {
  using bench = new Bench(site);
  const { config } = bench.checker;
  const view = new DesiredView({ config, frontend: () => assert.fail("it was looked at") });
  assert.equal(view.idOf("web"), "192.0.2.1/32 6 80");
});

Deno.test("frontends that are gone have no VIP, and no id", () => {
  using bench = new Bench(site);
  const view = new DesiredView(bench.checker);
  assert.deepEqual([view.vip("gone"), view.idOf("gone")], [undefined, undefined]);
  assert.deepEqual(view.vips(["web", "gone", "dns"]).map(({ frontend }) => frontend), [
    "web",
    "dns",
  ]);
  assert.equal(view.idOf("web"), view.vip("web")?.id);
  assert.deepEqual([...view.prefixes()], [["192.0.2.0/32", ["dns"]], ["192.0.2.1/32", ["web"]]]);
});
