import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { EventSchema, VPPLBCountersSchema } from "../../lib/gen/maglev_pb.ts";
import { Touched } from "../../lib/web/touched.ts";
import { TrafficRates } from "../../lib/web/traffic.ts";

function counters(seconds: number, packets: number, bytes: number) {
  return create(VPPLBCountersSchema, {
    atUnixNs: BigInt(seconds) * 1_000_000_000n,
    vips: [
      { frontend: "www", nextPacket: BigInt(packets) },
      { frontend: "api", firstPacket: BigInt(packets) },
      { frontend: "" },
    ],
    addresses: [
      { frontends: ["www"], bytes: BigInt(bytes) },
      { frontends: ["api", "other"], bytes: BigInt(bytes) },
    ],
    servers: [{ backends: ["a b", "c"], packets: BigInt(packets), bytes: BigInt(bytes) }],
  });
}

Deno.test("rates are what came between two looks; octets only where they are a frontend's own", () => {
  const rates = new TrafficRates();
  assert.equal(rates.take(counters(10, 100, 1_000)), undefined);
  assert.deepEqual(rates.take(counters(15, 200, 2_000)), {
    kind: "traffic",
    at: 15_000,
    frontends: [["www", 20, 1_600], ["api", 20, -1]],
    backends: [["a b", 20, 1_600], ["c", 20, 1_600]],
  });
  assert.equal(rates.take(counters(15, 300, 3_000)), undefined, "the same look again");
  const { frontends } = rates.take(counters(17, 200, 2_000)) ?? {};
  assert.deepEqual(frontends, [["www", 0, 0], ["api", 0, -1]], "nothing came");
  // VPP was restarted: less than before is no rate.
  assert.deepEqual(rates.take(counters(20, 10, 10))?.frontends, []);
  rates.interrupt();
  assert.equal(rates.take(counters(25, 20, 20)), undefined);
  assert.equal(rates.take(counters(0, 30, 30)), undefined, "nothing was counted yet");
  const points = [[15_000, 20, 1_600], [17_000, 0, 0]];
  assert.deepEqual(rates.points("frontend", "www"), points);
  assert.deepEqual(rates.points("backend", "a b"), points);
});

Deno.test("each packet to a VIP counts once, wherever VPP counts it, and no octets are none", () => {
  const rates = new TrafficRates();
  const at = (seconds: number, vip: object) =>
    rates.take(create(VPPLBCountersSchema, {
      atUnixNs: BigInt(seconds) * 1_000_000_000n,
      vips: [{ frontend: "www", ...vip }],
      addresses: [{ frontends: ["www"], bytes: 0n }],
    }));
  at(10, {});
  const counted = at(11, {
    ...{ nextPacket: 1n, firstPacket: 10n, untrackedPacket: 100n, noServer: 1_000n },
  });
  assert.deepEqual(counted?.frontends, [["www", 1_111, 0]]);
});

Deno.test("of the past, a quarter of an hour is kept, and nothing of who is gone", () => {
  const rates = new TrafficRates();
  for (let i = 1; i <= 200; i++) rates.take(counters(5 * i, 100 * i, 1_000 * i));
  assert.equal(rates.points("frontend", "www").length, 180);
  rates.take(create(VPPLBCountersSchema, { atUnixNs: 9_000_000_000_000n }));
  assert.deepEqual(rates.points("frontend", "www"), []);
});

Deno.test("what an event concerns is read again: a few by name, many all together", () => {
  const touched = new Touched((backend) => backend === "web1" ? ["www"] : []);
  const transition = { from: "up", to: "down", atUnixNs: 1n };
  const event = (name: string) =>
    create(EventSchema, {
      event: { case: "backend", value: { backendName: name, transition } },
    });
  assert.ok(touched.isEmpty);
  touched.add(event("web1"));
  assert.deepEqual([touched.backends, touched.frontends], [["web1"], ["www"]]);
  assert.equal(touched.isAll, false);
  for (let i = 0; i < 60; i++) touched.add(event(`b${i}`));
  assert.equal(touched.isAll, true);
  touched.clear();
  assert.ok(touched.isEmpty && !touched.isAll);
  touched.add(create(EventSchema, { event: { case: "reload", value: { result: "applied" } } }));
  assert.deepEqual([touched.isAll, touched.takeVpp(), touched.takeVpp()], [true, true, false]);
  touched.clear();
  touched.add(create(EventSchema, { event: { case: "operator", value: { action: "reset" } } }));
  assert.equal(touched.isAll, true);
});
