import { deepEqual, equal, ok } from "node:assert/strict";
import { run } from "../e2e/support/process.ts";
import { readPage, root } from "./support/pages.ts";
import { startSite } from "./support/site.ts";
import { runtimeLocked } from "../../tools/programs.ts";

const names = [...Deno.readDirSync(`${root}docs/examples`)].map(({ name }) => name).sort();

Deno.test("there is an example for each thing that operators ask about", () => {
  const topics = ["dual-stack", "https-sni", "icmp", "minimal", "netns", "two-sites"];
  deepEqual(names, topics.map((topic) => `${topic}.yaml`));
});

for (const name of names) {
  Deno.test(`maglevd --check accepts the example ${name}`, async () => {
    const { code, stdout, stderr } = await run(
      ...[Deno.execPath(), "run", "-A", ...runtimeLocked, `${root}main.ts`] as const,
      ...["--check", `--config=${root}docs/examples/${name}`],
    );
    equal(code, 0, stderr);
    ok(stdout.includes(": valid: "), stdout);
  });
}

Deno.test("the example with two sites fails over when one site is gone, as it says", async () => {
  await using site = await startSite({
    config: await readPage("docs/examples/two-sites.yaml"),
    vpp: false,
  });
  await site.settled();
  const weights = async () =>
    weightsOf((await site.run("maglevc --json show frontends www")).output);
  deepEqual(await weights(), [100, 100, 0, 0, 0]);
  const before = site.daemon.entries.length;
  await Promise.all([site.kill(31), site.kill(32)]);
  await site.daemon.log("frontend-failover", { from: "amsterdam", to: "zurich" }, before);
  deepEqual(await weights(), [0, 0, 100, 50, 0]);
});

/** The effective weights in the order of the file; protobuf's JSON leaves zeros out. */
function weightsOf(json: string): number[] {
  const { pools }: { pools: { backends: { effectiveWeight?: number }[] }[] } = JSON.parse(json);
  return pools.flatMap(({ backends }) =>
    backends.map(({ effectiveWeight = 0 }) => effectiveWeight)
  );
}
