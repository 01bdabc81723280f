import assert from "node:assert/strict";
import { SimulatedVpp } from "../../lib/sim/mod.ts";
import { makeBundles } from "../e2e/support/bundles.ts";
import { unusedPort } from "../e2e/support/configs.ts";
import { Maglevd } from "../e2e/support/maglevd.ts";
import { within } from "../support/deadline.ts";
import { WeightWatch } from "./support/weight_watch.ts";

const addresses = ["127.0.0.41", "127.0.0.42", "127.0.0.43"];
const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };

/** Servers that accept everybody, which is all that a TCP check asks for. */
class Backends implements AsyncDisposable {
  readonly port = unusedPort("127.0.0.41");
  readonly #listeners = addresses.map((hostname) => Deno.listen({ hostname, port: this.port }));
  readonly #serving = this.#listeners.map(async (listener) => {
    for await (const conn of listener) conn.close();
  });

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    await Promise.all(this.#serving);
  }
}

function config(port: number): string {
  const names = addresses.map((_, i) => `b${i + 1}`);
  return JSON.stringify({
    maglev: {
      healthchecker: {},
      vpp: {
        lb: {
          "ipv4-src-address": "198.51.100.1",
          "ipv6-src-address": "2001:db8::1",
          "sync-interval": "500ms",
          "startup-min-delay": "50ms",
          "startup-max-delay": "1s",
        },
      },
      healthchecks: {
        tcp: { type: "tcp", port, interval: "100ms", timeout: "1s", rise: 2, fall: 3 },
      },
      backends: Object.fromEntries(
        names.map((name, i) => [name, { address: addresses[i], healthcheck: "tcp" }]),
      ),
      frontends: {
        web: {
          address: "192.0.2.1",
          protocol: "tcp",
          port: 80,
          pools: [{ name: "main", backends: Object.fromEntries(names.map((name) => [name, {}])) }],
        },
      },
    },
  });
}

/** Resolves at the next event of VPP after which it holds what it should. */
async function inStep(vpp: SimulatedVpp): Promise<void> {
  const holds = () => {
    const servers = vpp.running ? vpp.state().find(({ used }) => used)?.servers ?? [] : [];
    return servers.length === 3 && servers.every(({ used, weight }) => used && weight === 100);
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = vpp.journal.subscribe(() => holds() && resolve());
  if (holds()) resolve();
  try {
    await within(20_000, "VPP in step", promise);
  } finally {
    unsubscribe();
  }
}

/** Resolves when maglevd has asked VPP `count` more times what it holds. */
async function dumps(vpp: SimulatedVpp, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  const unsubscribe = vpp.journal.subscribe((event) => {
    if (event.kind === "request" && event.request.name === "lb_as_v2_dump" && --left === 0) {
      resolve();
    }
  });
  try {
    await within(20_000, "dumps", promise);
  } finally {
    unsubscribe();
  }
}

async function allUp(daemon: Maglevd): Promise<void> {
  for (const [i] of addresses.entries()) {
    await daemon.log("backend-transition", { backend: `b${i + 1}`, to: "up" });
  }
}

Deno.test("maglevd is killed -9 and started again under traffic: no healthy server loses any", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mgl-faults-" });
  const [apiPath, statsPath] = [`${folder}/api.sock`, `${folder}/stats.sock`];
  const sockets = [`--vpp-api-addr=${apiPath}`, `--vpp-stats-addr=${statsPath}`];
  try {
    await using backends = new Backends();
    await using bundles = await makeBundles();
    await using vpp = new SimulatedVpp({ apiPath, statsPath, workers: 1 });
    using watch = new WeightWatch(vpp, (address) => addresses.includes(address));
    const start = () => Maglevd.start(bundles.maglevd, config(backends.port), ...sockets);
    {
      await using first = await start();
      await first.log("vpp-connect-failed");
      // However busy the machine is: VPP meets a maglevd that knows its backends.
      await allUp(first);
      vpp.start();
      await inStep(vpp);
      vpp.traffic({ vip, flows: 300, packets: 3 });
      const before = JSON.stringify(vpp.state());
      first.kill("SIGKILL");
      await first.exit();
      vpp.traffic({ vip, flows: 300, packets: 3 });
      assert.equal(JSON.stringify(vpp.state()), before, "VPP goes on as it was");
    }
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      const before = JSON.stringify(vpp.state());
      await using next = await start();
      await dumps(vpp, 3);
      vpp.traffic({ vip, flows: 300, packets: 3 });
      assert.equal(JSON.stringify(vpp.state()), before, "adopted without a change");
      next.kill(signal);
      await next.exit();
    }
    {
      await using last = await start();
      await dumps(vpp, 2);
      await allUp(last);
      assert.equal(watch.seen, 3, "a VPP that has its weights is sent none");
      vpp.restart();
      await inStep(vpp);
      assert.equal(watch.seen, 6, "three servers, twice");
      last.kill("SIGTERM");
      assert.equal((await last.exit()).code, 0);
    }
    assert.deepEqual(watch.offences, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what somebody else does to VPP is a warning, an event and a counter, and undone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mgl-faults-" });
  const [apiPath, statsPath] = [`${folder}/api.sock`, `${folder}/stats.sock`];
  const sockets = [`--vpp-api-addr=${apiPath}`, `--vpp-stats-addr=${statsPath}`];
  try {
    await using backends = new Backends();
    await using bundles = await makeBundles();
    await using vpp = new SimulatedVpp({ apiPath, statsPath, workers: 1 });
    vpp.start();
    await using daemon = await Maglevd.start(bundles.maglevd, config(backends.port), ...sockets);
    await inStep(vpp);
    await daemon.log("vpp-in-step");
    assert.equal(await daemon.metric("maglev_vpp_altered_total"), 0);
    vpp.byHand.setWeight(vip, "127.0.0.42", 33);
    await inStep(vpp);
    const err = "192.0.2.1/32 tcp 80: 127.0.0.42 weight 100 -> 33";
    assert.equal((await daemon.log("vpp-altered", { err })).level, "WARN");
    assert.equal(await daemon.metric("maglev_vpp_altered_total"), 1);
    const { body } = await daemon.call("ListEvents", { kinds: ["vpp"] });
    assert.ok(JSON.stringify(body).includes(`"altered","detail":"${err}"`), JSON.stringify(body));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
