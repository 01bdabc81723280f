import assert from "node:assert/strict";
import { steer } from "../support/steer.ts";
import { Bench } from "./support/bench.ts";
import { smallSite } from "./support/site.ts";

/** The weights set so far and whether they moved flows: `web 0 flush`. */
function weights(bench: Bench): string[] {
  return bench.vpp.journal.requests("lb_as_set_weight").map(({ fields }) => {
    const frontend = fields.port === 443 ? "tls" : fields.port === 80 ? "web" : "dns";
    return `${frontend} ${fields.weight}${fields.is_flush ? " flush" : ""}`;
  });
}

async function inStepBench(flushOnDown = true): Promise<Bench> {
  const { web, tls, dns } = smallSite.frontends;
  assert.ok(web && tls && dns);
  const frontends = { web: { ...web, flushOnDown }, tls: { ...tls, flushOnDown }, dns };
  const bench = new Bench({ site: { ...smallSite, frontends } });
  await bench.begin();
  bench.vpp.journal.clear();
  return bench;
}

Deno.test("a backend that goes down is drained and flushed once, whatever drift passes follow", async () => {
  await using bench = await inStepBench();
  bench.health("a", false);
  await bench.pass(300_000);
  assert.deepEqual(weights(bench).sort(), ["tls 0 flush", "web 0 flush"]);
});

Deno.test("with flush-on-down off it is drained and keeps its flows", async () => {
  await using bench = await inStepBench(false);
  bench.health("a", false);
  await bench.pass(300_000);
  assert.deepEqual(weights(bench).sort(), ["tls 0", "web 0"]);
});

Deno.test("each time down flushes once", async () => {
  await using bench = await inStepBench();
  for (let round = 0; round < 3; round++) {
    bench.health("d", false);
    await bench.pass(60_000);
    bench.health("d", true);
    await bench.pass(60_000);
  }
  const round = ["dns 0 flush", "dns 100"];
  assert.deepEqual(weights(bench), [...round, ...round, ...round]);
});

Deno.test("flows follow: a drained server keeps its own, a flushed one loses them at once", async () => {
  await using bench = await inStepBench();
  const vip = { prefix: "2001:db8::53/128", protocol: 6, port: 53 };
  const flows = (address: string) =>
    bench.vpp.state().find(({ prefix }) => prefix === vip.prefix)?.servers
      .find((server) => server.address === address)?.flows ?? 0;
  bench.vpp.traffic({ vip, flows: 200, packets: 1 });
  assert.ok(flows("fd00:1::1") > 50 && flows("fd00:1::2") > 50);
  steer(bench.checker).pause("d");
  await bench.pass(1000);
  assert.ok(flows("fd00:1::1") > 50, "paused: drained");
  bench.health("e", false);
  await bench.pass(10_000);
  assert.equal(flows("fd00:1::2"), 0, "down: flushed");
  steer(bench.checker).disable("d");
  await bench.pass(1000);
  assert.equal(flows("fd00:1::1"), 0, "disabled: flushed");
});

Deno.test("when the first pool is down the second takes over, and gives back", async () => {
  await using bench = await inStepBench();
  const c = () =>
    bench.vpp.state().find(({ port }) => port === 80)?.servers
      .find(({ address }) => address === "10.1.0.3")?.weight;
  assert.equal(c(), 0);
  bench.health("a", false);
  bench.health("b", false);
  await bench.pass(10_000);
  assert.equal(c(), 30);
  bench.health("b", true);
  await bench.pass(10_000);
  assert.equal(c(), 0);
  await bench.inStep();
});
