import assert from "node:assert/strict";
import type { Config } from "../../../lib/config/mod.ts";
import { DesiredView } from "../../../lib/vpp/sync/view.ts";
import { Bench, sketch } from "../../checker/support/bench.ts";
import { steer } from "../../support/steer.ts";

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

Deno.test("frontends that are gone have no VIP, and no id", () => {
  using bench = new Bench(site);
  const view = new DesiredView(bench.checker);
  assert.deepEqual([view.vip("gone"), view.idOf("gone")], [undefined, undefined]);
  assert.deepEqual(view.vips(["web", "gone", "dns"]).map(({ frontend }) => frontend), [
    "web",
    "dns",
  ]);
  assert.equal(view.idOf("web"), view.vip("web")?.id);
  assert.deepEqual(view.prefixes(), [["192.0.2.0/32", ["dns"]], ["192.0.2.1/32", ["web"]]]);
});
