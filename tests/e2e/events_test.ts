import { deepEqual, equal, match } from "node:assert/strict";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import type { TestBackend } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { must } from "./support/process.ts";
import { TestServers } from "./support/servers.ts";

const backends: readonly TestBackend[] = [
  { name: "off", address: "127.0.0.71" },
  { name: "two", address: "127.0.0.72" },
  { name: "three", address: "127.0.0.73" },
];

interface Listed {
  readonly backend?: { readonly backendName: string; readonly transition: Transition };
  readonly frontend?: { readonly transition: Transition };
  readonly reload?: { readonly result: string; readonly reason?: string };
  readonly actor?: { readonly name: string; readonly from?: string };
}

interface Transition {
  readonly from: string;
  readonly to: string;
}

async function listed(daemon: Maglevd, request: object = {}): Promise<readonly Listed[]> {
  const { status, body } = await daemon.call("ListEvents", { oldestFirst: true, ...request });
  equal(status, 200);
  return (body as { events?: Listed[] }).events ?? [];
}

Deno.test("the stream of events is quiet at the start, also with a backend that is disabled", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(backends.map(({ address }) => address));
  const config = testConfig({ port: servers.port, backends })
    .replace(
      /(off: \{ [^}]*) \}/,
      "$1, enabled: false }",
    );
  match(config, /off: .*enabled: false/);
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  for (const backend of ["two", "three"]) {
    await daemon.log("backend-transition", { backend, to: "up" });
  }
  const events = await listed(daemon);
  const arrow = ({ from, to }: Transition) => `${from}>${to}`;
  deepEqual(
    events.flatMap(({ backend }) =>
      backend ? `${backend.backendName} ${arrow(backend.transition)}` : []
    ).sort(),
    ["three unknown>up", "two unknown>up"],
  );
  deepEqual(events.flatMap(({ frontend }) => frontend ? arrow(frontend.transition) : []), [
    "unknown>up",
  ]);
});

Deno.test("what asked for a reload is told, whether it was applied or not", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(backends.map(({ address }) => address));
  const config = testConfig({ port: servers.port, backends });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  await Deno.writeTextFile(daemon.configPath, `${config}\n  oops: [`);
  daemon.kill("SIGHUP");
  await daemon.log("config-check-failed", { actor: "signal", "actor-from": "SIGHUP" });
  await Deno.writeTextFile(daemon.configPath, config.replace("fall: 3", "fall: 4"));
  equal((await daemon.call("ReloadConfig")).status, 200);
  const [rejected, applied] = await listed(daemon, { kinds: ["reload"] });
  match(rejected?.reload?.reason ?? "", /maglev\.yaml:\d+:\d+: /);
  deepEqual(rejected?.actor, { name: "signal", from: "SIGHUP" });
  equal(applied?.reload?.result, "applied");
  equal(applied?.actor?.name, "operator");
  const what = { method: "ReloadConfig", role: "admin", target: "configuration" };
  const bySignal = { name: "signal", peer: "SIGHUP", result: "FailedPrecondition" };
  match(
    String((await daemon.log("audit", { ...what, ...bySignal })).err),
    /maglev\.yaml:\d+:\d+: /,
  );
  await daemon.log("audit", { ...what, name: "operator", peer: "127.0.0.1", result: "OK" });
  for (const result of ["FailedPrecondition", "OK"]) {
    const series = `maglev_audit_total{method="ReloadConfig",result="${result}"}`;
    equal(await daemon.metric(series), 1, result);
  }
  const maglevc = [Deno.execPath(), "run", "-A", "--no-config", bundles.maglevc] as const;
  const shown = await must(
    ...maglevc,
    ...["--server", daemon.server, "show", "events", "kind", "reload", "last", "1h"],
  );
  match(shown, /reload +rejected \(parse\): .*by signal from SIGHUP\n.* reload +applied: .*fall 3/);
});
