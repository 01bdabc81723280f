import assert from "node:assert/strict";
import { SegmentWriter } from "../../lib/sim/segment.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { type ApiClient, RetvalError } from "../../lib/vpp/client/mod.ts";
import { CounterReader, statsNames } from "../../lib/vpp/counters/mod.ts";
import type { ActualVip } from "../../lib/vpp/lb/mod.ts";
import { segmentIn } from "../../lib/vpp/stats/mod.ts";
import { ip } from "../support/ip.ts";

const noSuchEntry = -6;
const [vipAddress, server] = [ip("192.0.2.1"), ip("10.0.0.1")];
const [vipRoute, serverRoute] = ["192.0.2.1/32", "10.0.0.1/32"];

/** What is known of VPP: one VIP with one server. */
class OneVip {
  version = 1;
  poolIndex: number | undefined;
  changed = [vipAddress, server];

  takeChangedAddresses() {
    return this.changed.splice(0);
  }

  poolIndexFound(_: string, poolIndex: number): void {
    this.poolIndex = poolIndex;
  }

  all(): ActualVip[] {
    return [{
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
  readonly known = new OneVip();
  /** Stats indices by prefix. */
  readonly routes = new Map([[vipRoute, 8], [serverRoute, 9]]);
  /** The VIP's index in VPP's text, which may lack it. */
  textIndex: number | undefined = 3;
  readonly reader: CounterReader;
  #asked: string[] = [];

  constructor() {
    const client = { request: this.#answer } as unknown as Pick<ApiClient, "request">;
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
    const { address, len } = value.prefix as { address: { text: string }; len: number };
    const prefix = `${address.text}/${len}`;
    this.#asked.push(prefix);
    const index = this.routes.get(prefix);
    if (index === undefined) return Promise.reject(new RetvalError(request.name, noSuchEntry));
    return Promise.resolve({ route: { stats_index: index } });
  };
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
  vpp.routes.set(serverRoute, 9);
  assert.deepEqual(await vpp.read(), { ...complete, asked: [serverRoute] });
  assert.deepEqual(await vpp.read(), { ...complete, asked: [] });
});

Deno.test("a VIP that VPP's text lacks counts nothing of its own, and is asked for each time", async () => {
  const vpp = new Answering();
  vpp.textIndex = undefined;
  const { asked, ...counted } = await vpp.read();
  assert.deepEqual(counted, { ...complete, vip: 0 });
  assert.deepEqual(asked, ["text", vipRoute, serverRoute]);
  assert.deepEqual(await vpp.read(), { ...complete, vip: 0, asked: ["text"] });
  vpp.textIndex = 3;
  assert.deepEqual(await vpp.read(), { ...complete, asked: ["text"] });
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
