/**
 * Backends that swallow everything beside some that answer, and few descriptors for all of them:
 * `deno run -A tools/attack/lacks/descriptors.ts [SEED] [SECONDS] [PRIORITY]`. Needs root, for a
 * namespace. Exit codes: 0 the others were probed on time and rightly, 1 they were not, 2 it could not
 * be tried.
 *
 * @module
 */

import { reasonOf } from "../../../lib/log/mod.ts";
import { Namespace } from "../../../tests/net/support/namespaces.ts";
import { fullSize, holesNetwork } from "../site/config.ts";
import { lift } from "../site/priority.ts";
import { type Site, startSite } from "../site/site.ts";
import { type Befallen, Watch } from "./befallen.ts";

/** How much there is: descriptors, servers that answer, and backends that swallow everything. */
export interface Scarcity {
  readonly files: number;
  readonly well: number;
  readonly holes: number;
}

/** What is tried. */
const scarcities: readonly Scarcity[] = [
  { files: 64, well: 20, holes: 60 },
  { files: 1_024, well: 100, holes: 1_500 },
];

/** Until nobody takes those that swallow everything for backends that may answer. */
const settleMs = 5_000;

const limits = { gapMs: 250 };

/** A maglevd with so little, and servers that are in service all the same. */
export async function startScarce(
  parts: AsyncDisposableStack,
  { files, well, holes }: Scarcity,
  timeout = fullSize.timeout,
): Promise<Site> {
  const namespace = parts.use(await Namespace.create());
  // What is routed there and is nobody's address is silently dropped.
  await namespace.ip("route", "add", holesNetwork, "dev", "lo");
  const size = { backends: well, idle: 0, holes, timeout, netns: namespace.name };
  return await startSite(parts, size, ["prlimit", `--nofile=${files}:${files}`]);
}

/** What is wrong with what was seen, a sentence each. Pure. */
export function faults({ failed, lacks, takenOut, gapMs }: Befallen): string[] {
  const found: string[] = [];
  if (takenOut > 0) found.push(`${takenOut} times a server that is well was taken out`);
  if (failed > 0) found.push(`${failed} probes of servers that are well failed`);
  if (lacks > 0) found.push(`${lacks} probes of servers that are well could not be made`);
  if (gapMs > limits.gapMs) found.push(`one was not probed for ${Math.ceil(gapMs)} ms`);
  return found;
}

/** Tries one for so long; resolves to whether maglevd held. */
async function tryOne(scarcity: Scarcity, seconds: number): Promise<boolean> {
  await using parts = new AsyncDisposableStack();
  const site = await startScarce(parts, scarcity);
  await pause(settleMs);
  const watch = await Watch.begin(site);
  await pause(1_000 * seconds);
  const seen = await watch.seen();
  const { files, well, holes } = scarcity;
  console.log(
    `${files} descriptors, ${well} servers, ${holes} that swallow everything: ${seen.probes} probes ` +
      `of the servers, ${seen.failed} failed, ${seen.lacks} not made, ${seen.takenOut} taken out; ` +
      `gap ${seen.gapMs.toFixed(0)} ms, ${seen.descriptors} descriptors open`,
  );
  const wrong = faults(seen);
  for (const fault of wrong) console.log(`  ${fault}`);
  return wrong.length === 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function main([, seconds = "60", priority = "0"]: string[]): Promise<number> {
  if (Number(priority) > 0) lift(Number(priority));
  console.log(`load average ${Deno.loadavg().map((each) => each.toFixed(1)).join(" ")}`);
  try {
    let held = true;
    for (const scarcity of scarcities) held = await tryOne(scarcity, Number(seconds)) && held;
    console.log(held ? "\nmaglevd held" : "\nmaglevd did not hold");
    return held ? 0 : 1;
  } catch (error) {
    console.error(reasonOf(error));
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
