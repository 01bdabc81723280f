import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { testConfig } from "../e2e/support/configs.ts";
import { TestServers } from "../e2e/support/servers.ts";
import { mayLeaveDescriptors } from "../support/leaks.ts";
import { until } from "../support/until.ts";
import { type Entry, type InProcess, Site } from "./support/site.ts";

const backends = [{ name: "one", address: "127.0.0.61" }];
const running = "READY=1\nSTATUS=1 frontend, 1 backend, 2 health checks";

/** The first server of the first VIP, as VPP has it. */
const server = ({ vpp }: Site) => vpp.state()[0]?.servers[0];

/** All events that are kept, the oldest first. */
async function eventsOf(daemon: InProcess): Promise<Entry[]> {
  const { events } = await daemon.must("ListEvents", { oldestFirst: true, limit: 1000 });
  return events as Entry[];
}

/** Waits until VPP has the server with its weight. */
async function programmed(site: Site, daemon: InProcess): Promise<void> {
  await daemon.log("vpp-connect");
  await daemon.log("backend-transition", { backend: "one", to: "up", code: "L7OK" });
  site.clock.advance(5_000);
  await until(() => server(site)?.weight === 100, "the server in VPP");
}

Deno.test("what compressing takes is loaded before anybody can ask for it", async () => {
  await using site = new Site(testConfig({ port: 1, backends }));
  const { CompressionStream } = globalThis;
  let made = 0;
  globalThis.CompressionStream = new Proxy(CompressionStream, {
    construct(target, args) {
      made++;
      return Reflect.construct(target, args);
    },
  });
  try {
    await using _daemon = await site.start();
    equal(made, 1);
  } finally {
    globalThis.CompressionStream = CompressionStream;
  }
});

Deno.test("a daemon probes, has VPP forward, tells of it everywhere and leaves VPP as it is", async () => {
  await using servers = new TestServers(["127.0.0.61"]);
  await using site = new Site(testConfig({ port: servers.port, backends }));
  const { clock } = site;
  const flags = site.withVpp();
  const before = clock.pending;
  {
    await using daemon = await site.start(...flags);
    equal(daemon.named("state-memory-only").length, 1);
    deepEqual(daemon.named("state-restored"), []);
    await programmed(site, daemon);
    deepEqual(daemon.told, [running]);
    await site.pass(10_000);
    equal(daemon.told.at(-1), "WATCHDOG=1");

    const series = await daemon.metrics();
    const up = 'maglev_frontend_state{frontend="www",address="192.0.2.1",protocol="tcp",port="80"';
    equal(series.get(`${up},state="up"}`), 1);
    equal(series.get("maglev_vpp_connected"), 1);
    equal(series.get("maglev_config_last_reload_successful"), 1);
    equal(series.get("maglev_log_dropped_total"), 0);
    ok((series.get("maglev_probes_delayed_total") ?? -1) >= 0);
    ok([...series.keys()].some((name) => name.startsWith("maglev_budget_limit{")));
    const kinds = [...series.keys()].filter((name) => name.startsWith("maglev_tls_certificate"));
    deepEqual(kinds, []);

    const status = await daemon.must("GetStatus");
    deepEqual([status.vpp, status.configPath, status.role], ["connected", site.path, "admin"]);
    equal(status.configFileChanged, undefined);
    match(JSON.stringify(status.state), /^\{\}$/);
    const probed = await daemon.metrics();
    equal(
      probed.get(
        'grpc_server_handled_total{grpc_method="GetStatus",grpc_service="maglev.Maglev",grpc_type="unary",grpc_code="OK"}',
      ),
      1,
    );
  }
  equal(clock.pending, before);
  equal(server(site)?.weight, 100);
});

Deno.test("an error that nobody expected is counted", async () => {
  await using site = new Site(testConfig({ port: 1, backends }));
  await using daemon = await site.start();
  daemon.daemon.strayError();
  const series = await daemon.metrics();
  equal(series.get("maglev_unhandled_errors_total"), 1);
  equal(series.has("maglev_vpp_connected"), false);
  equal((await daemon.must("GetStatus")).vpp, "off");
});

Deno.test("what operators said, health and events outlive a restart, and no flush comes twice", async () => {
  await using servers = new TestServers(["127.0.0.61"]);
  await using site = new Site(testConfig({ port: servers.port, backends }));
  const flags = [...site.withVpp(), `--state-dir=${site.folder}/state`];
  let told: Entry[];
  {
    await using daemon = await site.start(...flags);
    const [restored] = daemon.named("state-restored");
    deepEqual([restored?.health, restored?.events], ["none", 0]);
    equal(restored?.["age-ms"], undefined);
    await programmed(site, daemon);
    const weight = { frontend: "www", pool: "primary", backend: "one", weight: 40 };
    await daemon.must("SetFrontendPoolBackendWeight", weight);
    await until(() => server(site)?.weight === 40, "the weight in VPP");
    const { state } = await daemon.must("GetStatus");
    equal((state as Entry).directory, `${site.folder}/state`);
    told = await eventsOf(daemon);
    ok(told.length > 3);
  }
  site.clock.advance(1_000);
  {
    await using daemon = await site.start(...flags);
    const [restored] = daemon.named("state-restored");
    deepEqual([restored?.health, restored?.weights, restored?.backends], ["counts", 1, 1]);
    const age = Number(restored?.["age-ms"]);
    ok(age >= 1_000 && age < 60_000, `${age} ms`);
    ok(Number(restored?.events) >= told.length);
    // Nothing is found out anew of who was up.
    equal((await daemon.must("GetBackend", { name: "one" })).state, "up");
    await daemon.must("DisableBackend", { name: "one" });
    const events = await eventsOf(daemon);
    deepEqual(events.slice(0, told.length), told);
    ok(events.length > told.length);
    const numbers = events.map(({ seq }) => Number(seq));
    deepEqual(numbers, numbers.toSorted((a, b) => a - b));
    equal(new Set(numbers).size, numbers.length);
    await daemon.log("vpp-connect");
    await site.pass(30_000);
    await until(() => server(site)?.weight === 0, "the server out of service");
    site.clock.advance(1_000);
  }
  {
    await using daemon = await site.start(...flags);
    await daemon.log("vpp-connect");
    const sent = site.vpp.journal.entries.length;
    await site.pass(31_000);
    await daemon.log("vpp-lbsync-done");
    const again = site.vpp.journal.entries.slice(sent).map((entry) => JSON.stringify(entry));
    deepEqual(again.filter((entry) => entry.includes("lb_as_set_weight")), []);
  }
  site.clock.advance(600_000);
  await using daemon = await site.start(...flags);
  equal(daemon.named("state-restored")[0]?.health, "too old to count");
  equal((await daemon.must("GetBackend", { name: "one" })).state, "disabled");
});

Deno.test("a reload is told to the service manager, the audit, metrics and VPP", async () => {
  await using servers = new TestServers(["127.0.0.61"]);
  const text = testConfig({ port: servers.port, backends });
  await using site = new Site(text);
  await using daemon = await site.start(...site.withVpp());
  await programmed(site, daemon);
  const hangup = { name: "signal", from: "SIGHUP" };
  const [told, loaded] = [daemon.told.length, await daemon.metrics()];

  site.write(text.replace("one: {}", "one: { weight: 30 }"));
  equal((await daemon.must("GetStatus")).configFileChanged, true);
  const { vpp: forecast } = await daemon.must("ReloadConfig", { dryRun: true });
  match(JSON.stringify(forecast), /"total":1\b/);
  site.clock.advance(1_000);
  const { config: outcome, ...rejected } = await daemon.daemon.reload(hangup);
  ok(outcome.kind === "ok" && outcome.vpp);
  deepEqual(rejected, { authRejected: "", tlsRejected: "" });
  await until(() => server(site)?.weight === 30, "the new weight in VPP");
  deepEqual(daemon.told.slice(told), ["RELOADING=1", running]);
  const [audit] = daemon.named("audit").slice(-1);
  deepEqual(
    [audit?.name, audit?.peer, audit?.role, audit?.method, audit?.target, audit?.result],
    ["signal", "SIGHUP", "admin", "ReloadConfig", "configuration", "OK"],
  );
  match(String(audit?.before), /^1 frontend, 1 backend/);
  const stamp = "maglev_config_last_reload_success_timestamp_seconds";
  const series = await daemon.metrics();
  equal(series.get(stamp), (loaded.get(stamp) ?? NaN) + 6);

  site.write(text.replace("fall: 3", "fall: three"));
  const { config: refused } = await daemon.daemon.reload(hangup);
  equal(refused.kind, "parse-error");
  match(daemon.told.at(-1) ?? "", /; not reloaded: .*maglev\.healthchecks\.web\.fall/);
  const [failed] = daemon.named("audit").slice(-1);
  match(String(failed?.err), /maglev\.healthchecks\.web\.fall/);
  equal((await daemon.metrics()).get("maglev_config_last_reload_successful"), 0);
  match(String((await daemon.must("GetStatus")).configRejected), /web\.fall/);
});

Deno.test("a drain is over when VPP's counters say so", async () => {
  await using servers = new TestServers(["127.0.0.61"]);
  const text = testConfig({ port: servers.port, backends });
  await using site = new Site(text.replace("lb: {", "lb: { flow-timeout: 10s,"));
  await using daemon = await site.start(...site.withVpp());
  await programmed(site, daemon);
  await daemon.must("DrainBackend", { name: "one" });
  await until(() => server(site)?.weight === 0, "the server drained");
  await site.pass(30_000);
  deepEqual(daemon.named("backend-drain").map(({ change }) => change), ["begun", "drained"]);
});

Deno.test("what cannot be started leaves nothing behind", async () => {
  await using site = new Site(testConfig({ port: 1, backends }));
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const flags = [...site.withVpp(), `--state-dir=${site.folder}/state`];
  const before = site.clock.pending;
  await rejects(
    site.start(...flags, `--grpc-addr=127.0.0.1:${taken.addr.port}`),
    /^ListenError: cannot listen on 127\.0\.0\.1:\d+/,
  );
  equal(site.clock.pending, before);
});

Deno.test("the memory that a burst has left behind is looked for", async () => {
  await using site = new Site(testConfig({ port: 1, backends }));
  const { memoryUsage } = Deno;
  let looks = 0;
  Object.assign(Deno, {
    memoryUsage: () => {
      looks++;
      return memoryUsage();
    },
  });
  try {
    await using _daemon = await site.start();
    equal(looks, 1);
    site.clock.advance(1_000);
    equal(looks, 2);
  } finally {
    Object.assign(Deno, { memoryUsage });
  }
});

Deno.test("the watchdog is not fed while no probe ends", async () => {
  mayLeaveDescriptors(
    "by that clock the threads hang, so nobody waits for them to close what they have",
  );
  // Of a clock on which hours pass, and a check that the threads make once an hour of theirs.
  const text = testConfig({ port: 1, backends }).replaceAll("interval: 100ms", "interval: 1h");
  await using site = new Site(text);
  await using daemon = await site.start();
  await until(() => daemon.named("backend-transition").length > 0, "the first probe");
  site.clock.advance(2_000);
  const told = daemon.told.length;
  site.clock.advance(2 * 3_600_000);
  const fed = daemon.told.slice(told).filter((message) => message === "WATCHDOG=1").length;
  // Every 10 s, up to a tenth more than the interval and the timeout, and 10 s.
  equal(fed, 397);
  await until(() => daemon.named("watchdog-not-fed").length === 720 - fed, "the others");
  match(String(daemon.named("watchdog-not-fed")[0]?.err), /^no probe has finished for \d+ s$/);
});
