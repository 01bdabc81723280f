import assert from "node:assert/strict";
import fc from "fast-check";
import { desiredVip, serverLayout, sharedAddresses } from "../../lib/vpp/lb/mod.ts";
import { mergeSort } from "../../lib/vpp/counters/merge_sort.ts";
import { FakeChecker, type FrontendWish } from "./fake_checker.ts";

const backends = { b1: "10.0.0.10", b2: "10.0.0.9", twin: "10.0.0.9", six: "fd00::1" };

/** The VIP of one frontend with these backends up and those in the states given. */
function desired(
  wish: Partial<FrontendWish>,
  states: Record<string, "down" | "disabled" | "unknown"> = {},
) {
  const frontend = { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100 }], ...wish };
  const checker = new FakeChecker({ backends, frontends: { f: frontend } }, "up");
  for (const [name, state] of Object.entries(states)) checker.set(state, name);
  const snapshot = checker.frontend("f") ?? assert.fail();
  const addressOf = (name: string) => checker.config.backends.get(name)?.address;
  const vip = desiredVip(snapshot, serverLayout(snapshot.config, addressOf));
  const servers = vip.servers.map(({ address, weight, flush }) =>
    `${address.text} ${weight}${flush ? " flush" : ""}`
  );
  return { ...vip, servers, shared: sharedAddresses(snapshot.config, addressOf) };
}

Deno.test("a frontend becomes a host VIP; without a port it is for all of them", () => {
  const vip = desired({});
  assert.equal(vip.id, "192.0.2.1/32 6 80");
  assert.equal(desired({ key: "udp 53" }).id, "192.0.2.1/32 17 53");
  assert.equal(desired({ key: "any" }).id, "192.0.2.1/32 255 0");
  assert.equal(desired({ key: "tcp 0" }).id, "192.0.2.1/32 255 0");
  assert.equal(desired({ vip: "2001:db8::1" }).id, "2001:db8::1/128 6 80");
});

Deno.test("the backends' family picks the encap, whatever the VIP's", () => {
  assert.equal(desired({}).encap, "gre4");
  assert.equal(desired({ vip: "2001:db8::1" }).encap, "gre4");
  assert.equal(desired({ pools: [{ six: 1 }] }).encap, "gre6");
});

Deno.test("servers stand in numeric order with their effective weights", () => {
  const pools = [{ b1: 100, b2: 50 }];
  assert.deepEqual(desired({ pools }).servers, ["10.0.0.9 50", "10.0.0.10 100"]);
  assert.deepEqual(desired({ pools }, { b1: "down" }).servers, [
    "10.0.0.9 50",
    "10.0.0.10 0 flush",
  ]);
  assert.deepEqual(desired({ pools, flushOnDown: false }, { b1: "down" }).servers, [
    "10.0.0.9 50",
    "10.0.0.10 0",
  ]);
  assert.deepEqual(desired({ pools }, { b1: "unknown" }).servers, ["10.0.0.9 50", "10.0.0.10 0"]);
});

Deno.test("backends with one address are one server with the largest weight", () => {
  const pools = [{ b2: 30, twin: 70 }];
  assert.deepEqual(desired({ pools }).servers, ["10.0.0.9 70"]);
  assert.deepEqual(desired({ pools }, { twin: "down" }).servers, ["10.0.0.9 30"]);
  assert.deepEqual(desired({ pools }, { b2: "down", twin: "disabled" }).servers, [
    "10.0.0.9 0 flush",
  ]);
  assert.deepEqual(desired({ pools }).shared, ["10.0.0.9"]);
  assert.deepEqual(desired({}).shared, []);
});

Deno.test("sorting in slices sorts", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 2_000 }), (numbers) => {
      const work = mergeSort(numbers, (a, b) => a - b);
      let step = work.next();
      while (!step.done) step = work.next();
      assert.deepEqual(step.value, numbers.toSorted((a, b) => a - b));
    }),
    { seed: 26_10 },
  );
});
