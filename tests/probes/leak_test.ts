import assert from "node:assert/strict";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { Engine } from "../../lib/net/mod.ts";
import { createProber, type ProbeResult } from "../../lib/probes/mod.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { openDescriptors } from "../net/support/descriptors.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { Authority } from "./support/certificates.ts";
import { httpCheck, icmpCheck, tcpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";
import { answering, closing, silent, startResettingServer, TestServer } from "./support/servers.ts";
import { ip } from "../support/ip.ts";

/** So many probes of one kind, and the code that all of them are to come to. */
interface Load {
  readonly count: number;
  readonly code: string;
  readonly check: HealthCheck;
  readonly to?: "nobody";
  readonly netns?: string;
}

/** Probes under way at a time. */
const width = 200;

const addresses = { own: ip("127.0.0.1"), nobody: ip("198.51.100.1") } as const;

/** Runs one load, a new probe for each that ends, and counts the codes. */
function runLoad(harness: Harness, load: Load): Promise<Map<string, number>> {
  const target = {
    address: addresses[load.to ?? "own"],
    check: load.check,
    netns: load.netns ?? "",
  };
  const codes = new Map<string, number>();
  return new Promise((resolve) => {
    let started = 0;
    let ended = 0;
    const start = () => {
      if (started++ < load.count) harness.start(target, end);
    };
    const end = ({ code }: ProbeResult) => {
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (++ended === load.count) resolve(codes);
      else start();
    };
    for (let i = 0; i < width; i++) start();
  });
}

Deno.test({
  ...needingNamespaces("50,000 probes of every kind and outcome leave no descriptor", "openssl"),
  fn: async () => {
    await using namespace = await Namespace.create();
    await using authority = await Authority.create();
    const { cert, key } = await authority.issue("DNS:a.example");
    const ok = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await using web = TestServer.tcp(ok);
    await using secure = TestServer.tls(cert, key, ok);
    await using deaf = TestServer.tcp(silent);
    await using curt = TestServer.tcp(closing);
    await using rude = await startResettingServer();
    await using harness = new Harness({ ca: [authority.cert] });
    const tls = { serverName: "a.example", insecureSkipVerify: false };
    const wrong = { serverName: "b.example", insecureSkipVerify: false };
    const inside = { netns: namespace.name };
    await namespace.ip("route", "add", "198.51.100.0/24", "dev", "lo");
    const nobody = { ...inside, to: "nobody" } as const;
    const loads: readonly Load[] = [
      { count: 15_000, code: "L4OK", check: tcpCheck({ port: web.port }) },
      { count: 10_000, code: "L4CON", check: tcpCheck({ port: 1 }) },
      { count: 9_000, code: "L4OK", check: icmpCheck(), ...inside },
      { count: 4_000, code: "L4CON", check: icmpCheck(), netns: "mgl-none" },
      { count: 3_000, code: "L4CON", check: httpCheck({ port: 1 }), ...inside },
      { count: 2_000, code: "L4CON", check: tcpCheck({ probeIpv4Source: ip("192.0.2.9") }) },
      { count: 2_000, code: "L7OK", check: httpCheck({ port: web.port, responseRegexp: "ok" }) },
      { count: 500, code: "L7STS", check: httpCheck({ port: web.port, responseCodeMin: 201 }) },
      { count: 500, code: "L7RSP", check: httpCheck({ port: curt.port }) },
      { count: 500, code: "L7RSP", check: httpCheck({ port: rude.port }) },
      { count: 1_000, code: "L7TOUT", check: httpCheck({ port: deaf.port, timeoutMs: 50 }) },
      { count: 1_000, code: "L4TOUT", check: tcpCheck({ timeoutMs: 20 }), ...nobody },
      { count: 1_000, code: "L4TOUT", check: icmpCheck({ timeoutMs: 20 }), ...nobody },
      { count: 150, code: "L6OK", check: tcpCheck({ port: secure.port, tls }) },
      { count: 100, code: "L6RSP", check: tcpCheck({ port: secure.port, tls: wrong }) },
      { count: 100, code: "L6RSP", check: tcpCheck({ port: curt.port, tls }) },
      { count: 50, code: "L6TOUT", check: tcpCheck({ port: deaf.port, tls, timeoutMs: 50 }) },
      { count: 100, code: "L7OK", check: httpCheck({ type: "https", port: secure.port, tls }) },
    ];
    assert.equal(loads.reduce((sum, load) => sum + load.count, 0), 50_000);
    // Twice each, so that what is opened and kept, also for those that were silent, is there already.
    for (const load of [...loads, ...loads]) await runLoad(harness, { ...load, count: 1 });
    const kept = () => harness.engine.tcpSockets.idle;
    const before = await settledDescriptors() - kept();
    for (const load of loads) {
      const codes = await runLoad(harness, load);
      // Where the machine holds this process up, who waits for nothing until the end is excused.
      const heldUp = load.code.endsWith("TOUT") ? codes.get("SOCKERR") ?? 0 : 0;
      if (heldUp > 0 && codes.delete("SOCKERR")) {
        codes.set(load.code, heldUp + (codes.get(load.code) ?? 0));
      }
      assert.deepEqual([...codes], [[load.code, load.count]], JSON.stringify(load.check));
    }
    assert.equal(await settledDescriptors() - kept(), before);
  },
});

/**
 * Open descriptors once their number stands still: the servers live in this process too, and close
 * their ends, or have yet to accept them, after the probes are done.
 */
async function settledDescriptors(): Promise<number> {
  let count = openDescriptors();
  for (let same = 0, looks = 0; same < 20 && looks < 2000; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = openDescriptors();
    same = now === count ? same + 1 : 0;
    count = now;
  }
  return count;
}

Deno.test("an ICMP socket that nobody uses any more is closed", async () => {
  const clock = new FakeClock();
  await using engine = new Engine(clock);
  using prober = createProber(engine, { log: silentLogger, version: "1" });
  const before = openDescriptors();
  const ping = () =>
    new Promise<ProbeResult>((resolve) => {
      prober.start({ address: ip("127.0.0.1"), check: icmpCheck(), netns: "" }, resolve);
    });
  await ping();
  assert.equal(openDescriptors(), before + 1);
  clock.advance(20_000);
  await ping();
  clock.advance(20_000);
  assert.equal(openDescriptors(), before + 1);
  clock.advance(60_000);
  assert.equal(openDescriptors(), before);
  assert.equal((await ping()).code, "L4OK");
});
