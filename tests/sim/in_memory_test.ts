import assert from "node:assert/strict";
import type { SimRequest } from "../../lib/sim/mod.ts";
import { ConnectionError, TimeoutError } from "../../lib/vppclient/errors.ts";
import type { ApiClient } from "../../lib/vppclient/mod.ts";
import { statsNames } from "../../lib/vpp/counters.ts";
import {
  cliInband,
  controlPing,
  lbAddDelVipV2,
  lbVipDump,
  showVersion,
} from "../../lib/gen/vpp.ts";
import { ip } from "../support/ip.ts";
import { InMemoryBench } from "./support/in_memory_bench.ts";

const any = { pfx: { address: ip("0.0.0.0"), len: 0 }, protocol: 255, port: 0 };
const vipDump = { ...any, pfx_matcher: { le: 0, ge: 0 } };
const seeds = Array.from({ length: 100 }, (_, i) => i + 1);

function newVip(i: number) {
  return {
    pfx: { address: ip(`192.0.2.${i}`), len: 32 },
    ...{ protocol: 6, port: 80, encap: 0, dscp: 0, type: 0, target_port: 0, node_port: 0 },
    ...{ new_flows_table_length: 1024, src_ip_sticky: false, is_del: false },
  };
}

/** Adds VIPs and dumps them, all in flight at once. */
async function addAndDump(client: ApiClient, from: number, count: number): Promise<string[]> {
  const prefixes: string[] = [];
  const adding = Array.from(
    { length: count },
    (_, i) => client.request(lbAddDelVipV2, newVip(from + i)),
  );
  await Promise.all([
    ...adding,
    client.dump(lbVipDump, vipDump, ({ vip }) => prefixes.push(vip.pfx.address.text)),
  ]);
  return prefixes;
}

/** One ping after the other. */
async function pingTimes(client: ApiClient, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await client.request(controlPing, {});
}

Deno.test("a client works over it as over a socket, whatever the seed", async () => {
  for (const seed of seeds) {
    const bench = new InMemoryBench(seed);
    const client = await bench.until(bench.connect());
    const found = await bench.until(addAndDump(client, 1, 20));
    assert.deepEqual(found, bench.vpp.state().map(({ prefix }) => prefix.slice(0, -3)));
    assert.equal(found.length, 20, `seed ${seed}`);
    await bench.until(client.close());
    const warnings = bench.log.lines.filter((line) => !line.startsWith("debug "));
    assert.deepEqual([warnings, bench.vpp.clients], [[], 0]);
    bench.vpp.kill();
    assert.equal(bench.clock.pending, 0, `seed ${seed}: nothing is left on the clock`);
  }
});

Deno.test("a seed gives the same run each time, another one another", async () => {
  const run = async (seed: number) => {
    const bench = new InMemoryBench(seed);
    const clients = await bench.until(Promise.all([bench.connect(), bench.connect()]));
    await bench.until(Promise.all(clients.map((client, i) => addAndDump(client, 20 * i + 1, 10))));
    return [...bench.story(), ...bench.log.lines];
  };
  const first = await run(1);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual(await run(2), first);
});

Deno.test("one connection keeps its order, two of them come in any", async () => {
  const orders = new Set<string>();
  for (const seed of seeds) {
    const bench = new InMemoryBench(seed);
    const clients = await bench.until(Promise.all([bench.connect(), bench.connect()]));
    bench.vpp.journal.clear();
    await bench.until(Promise.all(clients.map((client) => pingTimes(client, 3))));
    const requests = bench.vpp.journal.requests();
    for (const number of [1, 2]) {
      const contexts = requests.flatMap(({ connection, context }) =>
        connection === number ? [context] : []
      );
      assert.deepEqual(contexts, contexts.toSorted((a, b) => a - b));
    }
    orders.add(requests.map(({ connection }) => connection).join(""));
  }
  assert.ok(orders.size > 10, `only the orders ${[...orders]}`);
});

Deno.test("reads and writes take a part now and then, of which nothing is lost", async () => {
  const bench = new InMemoryBench(12);
  const transport = await bench.until(bench.vpp.connect(""));
  const hello = new Uint8Array(16 + 70);
  hello.set([0, 0, 0, 70], 8);
  hello.set([0, 15], 16);
  const [writes, reads]: [number[], number[]] = [[], []];
  for (let round = 0; round < 50; round++) {
    for (let at = 0; at < hello.length; at += writes.at(-1) ?? 0) {
      writes.push(await bench.until(transport.write(hello.subarray(at))));
    }
    for (let left = 16 + 56_318; left > 0; left -= reads.at(-1) ?? 0) {
      reads.push((await bench.until(transport.read(new Uint8Array(64 * 1024)))) ?? 0);
    }
  }
  const parts = (sizes: number[], whole: number) => sizes.filter((size) => size < whole).length;
  assert.ok(parts(writes, 86) >= 5 && writes.includes(86), `${writes}`);
  assert.ok(parts(reads, 56_334) >= 5 && reads.includes(56_334), `${reads}`);
});

Deno.test("clients that come and go are in the journal", async () => {
  const bench = new InMemoryBench(13);
  const [first] = await bench.until(Promise.all([bench.connect(), bench.connect()]));
  await bench.until(first.close());
  await bench.clock.advanceAsync(10);
  bench.vpp.kill();
  const story = bench.vpp.journal.entries.flatMap((event) =>
    event.kind === "connected" || event.kind === "disconnected"
      ? [`${event.kind} ${event.connection}`]
      : event.kind === "died"
      ? [event.reason]
      : []
  );
  assert.deepEqual(story.slice(0, 2), ["connected 1", "connected 2"]);
  assert.deepEqual(story.slice(2).sort(), ["disconnected 1", "disconnected 2", "killed"]);
});

Deno.test("whenever VPP dies, every request ends, and nothing is left behind", async () => {
  const reasons = new Set<string>();
  for (const seed of seeds) {
    const bench = new InMemoryBench(seed);
    const client = await bench.until(bench.connect());
    const outcome = Promise.allSettled([
      addAndDump(client, 1, 40),
      client.request(cliInband, { cmd: "show lb vips verbose" }),
      pingTimes(client, 5),
    ]);
    bench.clock.after(bench.random.below(30), () => bench.vpp.kill());
    await bench.until(outcome);
    const reason = await bench.until(client.ended);
    await bench.until(client.close());
    if (reason) reasons.add(reason.message.replace(/\d+/, "N"));
    assert.equal(bench.vpp.clients, 0);
    assert.equal(bench.clock.pending, 0, `seed ${seed}`);
  }
  assert.deepEqual([...reasons].sort(), [
    "VPP closed the connection",
    "VPP closed the connection in the middle of a message, after N bytes of it",
    "the connection to VPP broke: Broken pipe (os error N)",
    "the connection to VPP broke: Connection reset by peer (os error N)",
  ]);
});

Deno.test("after its death it refuses clients; started again it is another process, and empty", async () => {
  const bench = new InMemoryBench(1);
  const before = await bench.until(bench.connect());
  await bench.until(before.request(lbAddDelVipV2, newVip(1)));
  const old = await bench.until(before.request(controlPing, {}));
  const segment = await bench.until(bench.openSegment());
  const bootTime = () => bench.until(segment.read((view) => view.scalar(statsNames.bootTime)));
  const booted = await bootTime();
  bench.vpp.kill();
  const refused = await bench.failure(bench.connect());
  assert.ok(refused instanceof ConnectionError);
  assert.match(refused.message, /Connection refused/);
  await assert.rejects(bench.until(bench.openSegment()), Deno.errors.ConnectionRefused);
  assert.equal(await bootTime(), booted, "a segment once handed out stays readable");
  await bench.clock.advanceAsync(5_000);
  bench.vpp.start();
  const after = await bench.until(bench.connect());
  const { vpe_pid } = await bench.until(after.request(controlPing, {}));
  assert.equal(vpe_pid, old.vpe_pid + 1);
  assert.deepEqual(bench.vpp.state(), []);
  segment[Symbol.dispose]();
  using fresh = await bench.until(bench.openSegment());
  const now = await bench.until(fresh.read((view) => view.scalar(statsNames.bootTime)));
  assert.ok((now ?? 0) >= (booted ?? 0) + 5);
  assert.equal(bench.vpp.segmentsOpen, 1);
});

Deno.test("cut off, clients see the end while VPP goes on with what it has", async () => {
  const bench = new InMemoryBench(3);
  const client = await bench.until(bench.connect());
  await bench.until(client.request(lbAddDelVipV2, newVip(1)));
  bench.vpp.cut();
  assert.match((await bench.until(client.ended))?.message ?? "", /closed the connection/);
  const again = await bench.until(bench.connect());
  assert.equal(bench.vpp.clients, 1);
  assert.deepEqual(await bench.until(addAndDump(again, 2, 1)), ["192.0.2.1", "192.0.2.2"]);
});

Deno.test("while it hangs it accepts clients and answers nobody; then it goes on", async () => {
  const bench = new InMemoryBench(4);
  const client = await bench.until(bench.connect());
  bench.vpp.hang();
  const late = bench.connect();
  const segment = bench.openSegment();
  const timedOut = await bench.failure(client.request(showVersion, {}, 1_000));
  assert.ok(timedOut instanceof TimeoutError);
  assert.equal(bench.vpp.clients, 2);
  bench.vpp.resume();
  assert.equal((await bench.until(late)).inFlight, 0);
  (await bench.until(segment))[Symbol.dispose]();
  assert.equal(bench.vpp.journal.requests("show_version").length, 1, "carried out in the end");
});

Deno.test("a VPP that does not read lets no more than a socket's buffer be written", async () => {
  const bench = new InMemoryBench(5);
  const transport = await bench.until(bench.vpp.connect(""));
  bench.vpp.hang();
  let written = 0;
  const writing = (async () => {
    for (;;) written += await transport.write(new Uint8Array(10_000));
  })();
  const outcome = assert.rejects(writing, Deno.errors.BrokenPipe);
  await bench.clock.advanceAsync(1_000);
  // One message was taken, and the beginning of another to see how long it is.
  assert.ok(written >= 208 * 1024 && written < 208 * 1024 + 32, `${written} bytes`);
  bench.vpp.kill();
  await bench.until(outcome);
  await assert.rejects(
    bench.until(transport.read(new Uint8Array(10))),
    Deno.errors.ConnectionReset,
  );
  assert.equal(await bench.until(transport.read(new Uint8Array(10))), null);
});

Deno.test("a connection behaves as Deno's own when its client closes it", async () => {
  const bench = new InMemoryBench(6);
  const transport = await bench.until(bench.vpp.connect(""));
  const reading = bench.failure(transport.read(new Uint8Array(10)));
  transport.close();
  assert.ok(await reading instanceof Deno.errors.Interrupted);
  assert.throws(() => transport.close(), Deno.errors.BadResource);
  await assert.rejects(transport.read(new Uint8Array(1)), Deno.errors.BadResource);
  await assert.rejects(transport.write(new Uint8Array(1)), Deno.errors.BadResource);
  await bench.clock.advanceAsync(10);
  assert.equal(bench.vpp.clients, 0);
});

Deno.test("connecting and asking for the segment end with their signal", async () => {
  const bench = new InMemoryBench(7);
  const aborted = AbortSignal.abort(new Error("not any more"));
  await assert.rejects(bench.until(bench.connect(aborted)), /not any more/);
  await assert.rejects(bench.until(bench.openSegment(aborted)), /not any more/);
  for (const hang of [false, true]) {
    if (hang) bench.vpp.hang();
    const abort = new AbortController();
    const client = bench.failure(bench.connect(abort.signal));
    const segment = bench.failure(bench.openSegment(abort.signal));
    if (hang) await bench.clock.advanceAsync(100);
    abort.abort(new Error("enough"));
    assert.equal((await client).message, "enough");
    assert.equal((await segment).message, "enough");
  }
  bench.vpp.resume();
  await bench.clock.advanceAsync(10);
  assert.deepEqual([bench.vpp.clients, bench.vpp.segmentsOpen], [0, 0]);
});

Deno.test("the segment is refused while VPP does not hand it out, or when VPP dies meanwhile", async () => {
  const bench = new InMemoryBench(8);
  bench.vpp.stopStats();
  await assert.rejects(bench.until(bench.openSegment()), Deno.errors.ConnectionRefused);
  bench.vpp.startStats();
  bench.vpp.hang();
  await assert.rejects(bench.until(bench.openSegment()), Deno.errors.TimedOut);
  const waiting = bench.failure(bench.openSegment());
  await bench.clock.advanceAsync(10);
  bench.vpp.restart();
  assert.ok(await waiting instanceof Deno.errors.ConnectionReset);
});

Deno.test("what is counted is read from its memory", async () => {
  const bench = new InMemoryBench(9, { workers: 1, segmentBytes: 64 * 1024 });
  using segment = await bench.until(bench.openSegment());
  const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
  bench.vpp.byHand.addVip({ ...vip, encap: "gre4" });
  bench.vpp.byHand.addServer(vip, "10.0.0.1");
  bench.vpp.traffic({ vip, flows: 3, packets: 5 });
  const count = (name: string) => bench.until(segment.read((view) => view.simple(name)(1)));
  assert.deepEqual([await count(statsNames.first), await count(statsNames.next)], [3, 12]);
});

Deno.test("a short table is enough for a client, and its handshake a twentieth as long", async () => {
  const bench = new InMemoryBench(10, { short: true, lacks: ["lb_as_dump"] });
  const client = await bench.until(bench.connect());
  assert.deepEqual(await bench.until(addAndDump(client, 1, 2)), ["192.0.2.1", "192.0.2.2"]);
  const transport = await bench.until(bench.vpp.connect(""));
  const hello = new Uint8Array(16 + 70);
  hello.set([0, 0, 0, 70], 8);
  hello.set([0, 15], 16);
  await bench.until(transport.write(hello));
  const length = (await bench.until(transport.read(new Uint8Array(100_000)))) ?? 0;
  assert.ok(length < 3_000, `${length} bytes`);
});

Deno.test("faults are the same as on a socket", async () => {
  const bench = new InMemoryBench(11);
  const client = await bench.until(bench.connect());
  const when = ({ name }: SimRequest) => name === "show_version";
  bench.vpp.misbehave({ when, times: 1, fault: { kind: "retval", retval: -13 } });
  assert.match((await bench.failure(client.request(showVersion, {}))).message, /-13/);
  bench.vpp.misbehave({ when, times: 1, fault: { kind: "late", ms: 3_000 } });
  const begun = bench.clock.now();
  await bench.until(client.request(showVersion, {}));
  assert.ok(bench.clock.now() - begun >= 3_000);
  bench.vpp.misbehave({ when, times: 1, fault: { kind: "die", when: 20 } });
  await bench.failure(client.request(showVersion, {}));
  const reason = await bench.until(client.ended);
  assert.match(reason?.message ?? "", /in the middle of a message, after 20 bytes of it/);
});
