import assert from "node:assert/strict";
import type { BackendState } from "../../../lib/health/mod.ts";
import { DesiredView } from "../../../lib/vpp/sync/mod.ts";
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
