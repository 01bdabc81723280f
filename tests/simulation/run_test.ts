import assert from "node:assert/strict";
import type { InMemoryVpp } from "../../lib/sim/mod.ts";
import type { FakeClock } from "../../lib/time/mod.ts";
import { type History, historyOf, runHistory, shortened } from "../../lib/simulation/mod.ts";

Deno.test("equal seeds give equal runs, line by line", async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    assert.deepEqual(historyOf(seed), historyOf(seed));
    const [first, second] = [
      await runHistory(historyOf(seed), { keepsLog: true }),
      await runHistory(historyOf(seed), { keepsLog: true }),
    ];
    assert.ok(first.lines.length > 5);
    assert.deepEqual(first, second);
  }
});

Deno.test("other seeds give other histories", () => {
  const histories = new Set(Array.from({ length: 200 }, (_, i) => JSON.stringify(historyOf(i))));
  assert.equal(histories.size, 200);
});

Deno.test("seeds 1 to 1,000 go well", async () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const { wrong } = await runHistory(historyOf(seed));
    assert.deepEqual(wrong, [], `deno task simulate ${seed}`);
  }
});

/** A site of one frontend with two servers, and what happens to it. */
function history(actions: History["actions"]): History {
  return {
    seed: 7,
    longestDelayMs: 2,
    persists: false,
    lagMs: 0,
    site: {
      syncIntervalMs: 3_600_000,
      startupMinDelayMs: 0,
      startupMaxDelayMs: 0,
      flowTimeoutSeconds: 40,
      buckets: 16,
      netns: "",
      checks: {
        c: {
          type: "tcp",
          port: 80,
          intervalMs: 1_000,
          fastIntervalMs: 1_000,
          downIntervalMs: 1_000,
          timeoutMs: 200,
          rise: 2,
          fall: 3,
        },
      },
      backends: {
        a: { server: 0, check: "c", enabled: true },
        b: { server: 1, check: "c", enabled: true },
      },
      frontends: {
        f: {
          vip: 0,
          protocol: "tcp",
          port: 80,
          sticky: false,
          flushOnDown: true,
          drainDeadlineMs: 0,
          pools: [{ a: 100, b: 50 }],
        },
      },
    },
    actions,
  };
}

const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
const calm = history([{ do: "wait", ms: 3_000 }, { do: "check" }]);

Deno.test("a calm history goes well and says what happened", async () => {
  const { wrong, lines } = await runHistory(calm, { keepsLog: true });
  assert.deepEqual(wrong, []);
  const added = lines.filter((line) => line.includes("vpp-lbsync-as-add"));
  assert.equal(added.length, 2);
  assert.deepEqual((await runHistory(calm)).lines, []);
});

Deno.test("whatever VPP holds wrongly at rest is found", async () => {
  const rows = [
    [
      "192.0.2.1/32 6 80 has 10.0.0.1 at 99, not 100",
      (vpp: InMemoryVpp) => vpp.byHand.setWeight(vip, "10.0.0.1", 99),
    ],
    [
      "192.0.2.1/32 6 80 lacks 10.0.0.2",
      (vpp: InMemoryVpp) => vpp.byHand.deleteServer(vip, "10.0.0.2"),
    ],
    [
      "192.0.2.1/32 6 80 has 10.0.0.9 left over",
      (vpp: InMemoryVpp) => vpp.byHand.addServer(vip, "10.0.0.9"),
    ],
    ["192.0.2.1/32 6 80 is missing", (vpp: InMemoryVpp) => vpp.byHand.deleteVip(vip)],
    [
      "192.0.2.9/32 6 80 is left over",
      (vpp: InMemoryVpp) => vpp.byHand.addVip({ ...vip, prefix: "192.0.2.9/32", encap: "gre4" }),
    ],
  ] as const;
  for (const [want, change] of rows) {
    const { wrong } = await runHistory(calm, {
      meddle: (vpp, clock) => void clock.after(2_000, () => change(vpp)),
    });
    assert.ok(wrong.includes(want), `${want}: ${wrong.join("; ")}`);
  }
});

Deno.test("servers that all die at once keep their weights where the frontend fails open", async () => {
  const calm = history([
    { do: "wait", ms: 3_000 },
    { do: "server", server: 0, behaviour: "refuses" },
    { do: "wait", ms: 5_000 },
    { do: "server", server: 1, behaviour: "refuses" },
    { do: "wait", ms: 20_000 },
    { do: "restart", isKilled: false },
    { do: "wait", ms: 5_000 },
    { do: "check" },
    { do: "server", server: 0, behaviour: "well" },
    { do: "wait", ms: 5_000 },
    { do: "check" },
  ]);
  const { f, ...others } = calm.site.frontends;
  assert.ok(f);
  const frontends = { ...others, f: { ...f, failOpen: "all-down" as const } };
  const open = { ...calm, persists: true, site: { ...calm.site, frontends } };
  const { wrong, lines } = await runHistory(open, { keepsLog: true });
  assert.deepEqual(wrong, []);
  const told = lines.flatMap((line) =>
    line.match(/vpp-lbsync-as-weight .* (address=.*)$/)?.[1] ?? []
  );
  assert.deepEqual(told.slice(2), [
    "address=10.0.0.1 from=100 to=0 flush=true",
    "address=10.0.0.1 from=0 to=100 flush=false",
    "address=10.0.0.2 from=50 to=0 flush=true",
  ]);
});

Deno.test("a server that comes back gets its weight in steps where the frontend starts slowly", async () => {
  const calm = history([
    { do: "wait", ms: 3_000 },
    { do: "server", server: 0, behaviour: "refuses" },
    { do: "wait", ms: 5_000 },
    { do: "server", server: 0, behaviour: "well" },
    { do: "wait", ms: 20_000 },
    { do: "check" },
  ]);
  const { f, ...others } = calm.site.frontends;
  assert.ok(f);
  const frontends = { ...others, f: { ...f, slowStartMs: 9_000 } };
  const slow = { ...calm, site: { ...calm.site, frontends } };
  const { wrong, lines } = await runHistory(slow, { keepsLog: true });
  assert.deepEqual(wrong, []);
  const told = lines.flatMap((line) =>
    line.match(/vpp-lbsync-as-weight .* address=10\.0\.0\.1 .*to=([0-9]+ flush=.*)$/)?.[1] ?? []
  );
  const steps = Array.from({ length: 10 }, (_, i) => `${10 * (i + 1)} flush=false`);
  assert.deepEqual(told.slice(1), ["0 flush=true", ...steps]);
});

Deno.test("a server that flaps is kept down for longer each time", async () => {
  const bounce = [
    { do: "server", server: 0, behaviour: "refuses" },
    { do: "wait", ms: 5_000 },
    { do: "server", server: 0, behaviour: "well" },
    { do: "wait", ms: 4_000 },
  ] as const;
  const calm = history([
    { do: "wait", ms: 3_000 },
    ...Array.from({ length: 8 }, () => bounce).flat(),
    { do: "wait", ms: 90_000 },
    { do: "check" },
  ]);
  const { c, ...others } = calm.site.checks;
  assert.ok(c);
  const flap = { changes: 3, withinMs: 60_000, holdMs: 10_000, maxHoldMs: 20_000 };
  const held = { ...calm, site: { ...calm.site, checks: { ...others, c: { ...c, flap } } } };
  const { wrong, lines } = await runHistory(held, { keepsLog: true });
  assert.deepEqual(wrong, []);
  const told = lines.flatMap((line) => line.match(/flap-hold-begun .*down for (.*)$/)?.[1] ?? []);
  assert.deepEqual(told.slice(0, 2), ["10s", "20s"]);
});

Deno.test("a drained server loses its weight at once and its flows only at the deadline", async () => {
  const { wrong, lines } = await runHistory(
    history([
      { do: "wait", ms: 3_000 },
      { do: "drain", backend: "a", deadlineMs: 2_000 },
      { do: "wait", ms: 4_000 },
      { do: "operator", verb: "enable", backend: "a" },
      { do: "wait", ms: 1_000 },
      { do: "check" },
    ]),
    { keepsLog: true },
  );
  assert.deepEqual(wrong, []);
  const told = lines.map((line) =>
    line.match(/vpp-lbsync-as-weight .* address=10\.0\.0\.1 (from=.*)$/)?.[1]
  );
  assert.deepEqual(told.filter((each) => each !== undefined), [
    "from=0 to=100 flush=false",
    "from=100 to=0 flush=false",
    "from=0 to=0 flush=true",
    "from=0 to=100 flush=false",
  ]);
});

Deno.test("a server is drained once VPP's counters have stood still for a flow's lifetime", async () => {
  const { wrong, lines } = await runHistory(
    history([
      { do: "wait", ms: 3_000 },
      { do: "drain", backend: "a", deadlineMs: 0 },
      { do: "wait", ms: 60_000 },
      { do: "check" },
    ]),
    { keepsLog: true },
  );
  assert.deepEqual(wrong, []);
  const drains = lines.flatMap((line) => line.match(/^ *(\d+)\.\d+ info backend-drain (.*)/) ?? []);
  assert.match(drains[0] ?? "", /^ *3000\..* change=begun backend=a/);
  assert.match(drains[3] ?? "", /change=drained backend=a .*detail=no packets for 40s/);
  assert.ok(Number(drains[4]) >= 43_000 && Number(drains[4]) <= 55_000, `${drains[4]}`);
});

Deno.test("a reload that takes too much out of service is refused, and nothing becomes of it", async () => {
  const plain = history([
    { do: "wait", ms: 3_000 },
    { do: "reload", edits: [{ what: "drop-frontend", name: "f" }] },
    { do: "wait", ms: 1_000 },
    { do: "check" },
  ]);
  const withdrawn = async (maxRemovalsPercent: number) => {
    const site = { ...plain.site, maxRemovalsPercent };
    const { wrong, lines } = await runHistory({ ...plain, site }, { keepsLog: true });
    assert.deepEqual(wrong, []);
    return lines.some((line) => line.includes("vpp-lbsync-vip-del"));
  };
  assert.equal(await withdrawn(100), true);
  assert.equal(await withdrawn(99), false);
});

Deno.test("a server that was always well and is found down is found", async () => {
  let probes = 0;
  const { wrong } = await runHistory(history([{ do: "wait", ms: 9_000 }]), {
    probing: (start) => (target, done) =>
      start(target, (result) => {
        const isBroken = target.address.text === "10.0.0.1" && ++probes > 2 && probes < 6;
        done(isBroken ? { ...result, ok: false, code: "L4TOUT" } : result);
      }),
  });
  assert.equal(wrong[0], "a is down, but 10.0.0.1 has always been well");
});

Deno.test("a history that goes wrong is shortened to what it takes", async () => {
  const long = history([
    { do: "server", server: 1, behaviour: "refuses" },
    { do: "wait", ms: 3_000 },
    { do: "operator", verb: "pause", backend: "a" },
    { do: "wait", ms: 100 },
    { do: "operator", verb: "resume", backend: "a" },
    { do: "wait", ms: 2_000 },
    { do: "check" },
  ]);
  const meddle = (vpp: InMemoryVpp, clock: FakeClock) =>
    void clock.after(100, () => vpp.byHand.addServer(vip, "10.0.0.9"));
  const { actions } = await shortened(long, { meddle });
  assert.deepEqual(actions, [{ do: "check" }]);
});
