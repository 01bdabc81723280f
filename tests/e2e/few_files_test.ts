import { deepEqual, equal } from "node:assert/strict";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { TestServers } from "./support/servers.ts";
import { until } from "../support/until.ts";

const addresses = Array.from({ length: 8 }, (_, i) => `127.0.0.${31 + i}`);

Deno.test("with 64 open files and 100 clients of the API no healthy backend fails", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(addresses);
  const backends = addresses.map((address, i) => ({ name: `web${i}`, address }));
  const config = testConfig({ port: servers.port, backends, fall: 1, timeout: "10s" });
  await using daemon = await Maglevd.startWithFew(64, bundles.maglevd, config);
  for (const { name: backend } of backends) {
    await daemon.log("backend-transition", { backend, to: "up" });
  }
  const [hostname = "", port = ""] = daemon.server.split(":");
  const clients = await Promise.all(
    Array.from({ length: 100 }, () => Deno.connect({ hostname, port: Number(port) })),
  );
  const before = servers.requests;
  await until(() => servers.requests - before > 10 * addresses.length, "probing goes on");
  equal((await daemon.call("ListBackends")).status, 200);
  for (const client of clients) client.close();
  const down = daemon.entries.filter(({ msg, to }) => msg === "backend-transition" && to !== "up");
  deepEqual(down, []);
});
