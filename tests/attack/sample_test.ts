import { equal, ok } from "node:assert/strict";
import { textField } from "../../tools/attack/grpc.ts";
import { Caller } from "../../tools/attack/site/caller.ts";
import { certificateOf } from "../../tools/attack/site/certificates.ts";
import { attacks } from "../../tools/attack/table.ts";
import type { Attack, Target } from "../../tools/attack/types.ts";
import { within } from "../support/deadline.ts";
import { Prey } from "./support/prey.ts";
import { sampleArena } from "./support/sample.ts";

/** Another one with MAGLEV_ATTACK_SEED. */
const seed = Number(Deno.env.get("MAGLEV_ATTACK_SEED") ?? 20261121);

/** No sample takes so long, whatever else the machine does. */
const longestMs = 60_000;

/** A client that means well gets an answer. */
async function assertAnswers({ host, api }: Target, tls = false): Promise<void> {
  const certificate = tls ? certificateOf("nobody") : undefined;
  const caller = await Caller.connect({ host, port: api, certificate });
  try {
    await caller.call("GetBackend", textField(1, "b0"));
  } finally {
    caller.close();
  }
}

/** Lets a sample of one attack loose, and looks whether anything of it stays. */
async function assertHolds(maglevd: Prey, attack: Attack, seed: number): Promise<void> {
  const { target } = maglevd;
  const before = await maglevd.calm();
  const { arena, settled, stop, counts } = sampleArena(target, seed);
  const running = attack.run(arena);
  const name = `the end of ${attack.name}`;
  await within(longestMs, name, Promise.race([running, settled]));
  await assertAnswers(target, attack.tls);
  await maglevd.scrape();
  stop();
  await within(longestMs, name, running);
  ok(counts.size > 0, "the attackers have done something");
  const after = await maglevd.calm(before);
  maglevd.assertHealthy(before, after);
  maglevd.assertQuiet(before, after);
  equal(after.metrics.unhandled, before.metrics.unhandled, "errors that nobody expected");
}

Deno.test(`maglevd holds against a sample of each attack (seed ${seed})`, async (test) => {
  for (const tls of [false, true]) {
    await using maglevd = await Prey.start(tls);
    for (const [n, attack] of attacks.entries()) {
      if (tls !== (attack.tls ?? false)) continue;
      await test.step(attack.name, () => assertHolds(maglevd, attack, seed + n));
    }
    console.log(`after all of them: ${maglevd.megabytes} MB resident`);
  }
});
