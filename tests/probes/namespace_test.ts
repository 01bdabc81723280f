import assert from "node:assert/strict";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { openDescriptors } from "../net/support/descriptors.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { httpCheck, icmpCheck, tcpCheck } from "./support/checks.ts";
import { Harness, heard } from "./support/harness.ts";
import { Nginx } from "./support/servers.ts";
import { ip } from "../support/ip.ts";

const v4 = "192.0.2.1";
const v6 = "2001:db8::1";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needingNamespaces(name), fn });
}

function testNginx(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needingNamespaces(name, "nginx"), fn });
}

/** A namespace with an address of each family on its loopback, and a second one. */
async function populated(): Promise<Namespace> {
  const namespace = await Namespace.create();
  await namespace.addAddresses(`${v4}/32`, "192.0.2.2/32", `${v6}/128`, "2001:db8::2/128");
  return namespace;
}

/** Probes until it passes: the server has come up. */
async function untilUp(harness: Harness, check: HealthCheck, netns: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await harness.probe(check, v4, netns)).ok) {
    if (Date.now() > end) throw new Error("the server did not come up within 10s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What comes of probes whose deadlines are 80 ms, or what is given back to them, ahead. */
async function inTime<T>(clock: FakeClock, probing: Promise<T>): Promise<T> {
  let isOver = false;
  const probed = probing.finally(() => isOver = true);
  while (!isOver) await clock.advanceAsync(80);
  return await probed;
}

test("probes are sent from the namespace and nowhere else", async () => {
  await using namespace = await populated();
  await using harness = new Harness();
  for (const address of [v4, v6]) {
    const echo = () => harness.outcome(icmpCheck({ timeoutMs: 2_000 }), address, namespace.name);
    assert.equal(await heard(echo), "L4OK echo reply");
    assert.equal(
      await harness.outcome(tcpCheck(), address, namespace.name),
      "L4CON connection refused",
    );
  }
  assert.equal(
    await harness.outcome(icmpCheck(), v4, `/run/netns/${namespace.name}`),
    "L4OK echo reply",
  );
});

test("no address to send from fails a probe of any type, and is no lack of ports", async () => {
  await using namespace = await Namespace.create();
  await namespace.ip("link", "set", "lo", "down");
  await using harness = new Harness();
  for (const check of [icmpCheck(), tcpCheck(), httpCheck()]) {
    assert.equal(
      await harness.outcome(check, v6, namespace.name),
      "L4CON no source address on this host to send from",
    );
  }
});

testNginx("nginx in a namespace passes every kind of probe, seen from the source", async () => {
  await using namespace = await populated();
  await using _nginx = await Nginx.start(
    namespace,
    `server { listen 80; listen [::]:80; location / { return 200 "from $remote_addr\\n"; }
       location /chunked { chunked_transfer_encoding on; return 200 "ok"; }
       location /down { return 503; } location /drop { return 444; } }`,
  );
  await using harness = new Harness();
  await untilUp(harness, httpCheck(), namespace.name);
  const outcome = (check: HealthCheck, address: string) =>
    harness.outcome(check, address, namespace.name);
  const sources = { probeIpv4Source: ip("192.0.2.2"), probeIpv6Source: ip("2001:db8::2") };
  for (const [address, source] of [[v4, "192\\.0\\.2\\.2"], [v6, "2001:db8::2"]] as const) {
    assert.equal(await outcome(tcpCheck(sources), address), "L4OK connected");
    assert.equal(
      await outcome(httpCheck({ ...sources, responseRegexp: `^from ${source}$` }), address),
      "L7RSP regexp not found in " + (address === v4 ? 15 : 17) + " bytes of body",
    );
    assert.equal(
      await outcome(httpCheck({ ...sources, responseRegexp: `^from ${source}\\s` }), address),
      "L7OK status 200, regexp found",
    );
    assert.equal(await outcome(httpCheck({ path: "/down" }), address), "L7STS status 503");
    assert.equal(
      await outcome(httpCheck({ path: "/drop" }), address),
      "L7RSP connection closed before a response",
    );
    assert.equal(await outcome(icmpCheck(sources), address), "L4OK echo reply");
  }
});

testNginx("a stopped nginx gives L7TOUT, never a stuck probe", async () => {
  await using namespace = await populated();
  await using nginx = await Nginx.start(
    namespace,
    `server { listen 80 backlog=2; location / { return 200; } }`,
  );
  await using harness = new Harness();
  await untilUp(harness, httpCheck(), namespace.name);
  nginx.kill("SIGSTOP");
  const clock = new FakeClock();
  await using patient = new Harness({ clock, engine: { kernelAge: () => 0 } });
  const check = httpCheck({ timeoutMs: 80 });
  const first = patient.outcome(check, v4, namespace.name);
  assert.equal(await inTime(clock, first), "L7TOUT no response within 80ms");
  // Its backlog fills, and the kernel stops to answer: then it is the connection that times out.
  const held = Array.from({ length: 8 }, () => patient.probe(check, v4, namespace.name));
  const codes = new Set((await inTime(clock, Promise.all(held))).map((result) => result.code));
  assert.ok(codes.has("L4TOUT"), [...codes].join());
  nginx.kill("SIGCONT");
  await untilUp(harness, httpCheck(), namespace.name);
});

test("addresses that nobody answers for give L4TOUT or L4CON with the reason", async () => {
  await using namespace = await populated();
  await namespace.ip("route", "add", "198.51.100.0/24", "dev", "lo");
  await namespace.ip("route", "add", "unreachable", "203.0.113.0/25");
  await namespace.ip("route", "add", "blackhole", "203.0.113.128/26");
  await namespace.ip("route", "add", "prohibit", "203.0.113.192/26");
  await namespace.ip("-6", "route", "add", "unreachable", "2001:db8:1::/64");
  await namespace.ip("-6", "route", "add", "blackhole", "2001:db8:2::/64");
  await namespace.ip("-6", "route", "add", "2001:db8:4::/64", "dev", "lo");
  await using harness = new Harness();
  const expected = [
    ["198.51.100.1", "L4TOUT not connected within 80ms", "L4TOUT no reply within 80ms"],
    ["203.0.113.1", "L4CON no route to host", "L4CON no route to host"],
    ["203.0.113.129", ...Array(2).fill("L4CON dropped by a blackhole route")],
    ["203.0.113.193", ...Array(2).fill("L4CON prohibited by a route")],
    ["192.0.2.77", ...Array(2).fill("L4CON network is unreachable")],
    ["2001:db8:1::1", ...Array(2).fill("L4CON no route to host")],
    ["2001:db8:2::1", ...Array(2).fill("L4CON dropped by a blackhole route")],
    // A router that says so: the probes are routed back here, and refused.
    ["2001:db8:4::1", "L4CON network is unreachable", "L4CON no route to host"],
  ] as const;
  for (const [address, tcp, icmp] of expected) {
    const outcome = (check: HealthCheck) => harness.outcome(check, address, namespace.name);
    // Short where nothing is to come.
    const within = (outcome: string) => outcome.includes("80ms") ? { timeoutMs: 80 } : {};
    assert.equal(await outcome(tcpCheck(within(tcp))), tcp, address);
    assert.equal(await outcome(icmpCheck(within(icmp))), icmp, address);
  }
});

test("a namespace that is deleted, and made again, is noticed at once", async () => {
  await using namespace = await populated();
  await using harness = new Harness();
  const outcome = (check: HealthCheck) => harness.outcome(check, v4, namespace.name);
  const before = openDescriptors();
  assert.equal(await outcome(icmpCheck()), "L4OK echo reply");
  assert.equal(await outcome(tcpCheck()), "L4CON connection refused");
  await namespace.remove();
  const gone = `L4CON network namespace ${namespace.name} does not exist`;
  assert.equal(await outcome(icmpCheck()), gone);
  assert.equal(await outcome(tcpCheck()), gone);
  await namespace.make();
  assert.equal(await outcome(icmpCheck()), "L4CON network is unreachable");
  assert.equal(await outcome(tcpCheck()), "L4CON network is unreachable");
  await namespace.addAddresses(`${v4}/32`);
  assert.equal(await outcome(icmpCheck()), "L4OK echo reply");
  // The way home and one ICMP socket; nothing is left in the namespace that is gone.
  assert.equal(openDescriptors(), before + 2);
});

test("pings of one namespace, family and source share a socket", async () => {
  await using namespace = await populated();
  await using harness = new Harness();
  const ping = (address: string) => harness.probe(icmpCheck(), address, namespace.name);
  assert.ok((await ping(v4)).ok);
  const one = openDescriptors();
  const results = await Promise.all(Array.from({ length: 500 }, () => ping(v4)));
  assert.ok(results.every((result) => result.ok));
  assert.equal(openDescriptors(), one);
  assert.ok((await ping(v6)).ok);
  assert.equal(openDescriptors(), one + 1);
});

test("two probers that ping the same host keep their replies apart", async () => {
  await using namespace = await populated();
  await using first = new Harness();
  await using second = new Harness();
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, i) => (i % 2 ? first : second)).map((harness) =>
      harness.probe(icmpCheck(), v4, namespace.name)
    ),
  );
  assert.ok(results.every((result) => result.ok));
});
