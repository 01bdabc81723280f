import assert from "node:assert/strict";
import { SegmentWriter } from "../../lib/sim/segment.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { type Requester, RetvalError, segmentIn } from "../../lib/vppclient/mod.ts";
import {
  countedIn,
  CounterReader,
  counterRows,
  statsNames,
  trafficOf,
} from "../../lib/vpp/counters.ts";
import type { ActualVip } from "../../lib/vpp/state/vip.ts";
import type { LbCounters } from "../../lib/vpp/mod.ts";
import { ip } from "../support/ip.ts";

const noSuchEntry = -6;
const [vipAddress, server] = [ip("192.0.2.1"), ip("10.0.0.1")];
const [vipRoute, serverRoute] = ["192.0.2.1/32", "10.0.0.1/32"];

/** What is known of VPP: one VIP with one server, or others. */
class Known {
  version = 1;
  vips: ActualVip[] | undefined;
  /** How often all VIPs were looked at. */
  looks = 0;
  poolIndex: number | undefined;
  changed = [vipAddress, server];

  takeChangedAddresses() {
    return this.changed.splice(0);
  }

  poolIndexFound(_: string, poolIndex: number): void {
    this.poolIndex = poolIndex;
  }

  all(): ActualVip[] {
    this.looks++;
    return this.vips ?? [{
      id: "192.0.2.1/32 6 80",
      ...{ address: vipAddress, prefixLength: 32, protocol: 6, port: 80 },
      ...{ encap: "gre4", sticky: false, flowTableLength: 1024, poolIndex: this.poolIndex },
      servers: new Map([["10.0.0.1", { address: server, weight: 100, flags: 1, buckets: 1024 }]]),
    }];
  }
}

/** Where 10 × index packets are counted for VIPs, and 100 × index for routes. */
function countingSegment(): ArrayBuffer {
  const memory = new ArrayBuffer(64 * 1024);
  const writer = new SegmentWriter(memory, 0x7000_0000n, 1);
  writer.addCounters("simple", statsNames.next, 8);
  for (let i = 0; i < 8; i++) writer.count(statsNames.next, 0, i, 10 * i);
  for (const name of [statsNames.routeTo, statsNames.routeVia]) {
    writer.addCounters("combined", name, 16);
    for (let i = 0; i < 16; i++) writer.count(name, 0, i, 100 * i, 1000 * i);
  }
  return memory;
}

/** A VPP that answers what a reading of counters asks, and notes it. */
class Answering {
  readonly clock = new FakeClock();
  readonly known = new Known();
  /** Stats indices by prefix. */
  readonly routes = new Map([[vipRoute, 8], [serverRoute, 9]]);
  /** The VIP's index in VPP's text, which may lack it. */
  textIndex: number | undefined = 3;
  readonly reader: CounterReader;
  /** Every request for a route. */
  readonly lookups: Record<string, unknown>[] = [];
  /** What look-ups reject with. */
  broken: Error | undefined;
  mostInFlight = 0;
  #inFlight = 0;
  #asked: string[] = [];

  constructor() {
    const client = { request: this.#answer } as unknown as Requester;
    const segment = segmentIn({ buffer: countingSegment(), [Symbol.dispose]() {} }, {
      clock: this.clock,
      names: Object.values(statsNames),
    });
    this.reader = new CounterReader(client, segment, this.known, this.clock);
  }

  /** What a reading shows, and what VPP was asked for it. */
  async read() {
    this.#asked = [];
    const { vips: [vip], addresses: [address], servers: [server] } = await this.reader.read();
    const counted = { vip: vip?.next, to: address?.packets, via: server?.packets };
    return { ...counted, asked: this.#asked };
  }

  #answer = ({ request }: { request: { name: string } }, value: Record<string, unknown>) => {
    if (request.name === "cli_inband") {
      this.#asked.push("text");
      const index = this.textIndex;
      const reply = index === undefined
        ? ""
        : ` ip4-gre4 [${index}] 192.0.2.1/32\n  new_size:1024\n  protocol:6 port:80\n`;
      return Promise.resolve({ reply });
    }
    return this.#lookUp(request.name, value);
  };

  async #lookUp(name: string, value: Record<string, unknown>): Promise<unknown> {
    if (this.broken) throw this.broken;
    this.lookups.push(value);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    await Promise.resolve();
    this.#inFlight--;
    const { address, len } = value.prefix as { address: { text: string }; len: number };
    const prefix = `${address.text}/${len}`;
    this.#asked.push(prefix);
    const index = this.routes.get(prefix);
    if (index === undefined) throw new RetvalError(name, noSuchEntry);
    return { route: { stats_index: index } };
  }
}

const complete = { vip: 30, to: 800, via: 900 };

Deno.test("where VPP counts is asked once", async () => {
  const vpp = new Answering();
  assert.deepEqual(await vpp.read(), { ...complete, asked: ["text", vipRoute, serverRoute] });
  assert.deepEqual(await vpp.read(), { ...complete, asked: [] });
});

Deno.test("a route that VPP does not have yet counts nothing, and is asked for each time", async () => {
  const vpp = new Answering();
  vpp.routes.delete(serverRoute);
  assert.deepEqual(await vpp.read(), {
    ...{ ...complete, via: 0 },
    asked: ["text", vipRoute, serverRoute],
  });
  assert.deepEqual(await vpp.read(), { ...complete, via: 0, asked: [serverRoute] });
  assert.equal((await vpp.reader.read()).servers[0]?.isUnknown, true, "0 means nothing");
  vpp.routes.set(serverRoute, 9);
  assert.deepEqual(await vpp.read(), { ...complete, asked: [serverRoute] });
  assert.equal((await vpp.reader.read()).servers[0]?.isUnknown, undefined);
  assert.deepEqual(await vpp.read(), { ...complete, asked: [] });
});

Deno.test("what comes in for an address is unknown while VPP has no route to it", async () => {
  const vpp = new Answering();
  vpp.routes.delete(vipRoute);
  assert.equal((await vpp.reader.read()).addresses[0]?.isUnknown, true);
  vpp.routes.set(vipRoute, 8);
  assert.equal((await vpp.reader.read()).addresses[0]?.isUnknown, undefined);
});

Deno.test("a VIP that VPP's text lacks counts nothing of its own, and is asked for each time", async () => {
  const vpp = new Answering();
  vpp.textIndex = undefined;
  const { asked, ...counted } = await vpp.read();
  assert.deepEqual(counted, { ...complete, vip: 0 });
  assert.deepEqual(asked, ["text", vipRoute, serverRoute]);
  assert.deepEqual(await vpp.read(), { ...complete, vip: 0, asked: ["text"] });
  assert.equal((await vpp.reader.read()).vips[0]?.isUnknown, true, "0 means nothing");
  vpp.textIndex = 3;
  assert.deepEqual(await vpp.read(), { ...complete, asked: ["text"] });
  assert.equal((await vpp.reader.read()).vips[0]?.isUnknown, undefined);
  assert.deepEqual(await vpp.read(), { ...complete, asked: [] });
});

Deno.test("routes of addresses that came or went are asked for again", async () => {
  const vpp = new Answering();
  await vpp.read();
  vpp.routes.set(serverRoute, 5).set(vipRoute, 6);
  assert.deepEqual(await vpp.read(), { ...complete, asked: [] }, "nobody has told");
  vpp.known.version++;
  vpp.known.changed = [server];
  assert.deepEqual(await vpp.read(), { ...complete, via: 500, asked: [serverRoute] });
});

Deno.test("every five minutes all routes are asked for again", async () => {
  const vpp = new Answering();
  await vpp.read();
  vpp.routes.set(serverRoute, 5).set(vipRoute, 6);
  vpp.clock.advance(299_999);
  assert.deepEqual(await vpp.read(), { ...complete, asked: [] });
  vpp.clock.advance(1);
  const again = { vip: 30, to: 600, via: 500 };
  assert.deepEqual(await vpp.read(), { ...again, asked: [vipRoute, serverRoute] });
  assert.deepEqual(await vpp.read(), { ...again, asked: [] });
});

Deno.test("a reading says when it was made", async () => {
  const vpp = new Answering();
  vpp.clock.advance(1234);
  assert.equal((await vpp.reader.read()).at, vpp.clock.wall());
});

/** A VIP of some address and port, with servers. */
function vipOf(text: string, port: number, poolIndex: number, ...servers: string[]): ActualVip {
  const address = ip(text);
  const prefixLength = address.family === 4 ? 32 : 128;
  return {
    id: `${text}/${prefixLength} 6 ${port}`,
    ...{ address, prefixLength, protocol: 6, port, poolIndex },
    ...{ encap: "gre4", sticky: false, flowTableLength: 1024 },
    servers: new Map(
      servers.map((one) => [one, { address: ip(one), weight: 100, flags: 1, buckets: 1 }]),
    ),
  };
}

Deno.test("what is counted stands in numeric order, addresses and servers once", async () => {
  const vpp = new Answering();
  vpp.known.vips = [
    vipOf("2001:db8::1", 443, 1, "fd00::9"),
    vipOf("2001:db8::1", 444, 5),
    vipOf("192.0.2.10", 443, 2, "10.0.0.10", "10.0.0.9"),
    vipOf("192.0.2.9", 53, 3),
    vipOf("192.0.2.10", 80, 4, "10.0.0.9"),
  ];
  for (
    const [i, prefix] of [
      ...["192.0.2.9/32", "192.0.2.10/32", "2001:db8::1/128"],
      ...["10.0.0.9/32", "10.0.0.10/32", "fd00::9/128"],
    ].entries()
  ) vpp.routes.set(prefix, i + 1);
  const { vips, addresses, servers } = await vpp.reader.read();
  assert.deepEqual(vips.map(({ prefix, port, next }) => [prefix, port, next]), [
    ["192.0.2.9/32", 53, 30],
    ["192.0.2.10/32", 80, 40],
    ["192.0.2.10/32", 443, 20],
    ["2001:db8::1/128", 443, 10],
    ["2001:db8::1/128", 444, 50],
  ]);
  assert.deepEqual(addresses, [
    { prefix: "192.0.2.9/32", packets: 100, bytes: 1000 },
    { prefix: "192.0.2.10/32", packets: 200, bytes: 2000 },
    { prefix: "2001:db8::1/128", packets: 300, bytes: 3000 },
  ]);
  assert.deepEqual(servers, [
    { address: "10.0.0.9", packets: 400, bytes: 4000 },
    { address: "10.0.0.10", packets: 500, bytes: 5000 },
    { address: "fd00::9", packets: 600, bytes: 6000 },
  ]);
  assert.equal((await vpp.read()).asked.length, 0, "nothing is missing");
});

Deno.test("one VIP that VPP's text lacks among others is asked for again", async () => {
  const vpp = new Answering();
  vpp.known.vips = [vipOf("192.0.2.1", 80, 2), {
    ...vipOf("192.0.2.1", 81, 0),
    poolIndex: undefined,
  }];
  await vpp.read();
  assert.deepEqual((await vpp.read()).asked, ["text"]);
});

Deno.test("rows are made again only when something has come or gone", async () => {
  const vpp = new Answering();
  await vpp.read();
  const { looks } = vpp.known;
  await vpp.read();
  assert.equal(vpp.known.looks, looks);
  vpp.known.version++;
  await vpp.read();
  assert.ok(vpp.known.looks > looks);
});

Deno.test("a look-up asks for exactly that route in the main table", async () => {
  const vpp = new Answering();
  await vpp.read();
  for (const { table_id, exact } of vpp.lookups) assert.deepEqual([table_id, exact], [0, 1]);
  assert.equal(vpp.lookups.length, 2);
});

Deno.test("at most 128 look-ups are in flight, and all are made", async () => {
  const vpp = new Answering();
  const servers = Array.from({ length: 300 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const server of servers) vpp.routes.set(`${server}/32`, 1);
  vpp.known.vips = [vipOf("192.0.2.1", 80, 2, ...servers)];
  const { asked } = await vpp.read();
  assert.equal(asked.length, 301);
  assert.equal(vpp.mostInFlight, 128);
  assert.deepEqual((await vpp.read()).asked, []);
});

Deno.test("a connection that fails in a look-up fails the reading, which is made good later", async () => {
  const vpp = new Answering();
  vpp.broken = new Error("VPP is gone");
  await assert.rejects(vpp.read(), /VPP is gone/);
  vpp.broken = undefined;
  assert.deepEqual(await vpp.read(), { ...complete, asked: [vipRoute, serverRoute] });
});

Deno.test("working out what is counted gives way after each VIP and each server", () => {
  const vips = [vipOf("192.0.2.1", 80, 1, "10.0.0.1"), vipOf("192.0.2.2", 80, 2, "10.0.0.2")];
  const counting = countedIn(vips);
  let pauses = 0;
  let step = counting.next();
  for (; !step.done; step = counting.next()) pauses++;
  assert.equal(pauses, 2 + 1 + 1, "for two VIPs, and two short sorts");
  assert.equal([...counterRows(step.value, () => 1)].length, 2 + 2);
});

Deno.test("finding out where to read gives way after each address, and each window of look-ups", async () => {
  const vpp = new Answering();
  vpp.known.vips = [
    vipOf("192.0.2.1", 80, 1, "10.0.0.1"),
    vipOf("192.0.2.2", 80, 2, "10.0.0.2"),
  ];
  let pauses = 0;
  vpp.clock.turn = { isOver: true, next: () => Promise.resolve(void pauses++) };
  await vpp.read();
  const [changed, counted, looked, windows, rows, read] = [2, 2 + 1 + 1, 4, 1, 4, 3];
  assert.equal(pauses, changed + counted + looked + windows + rows + read);
});

Deno.test("thousands of counters are read some at a time", async () => {
  const vpp = new Answering();
  const servers = Array.from({ length: 2_100 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  vpp.known.vips = servers.map((server, i) => vipOf("192.0.2.1", i + 1, 3, server));
  for (const server of servers) vpp.routes.set(`${server}/32`, 9);
  await vpp.reader.read();
  let pauses = 0;
  vpp.clock.turn = { isOver: true, next: () => Promise.resolve(void pauses++) };
  const { servers: told } = await vpp.reader.read();
  assert.equal(pauses, 3 + 1 + 3, "for VIPs, their address, and servers");
  assert.deepEqual(told.map(({ address }) => address), servers);
  assert.deepEqual(told.map(({ packets }) => packets), servers.map(() => 900));
});

const counters: LbCounters = {
  ...{ at: 17, vips: [], addresses: [] },
  servers: [
    { address: "10.0.0.1", packets: 7, bytes: 700 },
    { address: "10.0.0.2", packets: 0, bytes: 0 },
    { address: "10.0.0.3", packets: 0, bytes: 0, isUnknown: true },
  ],
};

Deno.test("the traffic of a server is that of its address, if that is counted at all", () => {
  const traffic = trafficOf(counters) ?? assert.fail();
  assert.equal(traffic.at, 17);
  assert.equal(traffic.packetsTo("10.0.0.1"), 7);
  assert.equal(traffic.packetsTo("10.0.0.2"), 0);
  assert.equal(traffic.packetsTo("10.0.0.3"), undefined, "that nothing was counted proves nothing");
  assert.equal(traffic.packetsTo("10.0.0.9"), undefined);
});

Deno.test("the traffic of a reading is put together once, and only if a server is asked for", () => {
  let looks = 0;
  const { servers } = counters;
  const watched = Object.defineProperty({ ...counters }, "servers", {
    get: () => (looks++, servers),
  });
  for (let i = 0; i < 9; i++) assert.equal(trafficOf(watched)?.at, 17);
  assert.equal(looks, 0);
  for (let i = 0; i < 9; i++) assert.equal(trafficOf(watched)?.packetsTo("10.0.0.1"), 7);
  assert.equal(looks, 1);
});

Deno.test("what was never read is no traffic of 0", () => {
  assert.equal(trafficOf(undefined), undefined);
  assert.equal(trafficOf({ ...counters, at: 0 }), undefined);
});
