import { deepEqual, ok } from "node:assert/strict";
import { SimulatedVpp } from "../../lib/sim/mod.ts";
import { Random } from "../../lib/simulation/random.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { Site } from "./support/killed.ts";

/** How often maglevd is killed; `KILLS=200` is the long run. */
const kills = Number(Deno.env.get("KILLS") ?? 4);
/** `SEED=N` does the same again, as far as processes ever do. */
const seed = Number(Deno.env.get("SEED") ?? Date.now() % 1e9);

/** What says that something is wrong with what was kept. */
const complaints = ["state-trouble", "state-not-kept", "journal-gap"];

Deno.test(`killed at any moment maglevd keeps what it has answered (SEED=${seed})`, async () => {
  const random = new Random(seed);
  await using bundles = await makeBundles();
  await using site = new Site(random);
  const folder = await Deno.makeTempDir({ prefix: "maglev-e2e-killed-" });
  const [apiPath, statsPath] = [`${folder}/api.sock`, `${folder}/stats.sock`];
  const vpp = new SimulatedVpp({ apiPath, statsPath, clock: systemClock });
  vpp.start();
  const config = testConfig({ port: site.port, backends: site.backends, fall: 1 })
    .replaceAll("interval: 100ms", "interval: 20ms")
    .replace("lb: { ", "lb: { startup-min-delay: 0s, startup-max-delay: 0s, ");
  const start = () =>
    Maglevd.start(
      ...[bundles.maglevd, config, `--state-dir=${folder}/state`] as const,
      ...[`--vpp-api-addr=${apiPath}`, `--vpp-stats-addr=${statsPath}`],
    );
  try {
    for (let kill = 0; kill <= kills; kill++) {
      await using daemon = await start();
      const what = `start ${kill} of SEED=${seed}`;
      const restored = await daemon.log("state-restored");
      if (kill > 0) ok(Number(restored.backends) === site.backends.length, what);
      deepEqual(await site.lost(daemon), [], what);
      for (let i = 0, count = random.between(0, 12); i < count; i++) await site.act(daemon);
      await site.actWhileKilled(daemon);
      deepEqual(daemon.entries.filter(({ msg }) => complaints.includes(msg)), [], what);
    }
  } finally {
    await vpp.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
