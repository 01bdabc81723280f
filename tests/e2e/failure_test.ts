import { deepEqual, equal, ok } from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig, unusedPort } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { startNginx } from "./support/nginx.ts";
import { Lines, must } from "./support/process.ts";

const haveNginx = havePrograms("nginx");

/** The value of one series as soon as `wanted` says yes to it. */
async function metricOnce(
  daemon: Maglevd,
  series: string,
  wanted: (value: number | undefined) => boolean,
): Promise<number | undefined> {
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    const value = await daemon.metric(series);
    if (wanted(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${series} never was as wanted`);
}

Deno.test(
  needing(
    haveNginx,
    "nginx",
    "a killed nginx is down after fall probes, and log, events, history and metrics agree why",
  ),
  async () => {
    await using bundles = await makeBundles();
    const port = unusedPort("127.0.0.21");
    await using nginx = await startNginx([`127.0.0.21:${port}`]);
    const backends = [{ name: "web1", address: "127.0.0.21" }];
    const config = testConfig({ port, backends, fall: 4 });
    await using daemon = await Maglevd.start(bundles.maglevd, config, "--log-level=debug");
    const up = await daemon.log("backend-transition", { backend: "web1", to: "up" });
    equal(up.code, "L7OK");

    const watch = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-config", bundles.maglevc, "--server", daemon.server],
        ...["watch", "events", "backend", "num", "2"],
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const events = new Lines(watch.stdout);
    await events.find("snapshot", (line) => line.includes('"to":"up"'));

    nginx.signal("SIGKILL");
    const down = await daemon.log("backend-transition", { backend: "web1", to: "down" });
    equal(down.code, "L4CON");
    equal(down.detail, "connection refused");

    const event = JSON.parse(await events.find("event", (line) => line.includes('"to":"down"')));
    deepEqual([event.backend.backendName, event.backend.transition.from], ["web1", "up"]);
    equal((await watch.status).code, 0);
    await events.ended;

    const shown = await must(
      ...[Deno.execPath(), "run", "-A", "--no-config", bundles.maglevc],
      ...["--server", daemon.server, "--json", "show", "backends", "web1"],
    );
    const history = JSON.parse(shown);
    equal(history.state, "down");
    equal(history.lastProbe.code, "L4CON");
    equal(history.transitions[0].to, "down");
    equal(history.transitions[0].code, "L4CON");
    equal(event.backend.transition.code, "L4CON");
    equal(event.backend.transition.detail, history.transitions[0].detail);
    equal(history.transitions[0].atUnixNs, event.backend.transition.atUnixNs);

    const failures = 'maglev_probe_total{backend="web1",type="http",result="failure",code="L4CON"}';
    ok((await daemon.metric(failures) ?? 0) >= 4);
    const transitions = 'maglev_backend_transitions_total{backend="web1",from="up",to="down"}';
    equal(await daemon.metric(transitions), 1);
    const state =
      'maglev_backend_state{backend="web1",address="127.0.0.21",healthcheck="web",state="down"}';
    equal(await daemon.metric(state), 1);

    const failed = daemon.entries.slice(0, daemon.entries.findIndex(({ to }) => to === "down"))
      .filter(({ msg, address, ok }) => msg === "probe-done" && address === "127.0.0.21" && !ok);
    equal(failed.length, 4, "one failed probe per step of fall");
  },
);

Deno.test(
  needing(haveNginx, "nginx", "a stopped nginx is L7TOUT, never a stuck probe, and comes back"),
  async () => {
    await using bundles = await makeBundles();
    const port = unusedPort("127.0.0.22");
    await using nginx = await startNginx([`127.0.0.22:${port}`]);
    const backends = [{ name: "web1", address: "127.0.0.22" }];
    const config = testConfig({ port, backends });
    await using daemon = await Maglevd.start(bundles.maglevd, config);
    await daemon.log("backend-transition", { to: "up" });
    nginx.signal("SIGSTOP");
    const down = await daemon.log("backend-transition", { to: "down" });
    equal(down.code, "L7TOUT");
    const timeouts =
      'maglev_probe_total{backend="web1",type="http",result="failure",code="L7TOUT"}';
    const seen = await daemon.metric(timeouts) ?? 0;
    await metricOnce(daemon, timeouts, (value) => (value ?? 0) > seen);
    nginx.signal("SIGCONT");
    await daemon.log("backend-transition", { from: "down", to: "up" });
  },
);

Deno.test(
  needing(
    haveNginx && havePrograms("ip"),
    "nginx and ip",
    "in a network namespace, a server is up and an address that nobody has is L4TOUT",
  ),
  async () => {
    const netns = `mgl-${Deno.pid}-e2e`;
    await must("ip", "netns", "add", netns);
    try {
      const ip = (...args: string[]) => must("ip", "-n", netns, ...args);
      await ip("link", "set", "lo", "up");
      await ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
      await ip("address", "add", "10.99.0.1/24", "dev", "v0");
      await ip("link", "set", "v0", "up");
      await ip("link", "set", "v1", "up");
      await using bundles = await makeBundles();
      await using _nginx = await startNginx(["10.99.0.1:8080"], netns);
      const backends = [
        { name: "here", address: "10.99.0.1" },
        { name: "nowhere", address: "10.99.0.9" },
      ];
      const config = testConfig({ port: 8080, backends, netns, timeout: "2s" });
      await using daemon = await Maglevd.start(bundles.maglevd, config);
      const here = await daemon.log("backend-transition", { backend: "here" });
      deepEqual([here.to, here.code], ["up", "L7OK"]);
      const nowhere = await daemon.log("backend-transition", { backend: "nowhere" });
      deepEqual([nowhere.to, nowhere.code], ["down", "L4TOUT"]);
    } finally {
      await must("ip", "netns", "delete", netns);
    }
  },
);
