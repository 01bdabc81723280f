import { deepEqual } from "node:assert/strict";
import { locked } from "../../tools/programs.ts";
import { testConfig } from "../e2e/support/configs.ts";
import { Lines } from "../e2e/support/process.ts";
import { within } from "../support/deadline.ts";
import { havePrograms, needing } from "../support/programs.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;
const config = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.65" }] });

Deno.test(
  needing(
    havePrograms("setpriv") && Deno.uid() === 0,
    "setpriv and root",
    "who lacks a capability is warned at the start, and of what a reload asks for besides",
  ),
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "maglev-capable-" });
    const path = `${folder}/maglev.yaml`;
    await Deno.writeTextFile(path, config.replace('netns: ""', 'netns: "dp"'));
    await using child = new Deno.Command("setpriv", {
      args: [
        ...["--bounding-set=-all", "--inh-caps=-all", Deno.execPath(), "run", "-A", "--no-check"],
        ...[...locked, main, `--config=${path}`, "--grpc-addr=127.0.0.1:0"],
        ...["--metrics-addr=", "--vpp-api-addr="],
      ],
      env: { DENO_TLS_CA_STORE: "system" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const lines = new Lines(child.stdout);
    await lines.find("start", (line) => line.includes('"api-listening"'));
    // Probes as pings need another one, which the namespace does not spare.
    const ping = config.replace('netns: ""', 'netns: "dp"')
      .replace("healthchecks:", "healthchecks:\n    ping: { type: icmp }")
      .replace("healthcheck: web", "healthcheck: ping");
    await Deno.writeTextFile(path, ping);
    child.kill("SIGHUP");
    await lines.find("reload", (line) => line.includes('"config-reload-done"'));
    child.kill("SIGTERM");
    await within(20_000, "the end", child.status);
    await lines.ended;
    const missing = lines.seen.map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === "capability-missing").map(({ capability }) => capability);
    deepEqual(missing, ["CAP_SYS_ADMIN", "CAP_NET_RAW", "CAP_SYS_ADMIN"]);
    await Deno.remove(folder, { recursive: true });
  },
);
