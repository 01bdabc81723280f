import assert from "node:assert/strict";
import { Engine, type Failure } from "../../lib/net/mod.ts";
import { saidIn } from "../../lib/net/error_queue.ts";
import { ip } from "../support/ip.ts";
import { needing } from "../support/programs.ts";
import { canMakeNamespaces, Namespace } from "./support/namespaces.ts";

/** As Linux 6 wrote them: level, option, struct sock_extended_err, the offender. */
const expiredV4 = control(0, 11, "71000000020b0000", "020000000a0100020000000000000000");
const expiredV6 = control(
  ...[41, 25, "7100000003030000"] as const,
  "0a00000000000000fd01000000000000000000000000000200000000",
);

function control(level: number, option: number, error: string, offender: string): Uint8Array {
  const header = new Uint8Array(new Uint32Array([48, 0, level, option]).buffer);
  const rest = Uint8Array.fromHex(`${error}0000000000000000${offender}`);
  return Uint8Array.from([...header, ...rest]);
}

Deno.test("who let packets expire is named", () => {
  assert.equal(saidIn(expiredV4), "TTL exceeded on the way, says 10.1.0.2");
  assert.equal(saidIn(expiredV6), "TTL exceeded on the way, says fd01::2");
});

Deno.test("who forbids is named, whatever the kernel makes of it", () => {
  const offenders = {
    4: "020000000a010002",
    6: "0a00000000000000fd010000000000000000000000000002",
  };
  const said = (family: 4 | 6, type: number, code: number) => {
    const [level, option, origin] = family === 4 ? [0, 11, "02"] : [41, 25, "03"];
    const error = `71000000${origin}0${type}${code.toString(16).padStart(2, "0")}00`;
    return saidIn(control(level, option, error, offenders[family]));
  };
  const codes = Array.from({ length: 16 }, (_, code) => code);
  assert.deepEqual(codes.filter((code) => said(4, 3, code) !== undefined), [9, 10, 13]);
  assert.deepEqual(codes.filter((code) => said(6, 1, code) !== undefined), [1, 5, 6]);
  assert.equal(said(4, 3, 13), "prohibited on the way, says 10.1.0.2");
  assert.equal(said(6, 1, 1), "prohibited on the way, says fd01::2");
});

Deno.test("a router that is not known or cut off is a router", () => {
  assert.equal(
    saidIn(control(0, 11, "71000000020b0000", "00000000")),
    "TTL exceeded on the way, says a router",
  );
  assert.equal(saidIn(expiredV4.subarray(0, 39)), "TTL exceeded on the way, says a router");
  assert.equal(saidIn(expiredV6.subarray(0, 55)), "TTL exceeded on the way, says a router");
});

Deno.test("what ICMP says otherwise is no expiry", () => {
  const offender = "020000000a0100020000000000000000";
  for (
    const other of [
      control(0, 11, "7100000002030000", offender),
      control(0, 11, "71000000030b0000", offender),
      control(0, 12, "71000000020b0000", offender),
      control(1, 11, "71000000020b0000", offender),
      control(41, 25, "71000000020b0000", offender),
      expiredV4.subarray(0, 31),
      new Uint8Array(0),
    ]
  ) {
    assert.equal(saidIn(other), undefined);
  }
});

/** Joins two namespaces by a link on which each has an address of both families. */
async function join(
  [one, first]: readonly [Namespace, string],
  [other, second]: readonly [Namespace, string],
  net: string,
): Promise<void> {
  const peer = ["peer", "name", second, "netns", other.name];
  await one.ip("link", "add", first, "type", "veth", ...peer);
  for (const [namespace, link, host] of [[one, first, 1], [other, second, 2]] as const) {
    await namespace.ip("addr", "add", `10.${net}.0.${host}/24`, "dev", link);
    await namespace.ip("addr", "add", `fd0${net}::${host}/64`, "dev", link, "nodad");
    await namespace.ip("link", "set", link, "up");
  }
}

async function sysctl(namespace: Namespace, ...settings: string[]): Promise<void> {
  const { success } = await namespace.command("sysctl", ["-qw", ...settings]).output();
  assert.ok(success, settings.join());
}

/** This host, a router, and a network behind it. */
async function behindRouter() {
  await using parts = new AsyncDisposableStack();
  const here = parts.use(await Namespace.create());
  const router = parts.use(await Namespace.create());
  const there = parts.use(await Namespace.create());
  await join([here, "out"], [router, "in"], "1");
  await join([there, "out"], [router, "in2"], "2");
  await sysctl(router, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  await here.ip("route", "add", "default", "via", "10.1.0.2");
  await here.ip("-6", "route", "add", "default", "via", "fd01::2");
  const own = parts.move();
  return { here, router, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

/** Why a connection to port 80 of an address fails. */
async function failureOf(engine: Engine, address: string, netns: string): Promise<Failure> {
  const { promise, resolve } = Promise.withResolvers<Failure>();
  const target = { address: ip(address), port: 80, netns, source: undefined, suspect: false };
  const connection = engine.connect(target, {
    connected: () => assert.fail("connected"),
    readable: () => {},
    failed: resolve,
  });
  assert.ok(!("reason" in connection), JSON.stringify(connection));
  using _ = connection;
  return await promise;
}

Deno.test({
  ...needing(canMakeNamespaces, "root", "a connection whose packets expire on the way says where"),
  fn: async () => {
    await using network = await behindRouter();
    const { here } = network;
    await sysctl(here, "net.ipv4.ip_default_ttl=1", "net.ipv6.conf.out.hop_limit=1");
    await using engine = new Engine();
    for (
      const [address, expected] of [
        ["10.2.0.1", "TTL exceeded on the way, says 10.1.0.2"],
        ["fd02::1", "TTL exceeded on the way, says fd01::2"],
      ] as const
    ) {
      assert.deepEqual(await failureOf(engine, address, here.name), outer(expected));
    }
  },
});

const refusedAtOnce = "a connection that a router refuses ends with its first packet, and says why";

Deno.test({
  ...needing(canMakeNamespaces, "root", refusedAtOnce),
  fn: async () => {
    await using network = await behindRouter();
    const { here, router } = network;
    await router.ip("route", "add", "unreachable", "10.3.0.0/16");
    await router.ip("route", "add", "prohibit", "10.4.0.0/16");
    await router.ip("route", "add", "unreachable", "fd03::/64");
    await router.ip("route", "add", "prohibit", "fd04::/64");
    await using engine = new Engine();
    for (
      const [address, expected] of [
        ["10.3.0.1", "no route to host"],
        ["10.4.0.1", "prohibited on the way, says 10.1.0.2"],
        ["fd03::1", "network is unreachable"],
        ["fd04::1", "prohibited on the way, says fd01::2"],
      ] as const
    ) {
      assert.deepEqual(await failureOf(engine, address, here.name), outer(expected));
    }
    assert.equal(await repeatedSegments(here), 0);
  },
});

function outer(reason: string): Failure {
  return { reason, isOwn: false };
}

/** How many segments of TCP were sent again in a namespace. */
async function repeatedSegments(namespace: Namespace): Promise<number> {
  const { stdout } = await namespace.command("cat", ["/proc/net/snmp"]).output();
  const [names = [], values = []] = new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.startsWith("Tcp:")).map((line) => line.split(" "));
  return Number(values[names.indexOf("RetransSegs")]);
}
