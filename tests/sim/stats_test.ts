import assert from "node:assert/strict";
import { openSegment, SegmentReader } from "./support/segment_reader.ts";
import { withVpp } from "./support/with_vpp.ts";

const data = new URL("../vppclient/data/stats/", import.meta.url);
const tcp = (prefix: string, port = 80) => ({ prefix, protocol: 6, port });
const lbCounters = [
  "packet from existing sessions",
  "first session packet",
  "untracked packet",
  "no server configured",
];

async function recordedSegment(name: string): Promise<SegmentReader> {
  const file = await Deno.open(new URL(`${name}.bin.gz`, data));
  const bytes = file.readable.pipeThrough(new DecompressionStream("gzip"));
  return new SegmentReader(await new Response(bytes).arrayBuffer());
}

Deno.test("the segment has the entries of a real one: same names, same types, same order", async () => {
  const real = (await recordedSegment("one-thread")).directory();
  await withVpp(async ({ vpp, statsPath }) => {
    vpp.byHand.addVip({ ...tcp("192.0.2.1/32"), encap: "gre4" });
    using mapping = await openSegment(statsPath);
    const simulated = new SegmentReader(mapping.buffer).directory();
    for (const [name, { type }] of simulated) {
      assert.equal(type, real.get(name)?.type, name);
    }
    // Links to error counters and interfaces come where somebody registers them.
    const own = (name: string) => !/^\/(err|interfaces|if)\//.test(name);
    const order = Array.from(real.keys()).filter((name) => simulated.has(name) && own(name));
    assert.deepEqual(Array.from(simulated.keys()).filter(own), order);
  });
});

Deno.test("symlinks lead where those of a real one lead", async () => {
  const real = await recordedSegment("one-thread");
  await withVpp(async ({ statsPath }) => {
    using mapping = await openSegment(statsPath);
    const simulated = new SegmentReader(mapping.buffer);
    const links = [...simulated.directory()].flatMap(([name, { type }]) =>
      type === 6 ? [name] : []
    );
    const heaps = links.filter((name) => name.startsWith("/mem/"));
    assert.equal(heaps.length, 6);
    for (const name of [...heaps, "/interfaces/local0/drops", "/interfaces/local0/tx"]) {
      assert.deepEqual(simulated.symlink(name), real.symlink(name), name);
    }
    const errors = links.filter((name) => name.startsWith("/err/"));
    assert.deepEqual(errors.map((name) => simulated.symlink(name)), [
      ...Array.from({ length: errors.length }, (_, i) => ["/node/errors", i]),
    ]);
  });
});

Deno.test("a fresh segment says when VPP started, how many workers it has and its interfaces", async () => {
  await withVpp(async ({ statsPath, clock }) => {
    using mapping = await openSegment(statsPath);
    assert.equal(mapping.size, 32 * 1024 * 1024);
    const segment = new SegmentReader(mapping.buffer);
    assert.equal(segment.version, 2n);
    assert.equal(segment.scalar("/sys/boottime"), BigInt(Math.floor(clock.wall() / 1000)));
    assert.equal(segment.scalar("/sys/num_worker_threads"), 2n);
    assert.deepEqual(segment.names("/if/names"), ["local0"]);
    clock.advance(30_000);
    assert.equal(segment.scalar("/sys/last_update"), 30n);
    assert.equal(segment.simple("/node/errors").length, 3, "a vector per thread");
  }, { workers: 2 });
});

Deno.test("the lb counters are not there before the first VIP, then grow by one slot a VIP", async () => {
  await withVpp(async ({ vpp, statsPath }) => {
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    for (const name of lbCounters) assert.equal(segment.directory().has(name), false);
    vpp.byHand.addVip({ ...tcp("192.0.2.1/32"), encap: "gre4" });
    for (const name of lbCounters) assert.deepEqual(segment.simple(name), [[0n, 0n]]);
    vpp.byHand.addVip({ ...tcp("192.0.2.2/32"), encap: "gre4" });
    for (const name of lbCounters) assert.deepEqual(segment.simple(name), [[0n, 0n, 0n]]);
  });
});

Deno.test("a vector that grows changes the epoch, moves with its values, and leaves rubbish behind", async () => {
  await withVpp(async ({ vpp, statsPath }) => {
    vpp.byHand.addVip({ ...tcp("192.0.2.1/32"), encap: "gre4" });
    vpp.byHand.addServer(tcp("192.0.2.1/32"), "10.0.0.1");
    vpp.traffic({ vip: tcp("192.0.2.1/32"), flows: 1, packets: 5 });
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    const { epoch } = segment;
    const moved = () => segment.directory().get("packet from existing sessions")?.value;
    const firstPlace = moved();
    for (let i = 2; i < 100; i++) {
      vpp.byHand.addVip({ ...tcp(`192.0.2.${i}/32`), encap: "gre4" });
    }
    assert.ok(segment.epoch > epoch);
    assert.equal(segment.inProgress, false);
    assert.equal(segment.simple("packet from existing sessions")[0]?.[1], 4n);
    assert.equal(moved(), firstPlace, "the vector of threads stays, its elements move");
    assert.ok(new Uint8Array(mapping.buffer).subarray(0, 1 << 20).includes(0xdb));
  });
});

Deno.test("a vector grows in place up to its capacity, without a new epoch", async () => {
  await withVpp(async ({ vpp, statsPath }) => {
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    const add = (i: number) => vpp.byHand.addVip({ ...tcp(`192.0.2.${i}/32`), encap: "gre4" });
    const name = "first session packet";
    add(1);
    assert.deepEqual(segment.capacities(name), [7, 7], "as recorded with two threads");
    const { epoch } = segment;
    // The eight routes that VPP begins with leave room for seven more, up to index 14.
    for (let i = 2; i <= 6; i++) add(i);
    assert.equal(segment.epoch, epoch);
    assert.deepEqual(segment.simple(name).map(({ length }) => length), [7, 7]);
    add(7);
    assert.equal(segment.epoch, epoch + 4n, "once for each of the four counters");
    assert.deepEqual(segment.capacities(name), [15, 15]);
    for (let i = 8; i <= 14; i++) add(i);
    assert.deepEqual(segment.simple(name).map(({ length }) => length), [15, 15]);
  }, { workers: 1 });
});

Deno.test("vectors have the capacities of a real VPP", async () => {
  const real = await recordedSegment("one-thread");
  await withVpp(async ({ vpp, statsPath }) => {
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    // As many as the recorded VPP had, whose route indices went up to 40.
    for (let i = 1; segment.combined("/net/route/to")[0]?.length !== 41; i++) {
      vpp.byHand.addVip({ ...tcp(`192.0.2.${i}/32`), encap: "gre4" });
    }
    assert.deepEqual(segment.capacities("/net/route/to"), real.capacities("/net/route/to"));
    const capacities = lbCounters.flatMap((name) => real.capacities(name));
    assert.deepEqual(new Set(capacities), new Set([13, 15]), "13 where the allocator had less");
  });
});

Deno.test("a change can be held open, as a reader may meet it", async () => {
  await withVpp(async ({ vpp, statsPath }) => {
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    const end = vpp.beginStatsChange();
    assert.equal(segment.inProgress, true);
    const { epoch } = segment;
    end();
    end();
    assert.equal(segment.inProgress, false);
    assert.equal(segment.epoch, epoch + 1n);
  });
});

Deno.test("traffic moves the counters of its VIP, its route and its servers, on its own thread", async () => {
  await withVpp(async ({ vpp, statsPath }) => {
    const [first, second] = [tcp("203.0.113.80/32"), tcp("203.0.113.80/32", 443)];
    for (const vip of [first, second]) {
      vpp.byHand.addVip({ ...vip, encap: "gre4" });
      vpp.byHand.addServer(vip, "10.1.0.1");
    }
    vpp.byHand.addVip({ ...tcp("2001:db8::1/128"), encap: "gre6" });
    vpp.byHand.addServer(tcp("2001:db8::1/128"), "fd00:1::1");
    vpp.traffic({ vip: first, flows: 90, packets: 10 });
    vpp.traffic({ vip: second, flows: 1, packets: 7 });
    vpp.traffic({ vip: tcp("2001:db8::1/128"), flows: 12, packets: 10 });
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    assert.deepEqual(segment.simple("packet from existing sessions"), [
      [0n, 0n, 0n, 0n],
      [0n, 810n, 6n, 108n],
    ]);
    assert.deepEqual(segment.simple("first session packet")[1], [0n, 90n, 1n, 12n]);
    const [, to] = segment.combined("/net/route/to");
    assert.deepEqual(to?.slice(8), [[907n, 90_700n], [0n, 0n], [120n, 12_000n], [0n, 0n]]);
    const [, via] = segment.combined("/net/route/via");
    assert.deepEqual(via?.slice(8), [
      [0n, 0n],
      [907n, 124n * 907n],
      [0n, 0n],
      [120n, 144n * 120n],
    ]);
  }, { workers: 1 });
});

for (
  const [flows, packets, noServer, untracked] of [[8, 8, 32n, 32n], [7, 11, 28n, 49n]] as const
) {
  Deno.test(`a VIP without servers splits ${flows} flows of ${packets} packets as VPP does`, async () => {
    await withVpp(async ({ vpp, statsPath }) => {
      vpp.byHand.addVip({ ...tcp("192.0.2.1/32"), encap: "gre4" });
      vpp.traffic({ vip: tcp("192.0.2.1/32"), flows, packets });
      using mapping = await openSegment(statsPath);
      const segment = new SegmentReader(mapping.buffer);
      assert.equal(segment.simple("no server configured")[0]?.[1], noServer);
      assert.equal(segment.simple("untracked packet")[0]?.[1], untracked);
    });
  });
}

Deno.test("a slot keeps its values until the next VIP gets it", async () => {
  await withVpp(async ({ vpp, statsPath, clock }) => {
    const vip = tcp("192.0.2.1/32");
    vpp.byHand.addVip({ ...vip, encap: "gre4" });
    vpp.traffic({ vip, flows: 1, packets: 3 });
    vpp.byHand.deleteVip(vip);
    clock.advance(60_000);
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    assert.equal(segment.simple("no server configured")[0]?.[1], 3n);
    vpp.byHand.addVip({ ...tcp("192.0.2.2/32"), encap: "gre4" });
    assert.equal(segment.simple("no server configured")[0]?.[1], 0n);
  });
});

Deno.test("the stats socket may go and come back while segments handed out stay", async () => {
  await withVpp(async ({ vpp, statsPath }) => {
    using mapping = await openSegment(statsPath);
    vpp.stopStats();
    await assert.rejects(openSegment(statsPath), { code: "ENOENT" });
    assert.equal(new SegmentReader(mapping.buffer).version, 2n);
    vpp.startStats();
    using again = await openSegment(statsPath);
    assert.equal(new SegmentReader(again.buffer).version, 2n);
  });
});

Deno.test("a restart makes a new segment; the old one can still be read", async () => {
  await withVpp(async ({ vpp, statsPath, clock }) => {
    vpp.byHand.addVip({ ...tcp("192.0.2.1/32"), encap: "gre4" });
    using before = await openSegment(statsPath);
    clock.advance(5000);
    vpp.restart();
    using after = await openSegment(statsPath);
    const [old, fresh] = [new SegmentReader(before.buffer), new SegmentReader(after.buffer)];
    assert.equal(fresh.scalar("/sys/boottime") - old.scalar("/sys/boottime"), 5n);
    assert.equal(old.directory().has("first session packet"), true);
    assert.equal(fresh.directory().has("first session packet"), false);
  });
});
