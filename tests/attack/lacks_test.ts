import { deepEqual, equal, ok } from "node:assert/strict";
import { type Befallen, Watch } from "../../tools/attack/lacks/befallen.ts";
import { faults as scarceFaults, startScarce } from "../../tools/attack/lacks/descriptors.ts";
import { faults as starvedFaults } from "../../tools/attack/lacks/starved.ts";
import { type Site, startSite } from "../../tools/attack/site/site.ts";
import { needingNamespaces } from "../net/support/namespaces.ts";

/** Of probes, longer than any machine stands still. */
const timeout = "10s";

/** Milliseconds for anything, whatever else the machine does. */
const longestMs = 60_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What has befallen the servers by the time each of them was probed so often. */
async function probed(watch: Watch, site: Site, times: number): Promise<Befallen> {
  const end = performance.now() + longestMs;
  for (;;) {
    const seen = await watch.seen();
    if (seen.fewest >= times) return seen;
    ok(performance.now() < end, `probed ${seen.fewest} times: ${site.daemon.tail.slice(-3)}`);
    await pause(200);
  }
}

Deno.test({
  ...needingNamespaces(
    "with 64 descriptors 60 backends that swallow everything leave 20 that answer theirs",
    "prlimit",
  ),
  fn: async () => {
    await using parts = new AsyncDisposableStack();
    const site = await startScarce(parts, { files: 64, well: 20, holes: 60 }, timeout);
    const end = performance.now() + longestMs;
    // Those that swallow everything are held to their share once they have not answered. Some of the
    // others are given up where the machine stands still; without that share nearly all are.
    for (;;) {
      const watch = await Watch.begin(site);
      const { failed, takenOut, lacks, probes, servers } = await probed(watch, site, 5);
      deepEqual({ failed, takenOut, servers }, { failed: 0, takenOut: 0, servers: 20 });
      if (lacks < probes / 2) return;
      ok(performance.now() < end, `${lacks} of ${probes} probes could not be made`);
    }
  },
});

Deno.test("a maglevd that gets no CPU again and again judges nobody falsely", async () => {
  await using parts = new AsyncDisposableStack();
  const site = await startSite(parts, { backends: 20, idle: 0, timeout });
  const watch = await Watch.begin(site);
  for (let round = 0; round < 20; round++) {
    site.daemon.kill("SIGSTOP");
    await pause(150);
    site.daemon.kill("SIGCONT");
    await pause(30);
  }
  const seen = await probed(watch, site, 3);
  deepEqual(starvedFaults(seen), []);
  ok(seen.late > 0, "probes were late");
  equal(seen.servers, 20);
});

const well: Befallen = {
  ...{ servers: 20, probes: 300, fewest: 9, failed: 0, lacks: 0, takenOut: 0 },
  ...{ late: 320, ended: 300, gapMs: 250, descriptors: 40 },
};

Deno.test("whatever befalls servers for a lack of maglevd's own is told", () => {
  deepEqual([...scarceFaults(well), ...starvedFaults(well)], []);
  const broken = { ...well, failed: 2, lacks: 3, takenOut: 1, late: 321, gapMs: 251 };
  deepEqual(scarceFaults(broken), [
    "1 times a server that is well was taken out",
    "2 probes of servers that are well failed",
    "3 probes of servers that are well could not be made",
    "one was not probed for 251 ms",
  ]);
  deepEqual(starvedFaults(broken), [
    "1 times a server that is well was taken out",
    "2 probes of servers that are well failed",
    "321 probes were late, of 300 that were made",
  ]);
});
