import { deepEqual, equal, match, ok } from "node:assert/strict";
import { sections } from "../../lib/metrics/mod.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { must, run } from "./support/process.ts";
import { TestServers } from "./support/servers.ts";

const backends = [
  { name: "one", address: "127.0.0.41" },
  { name: "two", address: "127.0.0.42" },
];

Deno.test(
  needing(havePrograms("curl"), "curl", "curl lists backends with JSON, pauses one, and sees it"),
  async () => {
    await using bundles = await makeBundles();
    await using servers = new TestServers(backends.map(({ address }) => address));
    const config = testConfig({ port: servers.port, backends });
    await using daemon = await Maglevd.start(bundles.maglevd, config);
    await daemon.log("backend-transition", { backend: "two", to: "up" });
    const call = async (method: string, request: string) => {
      const url = `http://${daemon.server}/maglev.Maglev/${method}`;
      const header = "content-type: application/json";
      return JSON.parse(await must("curl", "-s", "-H", header, url, "-d", request));
    };
    deepEqual(await call("ListBackends", "{}"), { backendNames: ["one", "two"] });
    equal((await call("PauseBackend", '{"name": "two"}')).state, "paused");
    await daemon.log("backend-transition", { backend: "two", from: "up", to: "paused" });
    equal((await call("GetBackend", '{"name": "two"}')).transitions[0].to, "paused");
    deepEqual(await call("PauseBackend", '{"name": "three"}'), {
      code: "failed_precondition",
      message: 'cannot pause backend "three": no such backend',
    });
  },
);

Deno.test("with VPP off its calls say so, and everything else works", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(backends.map(({ address }) => address));
  const config = testConfig({ port: servers.port, backends });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  for (const method of ["GetVPPInfo", "GetVPPLBState", "SyncVPPLBState", "GetVPPLBCounters"]) {
    const { status, body } = await daemon.call(method);
    equal(status, 503, method);
    deepEqual(body, { code: "unavailable", message: "VPP integration is disabled" });
  }
  const shown = await run(
    ...[Deno.execPath(), "run", "-A", "--no-config", bundles.maglevc] as const,
    ...["--server", daemon.server, "show", "vpp", "info"],
  );
  equal(shown.code, 1);
  equal(shown.stdout, "");
  match(shown.stderr, /VPP integration is disabled/);
});

Deno.test("a live scrape has exactly the documented families", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(backends.map(({ address }) => address));
  const config = testConfig({ port: servers.port, backends });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  const text = await (await fetch(daemon.metricsUrl)).text();
  const scraped = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) =>
    `${name} ${type}`
  );
  const documented = sections.flatMap(({ families }) => families)
    .map(({ name, type }) => `${name} ${type}`);
  deepEqual(scraped, documented);
  const methods = new Set([...text.matchAll(/grpc_method="([^"]+)",grpc_service="maglev\.Maglev"/g)]
    .map(([, method]) => method));
  equal(methods.size, 23);
  await daemon.call("ListBackends");
  const handled = 'grpc_server_handled_total{grpc_method="ListBackends",' +
    'grpc_service="maglev.Maglev",grpc_type="unary",grpc_code="OK"}';
  ok((await daemon.metric(handled) ?? 0) >= 1);
});
