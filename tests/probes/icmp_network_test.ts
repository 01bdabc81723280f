import assert from "node:assert/strict";
import { Engine, NetnsSockets, PingSocket } from "../../lib/net/mod.ts";
import type { ProbeResult } from "../../lib/probes/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { ip } from "../support/ip.ts";
import { until } from "../support/until.ts";
import { icmpCheck } from "./support/checks.ts";
import { Harness, heard } from "./support/harness.ts";

const here = { 4: "198.18.0.1", 6: "2001:db8::1" } as const;
const there = { 4: "198.18.0.2", 6: "2001:db8::2" } as const;
const SOCK_RAW = 3;

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needingNamespaces(name), fn });
}

/** Two namespaces at the ends of a link, the second of which routes. */
async function linked() {
  await using parts = new AsyncDisposableStack();
  const near = parts.use(await Namespace.create());
  const far = parts.use(await Namespace.create());
  await near.ip("link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", far.name);
  for (const [namespace, addresses] of [[near, here], [far, there]] as const) {
    await namespace.ip("addr", "add", `${addresses[4]}/24`, "dev", "wire");
    await namespace.ip("addr", "add", `${addresses[6]}/64`, "dev", "wire", "nodad");
    await namespace.ip("link", "set", "wire", "up");
  }
  await set(far, "net/ipv4/ip_forward", "1");
  await set(far, "net/ipv6/conf/all/forwarding", "1");
  const own = parts.move();
  return { near, far, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

async function set(namespace: Namespace, key: string, value: string): Promise<void> {
  const { success } = await namespace.command("sh", ["-c", `echo '${value}' > /proc/sys/${key}`])
    .output();
  assert.ok(success, key);
}

/** Hosts of a prefix that nobody answers for. */
const dead = Array.from({ length: 40 }, (_, i) => ip(`203.0.113.${i + 1}`));

/** Probes all of {@link dead}; what they came to is added to `results`. */
function probeDead(harness: Harness, netns: string, results: ProbeResult[] = []): void {
  const check = icmpCheck({ timeoutMs: 100 });
  for (const address of dead) {
    harness.start({ address, check, netns }, (result) => results.push(result));
  }
}

/** Sockets with room for a dozen packets. */
const narrow = { pingBufferBytes: 1 };

test("hosts that do not answer take no room from those that do", async () => {
  await using link = await linked();
  const { near } = link;
  const clock = new FakeClock();
  await using harness = new Harness({ clock, engine: narrow });
  // On the loopback they are silent without taking room.
  await near.ip("route", "add", "203.0.113.0/24", "dev", "lo");
  const results: ProbeResult[] = [];
  probeDead(harness, near.name, results);
  clock.advance(100);
  assert.deepEqual(new Set(results.map(({ code }) => code)), new Set(["L4TOUT"]));
  await near.ip("route", "replace", "203.0.113.0/24", "dev", "wire");
  results.length = 0;
  for (let i = 0; i < 3; i++) {
    probeDead(harness, near.name, results);
    const live: ProbeResult[] = [];
    const target = { address: ip(there[4]), check: icmpCheck(), netns: near.name };
    harness.start(target, (result) => live.push(result));
    await until(() => live.length > 0);
    assert.equal(live[0]?.code, "L4OK");
    clock.advance(100);
  }
  const lacks = results.filter(({ code }) => code === "SOCKERR");
  assert.ok(lacks.length > 0, "there was room for all");
  assert.deepEqual(
    new Set(lacks.map(({ detail }) => detail)),
    new Set(["too many packets are waiting to be sent"]),
  );
  // One that answers again is known at once.
  const [back] = dead;
  assert.ok(back);
  await link.far.ip("addr", "add", `${back.text}/32`, "dev", "wire");
  await near.ip("neigh", "flush", "dev", "wire");
  const check = icmpCheck();
  const again = await new Promise<ProbeResult>((resolve) => {
    harness.start({ address: back, check, netns: near.name }, resolve);
    clock.advance(10);
  });
  assert.equal(again.code, "L4OK");
});

test("an echo for which there is no room waits for it, and has its time from then on", async () => {
  await using link = await linked();
  const { near } = link;
  await near.ip("route", "add", "203.0.113.0/24", "dev", "wire");
  const clock = new FakeClock();
  await using harness = new Harness({ clock, engine: { ...narrow, kernelAge: () => 0 } });
  probeDead(harness, near.name);
  const results: ProbeResult[] = [];
  const check = icmpCheck({ timeoutMs: 500 });
  const address = ip(there[4]);
  harness.start({ address, check, netns: near.name }, (result) => results.push(result));
  clock.advance(400);
  // Room comes when the kernel gives up on its neighbours.
  await near.ip("neigh", "flush", "dev", "wire");
  assert.deepEqual(results, []);
  clock.advance(10);
  await until(() => results.length > 0);
  assert.deepEqual(results, [{ ok: true, code: "L4OK", detail: "echo reply", durationMs: 0 }]);
});

test("a ping took as long as it was on its way, and not until it was looked at", async () => {
  const clock = new FakeClock();
  await using harness = new Harness({ clock, engine: { kernelAge: () => 30 } });
  for (const address of ["127.0.0.1", "::1"]) {
    const results: ProbeResult[] = [];
    const target = { address: ip(address), check: icmpCheck(), netns: "" };
    harness.start(target, (result) => results.push(result));
    clock.advance(100);
    await until(() => results.length > 0);
    assert.deepEqual(results, [
      { ok: true, code: "L4OK", detail: "echo reply", durationMs: 70 },
    ]);
  }
});

test("what a router says of an echo is told", async () => {
  await using link = await linked();
  const { near, far } = link;
  const far4 = ["via", there[4]];
  const far6 = ["via", there[6]];
  await far.ip("route", "add", "unreachable", "203.0.113.128/25");
  await near.ip("route", "add", "203.0.113.0/25", ...far4, "hoplimit", "1");
  await near.ip("route", "add", "203.0.113.128/25", ...far4);
  await near.ip("-6", "route", "add", "2001:db8:1::/64", ...far6, "hoplimit", "1");
  await far.ip("route", "add", "203.0.113.0/25", "dev", "wire");
  await far.ip("-6", "route", "add", "2001:db8:1::/64", "dev", "wire");
  await using harness = new Harness();
  const expired = "L4CON TTL exceeded on the way, perhaps in a routing loop";
  for (
    const [address, outcome] of [
      ["203.0.113.1", expired],
      ["2001:db8:1::1", expired],
      ["203.0.113.129", "L4CON no route to host"],
    ] as const
  ) {
    assert.equal(await harness.outcome(icmpCheck(), address, near.name), outcome, address);
  }
});

/** As without CAP_NET_RAW. */
class Unprivileged extends NetnsSockets {
  override open(...args: Parameters<NetnsSockets["open"]>) {
    if ((args[2] & 7) === SOCK_RAW) return { reason: "CAP_NET_RAW is missing", isOwn: false };
    return super.open(...args);
  }
}

for (const sockets of [undefined, new Unprivileged()]) {
  const kind = sockets ? "an unprivileged" : "a raw";
  test(`the source of ${kind} ping socket may vanish and come back`, async () => {
    await using link = await linked();
    const { near } = link;
    await set(near, "net/ipv4/ping_group_range", "0 2147483647");
    await using harness = new Harness({ engine: sockets ? { sockets } : {} });
    const sources = { 4: "198.18.0.7", 6: "2001:db8::7" } as const;
    const check = icmpCheck({
      probeIpv4Source: ip(sources[4]),
      probeIpv6Source: ip(sources[6]),
      timeoutMs: 3_000,
    });
    for (const [family, bits] of [[4, 24], [6, 64]] as const) {
      const outcome = () => harness.outcome(check, there[family], near.name);
      const prefix = `${sources[family]}/${bits}`;
      const noDad = family === 6 ? ["nodad"] : [];
      const gone = `L4CON source address ${sources[family]} is not on this host`;
      assert.equal(await outcome(), gone);
      for (let i = 0; i < 2; i++) {
        await near.ip("addr", "add", prefix, "dev", "wire", ...noDad);
        assert.equal(await heard(outcome), "L4OK echo reply");
        await near.ip("addr", "del", prefix, "dev", "wire");
        assert.equal(await outcome(), gone);
      }
    }
  });
}

test("a reply from another address than the one that was asked is refused", async () => {
  await using link = await linked();
  const { near, far } = link;
  await far.ip("addr", "add", "198.18.0.3/24", "dev", "wire");
  await set(far, "net/ipv4/icmp_echo_ignore_all", "1");
  await using engine = new Engine();
  const everything = { types: [8], program: Uint8Array.of(6, 0, 0, 0, 0xff, 0xff, 0, 0) };
  const from = (source: string) => {
    const origin = { family: 4, netns: far.name, source: ip(source) } as const;
    const socket = engine.openPing(origin, everything, () => answer());
    assert.ok(socket instanceof PingSocket);
    return socket;
  };
  // What is asked of .2 is answered by .3, after which .2 says that it went nowhere.
  const answer = () => {
    const length = asked.receive();
    if (length < 0) return;
    const packet = engine.inbox.bytes.slice(0, length);
    assert.equal(other.send(ip(here[4]), sealed(0, 0, packet.slice(24))), undefined);
    const quote = Uint8Array.of(0, 0, 0, 0, ...packet);
    assert.equal(asked.send(ip(here[4]), sealed(3, 1, quote)), undefined);
  };
  using asked = from(there[4]);
  using other = from("198.18.0.3");
  await using harness = new Harness();
  assert.equal(
    await harness.outcome(icmpCheck(), there[4], near.name),
    "L4CON no route to host",
  );
});

/** An ICMP message with its checksum (RFC 1071). */
function sealed(type: number, code: number, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.of(type, code, 0, 0, ...rest);
  const view = new DataView(bytes.buffer);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(2, ~sum & 0xffff);
  return bytes;
}
