import { equal, match } from "node:assert/strict";
import { exitCodes } from "../../lib/daemon/flags.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";

/** In a user namespace of its own: there a network namespace can be entered, and not left again. */
const apart = ["-Urm", "sh", "-c"];
const makeOneWay = "mount -t tmpfs none /run || exit 77; ip netns add oneway 2>/dev/null;";

/** Whether this machine lets a test make one. */
function canMakeOneWay(): boolean {
  if (!havePrograms("unshare", "mount", "ip")) return false;
  const script = `${makeOneWay} test -e /run/netns/oneway`;
  const { success } = new Deno.Command("unshare", { args: [...apart, script] }).outputSync();
  return success;
}

Deno.test(
  needing(
    canMakeOneWay(),
    "unshare, mount, ip and user namespaces",
    "maglevd ends when it cannot leave the namespace that it probes from",
  ),
  async () => {
    await using bundles = await makeBundles();
    const folder = await Deno.makeTempDir({ prefix: "maglevd-" });
    const path = `${folder}/maglev.yaml`;
    const backends = [{ name: "web1", address: "127.0.0.1" }];
    await Deno.writeTextFile(path, testConfig({ port: 80, backends, netns: "oneway" }));
    const listening = ["--grpc-addr=127.0.0.1:0", "--metrics-addr=127.0.0.1:0"];
    const command = new Deno.Command("unshare", {
      args: [
        ...[...apart, `${makeOneWay} exec "$0" "$@"`, Deno.execPath(), "run", "-A", "--no-config"],
        ...[bundles.maglevd, `--config=${path}`, "--vpp-api-addr=", ...listening],
      ],
      signal: AbortSignal.timeout(60_000),
    });
    try {
      const { code, stdout } = await command.output();
      const log = new TextDecoder().decode(stdout);
      match(
        log,
        /"msg":"fatal","err":"cannot return from network namespace oneway to the daemon's/,
      );
      equal(code, exitCodes.fault);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
