import assert from "node:assert/strict";
import type { Fault } from "../../lib/sim/mod.ts";
import { Bench } from "./support/bench.ts";

/** How many requests maglevd sends from connecting to being in step with an empty VPP. */
async function requestsOfOneSync(bench: Bench): Promise<number> {
  await bench.begin();
  return bench.vpp.journal.requests().length;
}

/** Restarts VPP with a death sentence at its `sequence`th request, until maglevd is through. */
async function dieAt(bench: Bench, sequence: number, fault: Fault): Promise<void> {
  let died = false;
  const { vpp } = bench;
  vpp.kill();
  vpp.misbehave({ when: (request) => request.sequence === sequence, times: 1, fault });
  const unsubscribe = vpp.journal.subscribe((event) => void (died ||= event.kind === "died"));
  vpp.start();
  try {
    await bench.until(`VPP died at request ${sequence}`, () => died);
  } finally {
    unsubscribe();
  }
  vpp.start();
  await bench.inStep();
}

for (const when of ["before", "after", 25] as const) {
  const how = typeof when === "number" ? `${when} bytes into the reply to` : when;
  Deno.test(`VPP dies ${how} each message of a sync in turn, and is in step again each time`, async () => {
    await using bench = new Bench();
    const total = await requestsOfOneSync(bench);
    assert.ok(total >= 15, `${total} requests`);
    for (let sequence = 1; sequence <= total; sequence++) {
      await dieAt(bench, sequence, { kind: "die", when });
    }
  });
}

Deno.test("VPP dies again and again, one message later each time, and is in step in the end", async () => {
  await using bench = new Bench();
  const total = await requestsOfOneSync(bench);
  let sequence = 0;
  bench.vpp.misbehave({
    when: (request) => request.sequence === sequence,
    fault: { kind: "die", when: "after" },
  });
  while (++sequence <= total) {
    bench.vpp.restart();
    await bench.until(`VPP died at request ${sequence}`, () => !bench.vpp.running);
  }
  bench.vpp.start();
  await bench.inStep();
});
