import assert from "node:assert/strict";
import { fileIdentity } from "../../../lib/vpp/link/connection.ts";
import { Bed } from "../support/bed.ts";
import type { ConfigWish } from "../support/wishes.ts";

Deno.test("a socket is told from the one that is put in its place, and from none", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/api.sock`;
  try {
    assert.equal(await fileIdentity(path), undefined);
    using first = Deno.listen({ transport: "unix", path });
    const identity = await fileIdentity(path);
    assert.ok(identity);
    assert.equal(await fileIdentity(path), identity);
    // Moved and not removed: an inode that is free may be given to the next file.
    await Deno.rename(path, `${path}.old`);
    using second = Deno.listen({ transport: "unix", path });
    assert.notEqual(await fileIdentity(path), identity);
    assert.ok(first.addr && second.addr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const web: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2", b3: "10.0.0.3" },
  frontends: {
    web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
  },
};

Deno.test("counters that cannot be read are a warning, but not when VPP dies meanwhile", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const end = bed.sim.beginStatsChange();
  await bed.pass(6_000);
  end();
  assert.equal(bed.log.named("vpp-stats-unreadable").length, 1);
  assert.ok(bed.vpp.info());
  await bed.pass(4_000);
  bed.sim.beginStatsChange();
  // Within a reading, which is given up after 120 ms.
  await bed.pass(160);
  bed.sim.kill();
  await bed.pass(1_000);
  assert.equal(bed.log.named("vpp-stats-unreadable").length, 1);
});

Deno.test("counters that cannot be read are missing from the third time on, and nothing else is", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const end = bed.sim.beginStatsChange();
  await bed.pass(14_000);
  assert.notEqual(bed.vpp.counters()?.at, 0, "as they were read last");
  await bed.pass(60_000);
  assert.equal(bed.vpp.counters()?.at, 0);
  bed.set("disabled", "b1");
  await bed.pass(1_000);
  assert.deepEqual(bed.state(), bed.wanted());
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
  assert.deepEqual(bed.log.named("vpp-stats-unreadable").map(({ counters }) => counters), [
    "those of the last reading",
    "none until it can be read again",
  ]);
  end();
  await bed.pass(5_100);
  assert.notEqual(bed.vpp.counters()?.at, 0);
});

Deno.test("VPP is pinged 10 s after each answer, and its counters are read each 5 s", async () => {
  await using bed = new Bed({ ...web, lb: { syncIntervalMs: 3_600_000 } }, { delayMs: 50 });
  await bed.start();
  const begun = bed.clock.now();
  const readings = new Set<number>();
  while (bed.clock.now() - begun < 35_000) {
    await bed.pass(100);
    readings.add(bed.vpp.counters()?.at ?? 0);
  }
  const pings = bed.sim.journal.entries.flatMap((entry) =>
    entry.kind === "request" && entry.request.name === "control_ping" && entry.at > begun
      ? [entry.at]
      : []
  );
  const steps = (times: readonly number[]) =>
    times.slice(1).map((time, i) => Math.round(time - (times[i] ?? 0)));
  assert.deepEqual(steps(pings), [10_100, 10_100], "100 ms there and back");
  assert.deepEqual(steps([...readings].slice(1)), [5_000, 5_000, 5_000, 5_000, 5_000, 5_000]);
});

Deno.test("counters that can be read again between two failures are no reason to end", async () => {
  await using bed = new Bed(web);
  await bed.start();
  for (let round = 0; round < 3; round++) {
    const end = bed.sim.beginStatsChange();
    await bed.pass(10_200);
    end();
    await bed.pass(5_100);
  }
  assert.ok(bed.vpp.info());
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
  assert.match(
    String(bed.log.named("vpp-stats-unreadable")[0]?.err),
    /^VPP kept changing the stats segment/,
  );
});
