/**
 * Eight busy loops above maglevd on one CPU: `deno run -A tools/attack/lacks/starved.ts [SEED] [SECONDS]
 * [PRIORITY]`. Exit codes: 0 no server was judged falsely, and it was said; 1 it was not so, 2 it could
 * not be tried.
 *
 * @module
 */

import { reasonOf } from "../../../lib/log/mod.ts";
import { Peer } from "../../../bench/rpc/processes.ts";
import { fullSize } from "../site/config.ts";
import { lift } from "../site/priority.ts";
import { type Site, startSite } from "../site/site.ts";
import { type Befallen, Watch } from "./befallen.ts";

/** Programs that never rest. */
const loops = 8;

/** By how much they are above maglevd, as nice(1) counts: it is left a hundredth of their time. */
const aboveBy = 10;

/** Until it is told that probes are late, in milliseconds: a period, and what is left of another. */
const sayMs = 20_000;

/** Starts loops on the CPU that this process has to itself with maglevd. */
function keepBusy(parts: AsyncDisposableStack): void {
  for (let n = 0; n < loops; n++) {
    parts.use(new Peer("taskset", ["-c", "0", "sh", "-c", "while :; do :; done"]));
  }
}

/** What is wrong with what was seen, a sentence each. Pure. */
export function faults({ failed, takenOut, late, ended, servers }: Befallen): string[] {
  const found: string[] = [];
  if (takenOut > 0) found.push(`${takenOut} times a server that is well was taken out`);
  if (failed > 0) found.push(`${failed} probes of servers that are well failed`);
  // Those that have started and have not ended may be late as well.
  if (late > ended + servers) found.push(`${late} probes were late, of ${ended} that were made`);
  return found;
}

async function main([, seconds = "60", priority = "0"]: string[]): Promise<number> {
  if (Number(priority) > 0) lift(Number(priority));
  console.log(`load average ${Deno.loadavg().map((each) => each.toFixed(1)).join(" ")}`);
  try {
    await using parts = new AsyncDisposableStack();
    const behind = ["nice", "-n", `${aboveBy}`, "taskset", "-c", "0"];
    const site = await startSite(parts, fullSize, behind);
    const watch = await Watch.begin(site);
    const isSaid = said(site, 1_000 * Number(seconds) + sayMs);
    await using busy = new AsyncDisposableStack();
    keepBusy(busy);
    await pause(1_000 * Number(seconds));
    const wasSaid = await isSaid;
    await busy.disposeAsync();
    const seen = await watch.seen();
    console.log(
      `${loops} busy loops above maglevd: ${seen.ended} probes, ${seen.late} late, ${seen.failed} ` +
        `failed, ${seen.lacks} given up by maglevd itself, ${seen.takenOut} servers taken out; gap ` +
        `${seen.gapMs.toFixed(0)} ms`,
    );
    const wrong = faults(seen);
    if (!wasSaid && seen.late > seen.ended / 2) wrong.push("that probes are late was not said");
    for (const fault of wrong) console.log(`  ${fault}`);
    console.log(wrong.length === 0 ? "\nmaglevd held" : "\nmaglevd did not hold");
    return wrong.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(reasonOf(error));
    return 2;
  }
}

/** Whether it says within so many milliseconds that probes are late. */
function said({ daemon }: Site, ms: number): Promise<boolean> {
  return Promise.race([daemon.said("probes-late").then(() => true), pause(ms).then(() => false)]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
