import assert from "node:assert/strict";
import { needing } from "../support/programs.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";

const backends = [{ name: "one", address: "127.0.0.52" }];

/** An address of this machine that is no loopback address: who calls it comes from elsewhere. */
const elsewhere = Deno.networkInterfaces()
  .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;

async function ask(daemon: Maglevd, host: string, method: string): Promise<number> {
  const { port } = new URL(`http://${daemon.server}`);
  const response = await fetch(`http://${host}:${port}/maglev.Maglev/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"one"}',
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test({
  ...needing(elsewhere !== undefined, "an address", "others may read, and change with --open"),
  async fn() {
    assert.ok(elsewhere);
    await using bundles = await makeBundles();
    const config = testConfig({ port: 1, backends });
    for (const isOpen of [false, true]) {
      const flags = ["--grpc-addr=:0", ...isOpen ? ["--open"] : []];
      await using daemon = await Maglevd.start(bundles.maglevd, config, ...flags);
      assert.equal(await ask(daemon, elsewhere, "GetBackend"), 200);
      assert.equal(await ask(daemon, elsewhere, "PauseBackend"), isOpen ? 200 : 403);
      assert.equal(await ask(daemon, "127.0.0.1", "DisableBackend"), 200);
      await daemon.log("operator-action", { action: "disable", "actor-from": "127.0.0.1" });
      if (isOpen) {
        const { level, addr } = await daemon.log("grpc-listen-open");
        assert.deepEqual([level, addr], ["WARN", ":0"]);
        await daemon.log("operator-action", { action: "pause", "actor-from": elsewhere });
      } else {
        const names = daemon.entries.map(({ msg }) => msg);
        assert.ok(!names.includes("grpc-listen-open"));
      }
    }
  },
});
