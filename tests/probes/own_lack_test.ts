import assert from "node:assert/strict";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { NetnsSockets } from "../../lib/net/mod.ts";
import type { ProbeResult } from "../../lib/probes/mod.ts";
import { FatalError } from "../../lib/supervisor/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { openDescriptors } from "../net/support/descriptors.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { ip } from "../support/ip.ts";
import { httpCheck, icmpCheck, tcpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";
import { silent, TestServer } from "./support/servers.ts";

const localhost = ip("127.0.0.1");
const untold = ({ code }: ProbeResult) => assert.fail(`told ${code}`);

Deno.test("running out of descriptors is no backend's fault, and passes", async () => {
  const script = new URL("support/exhaustion.ts", import.meta.url).pathname;
  const args = ["-c", `ulimit -n 128; exec "$0" run -A --no-check "$1"`, Deno.execPath(), script];
  const { stdout } = await new Deno.Command("sh", { args, stderr: "inherit" }).output();
  assert.deepEqual(new TextDecoder().decode(stdout).trim().split("\n"), [
    "SOCKERR open a socket: out of file descriptors",
    "SOCKERR open a socket: out of file descriptors",
    "L4OK connected",
    "L4OK echo reply",
  ]);
});

Deno.test("probes leave the descriptors alone that others need", async () => {
  // 40 are nobody's, of 8 a quarter is the servers'.
  await using harness = new Harness({ engine: { descriptorLimit: 48 } });
  await using server = TestServer.tcp(silent);
  const check = httpCheck({ port: server.port });
  const start = () => harness.start({ address: localhost, check, netns: "" }, untold);
  const cancels = Array.from({ length: 6 }, start);
  const before = openDescriptors();
  const full = "SOCKERR 6 probes are under way, as many as may be within the 48 file descriptors " +
    "of this process";
  for (let i = 0; i < 20; i++) assert.equal(await harness.outcome(check), full);
  assert.equal(openDescriptors(), before);
  cancels.pop()?.();
  assert.equal(await harness.outcome(tcpCheck({ port: server.port })), "L4OK connected");
  assert.equal(await harness.outcome(tcpCheck({ port: 1 })), "L4CON connection refused");
  assert.equal(await harness.outcome(tcpCheck({ port: server.port })), "L4OK connected");
  for (const cancel of cancels) cancel();
});

Deno.test({
  ...needingNamespaces("backends that swallow everything leave room for those that answer"),
  fn: async () => {
    await using namespace = await Namespace.create();
    await namespace.ip("route", "add", "198.51.100.0/24", "dev", "lo");
    const clock = new FakeClock();
    await using harness = new Harness({ clock, engine: { descriptorLimit: 48 } });
    const check = tcpCheck({ port: 1, timeoutMs: 1000 });
    const netns = namespace.name;
    const targets = Array.from({ length: 6 }, (_, i) => ({
      ...{ check, netns, address: ip(`198.51.100.${i + 1}`) },
    }));
    const codes = new Map<string, number>();
    const round = (ms: number) => {
      for (const target of targets) {
        harness.start(target, ({ code, detail }) => {
          const seen = code === "SOCKERR" ? detail : code;
          codes.set(seen, (codes.get(seen) ?? 0) + 1);
        });
      }
      const living = harness.outcome(tcpCheck({ port: 1 }), "127.0.0.1", netns);
      clock.advance(ms);
      return living;
    };
    // Nobody knows yet that they are silent: they take all there is, once.
    assert.match(await round(1000), /^SOCKERR 6 probes are under way/);
    assert.deepEqual(codes, new Map([["L4TOUT", 6]]));
    codes.clear();
    assert.equal(await round(1000), "L4CON connection refused");
    const kept = "3 probes wait for silent backends, as many as may be within the 48 file " +
      "descriptors of this process";
    assert.deepEqual(codes, new Map([["L4TOUT", 3], [kept, 3]]));
    // Refused is answered, too.
    await namespace.ip("route", "del", "198.51.100.0/24", "dev", "lo");
    await namespace.ip("route", "add", "local", "198.51.100.0/24", "dev", "lo");
    for (let i = 0; i < 2; i++) {
      codes.clear();
      for (const target of targets) await harness.outcome(check, target.address.text, netns);
      await round(0);
    }
    assert.deepEqual(codes, new Map([["L4CON", 6]]));
    clock.advance(1000);
  },
});

Deno.test("backends that take connections and answer nothing leave room, too", async () => {
  const clock = new FakeClock();
  await using harness = new Harness({ clock, engine: { descriptorLimit: 48 } });
  await using server = TestServer.tcp(silent);
  const check = httpCheck({ port: server.port, timeoutMs: 1000 });
  const targets = Array.from({ length: 6 }, () => ({ check, netns: "", address: ip("127.0.0.1") }));
  const codes: string[] = [];
  const round = () => {
    for (const target of targets) harness.start(target, ({ code }) => codes.push(code));
    const living = harness.outcome(tcpCheck({ port: 1 }));
    clock.advance(1000);
    return living;
  };
  assert.match(await round(), /^SOCKERR 6 probes are under way/);
  assert.deepEqual(codes.splice(0), new Array(6).fill("L7TOUT"));
  assert.equal(await round(), "L4CON connection refused");
  assert.deepEqual(codes.sort(), [
    ...["L7TOUT", "L7TOUT", "L7TOUT", "SOCKERR", "SOCKERR", "SOCKERR"],
  ]);
});

Deno.test({
  ...needingNamespaces("without a free source port nothing is said about the backend"),
  fn: async () => {
    await using namespace = await Namespace.create();
    const range = "echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range";
    await namespace.command("sh", ["-c", range]).output();
    await namespace.ip("route", "add", "198.51.100.0/24", "dev", "lo");
    await using harness = new Harness();
    const address = ip("198.51.100.1");
    const probe = (check: HealthCheck) =>
      harness.start({ address, check, netns: namespace.name }, untold);
    const cancels = [probe(tcpCheck()), probe(tcpCheck())];
    assert.equal(
      await harness.outcome(tcpCheck(), address.text, namespace.name),
      "SOCKERR no free source port",
    );
    for (const cancel of cancels) cancel();
  },
});

/** Sockets of a thread that gets into namespaces and not out again. */
class OneWay extends NetnsSockets {
  constructor() {
    let calls = 0;
    super(() => calls++ === 0 ? 0 : -1);
  }
}

Deno.test("a thread that cannot leave a namespace ends the process, whatever was probed", async () => {
  for (const check of [tcpCheck(), httpCheck(), httpCheck({ type: "https" }), icmpCheck()]) {
    await using harness = new Harness({ engine: { sockets: new OneWay() } });
    const before = openDescriptors();
    const target = { address: localhost, check, netns: "/proc/self/ns/net" };
    assert.throws(() => harness.start(target, untold), (error) => {
      assert.ok(error instanceof FatalError);
      assert.match(
        error.message,
        /^cannot return from network namespace \/proc\/self\/ns\/net to the daemon's own: /,
      );
      return true;
    });
    // The way home stays open until the engine is closed.
    assert.equal(openDescriptors(), before + 1);
  }
});
