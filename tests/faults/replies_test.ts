import assert from "node:assert/strict";
import type { Fault } from "../../lib/sim/mod.ts";
import { Bench } from "./support/bench.ts";

const faults: readonly Fault[] = [
  { kind: "silence" },
  { kind: "late", ms: 2_000 },
  { kind: "late", ms: 45_000 },
  { kind: "duplicate" },
  { kind: "reorder" },
  { kind: "retval", retval: -1 },
  { kind: "wrong-context" },
  { kind: "garbage" },
  { kind: "truncated", bytes: 6 },
  { kind: "truncated", bytes: 0 },
  { kind: "wrong-length", length: 3 },
  { kind: "wrong-length", length: 0xffff_ffff },
  { kind: "hang" },
];

/** Messages whose replies have no return value to spoil. */
const withoutRetval = ["sockclnt_create", "sockclnt_delete", "lb_vip_dump", "lb_as_v2_dump"];

for (const fault of faults) {
  const detail = Object.entries(fault).map(([key, value]) => key === "kind" ? value : `${value}`);
  Deno.test(`each reply of a sync in turn meets "${detail.join(" ")}", and VPP comes to be in step`, async () => {
    await using bench = new Bench();
    await bench.begin();
    const total = bench.vpp.journal.requests().length;
    for (let sequence = 1; sequence <= total; sequence++) {
      bench.vpp.kill();
      const when = (request: { sequence: number; name: string }) =>
        request.sequence === sequence &&
        !(fault.kind === "retval" && withoutRetval.includes(request.name));
      const end = bench.vpp.misbehave({ when, times: 1, fault });
      bench.vpp.start();
      if (fault.kind === "hang") {
        await bench.pass(12_000);
        bench.vpp.resume();
      }
      await bench.inStep();
      end();
    }
  });
}

Deno.test("every tenth reply is lost, doubled, late or swapped for half an hour, then all is well", async () => {
  await using bench = new Bench();
  await bench.begin();
  const bad: readonly Fault[] = [
    { kind: "silence" },
    { kind: "duplicate" },
    { kind: "late", ms: 700 },
    { kind: "reorder" },
  ];
  let count = 0;
  for (const [i, fault] of bad.entries()) {
    bench.vpp.misbehave({ when: () => ++count % 40 === 10 * i, fault });
  }
  for (let minute = 0; minute < 30; minute++) {
    bench.health("a", minute % 2 === 0);
    bench.health("d", minute % 3 === 0);
    await bench.pass(60_000);
  }
  bench.vpp.behave();
  await bench.inStep();
  assert.ok(count > 100);
});
