import assert from "node:assert/strict";
import { Engine, type Failure } from "../../lib/net/mod.ts";
import { expiredAt } from "../../lib/net/error_queue.ts";
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
  assert.equal(expiredAt(expiredV4), "10.1.0.2");
  assert.equal(expiredAt(expiredV6), "fd01::2");
});

Deno.test("a router that is not known or cut off is a router", () => {
  assert.equal(expiredAt(control(0, 11, "71000000020b0000", "00000000")), "a router");
  assert.equal(expiredAt(expiredV4.subarray(0, 39)), "a router");
  assert.equal(expiredAt(expiredV6.subarray(0, 55)), "a router");
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
    assert.equal(expiredAt(other), undefined);
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

Deno.test({
  ...needing(canMakeNamespaces, "root", "a connection whose packets expire on the way says where"),
  fn: async () => {
    await using here = await Namespace.create();
    await using router = await Namespace.create();
    await using there = await Namespace.create();
    await join([here, "out"], [router, "in"], "1");
    await join([there, "out"], [router, "in2"], "2");
    await sysctl(router, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    await here.ip("route", "add", "default", "via", "10.1.0.2");
    await here.ip("-6", "route", "add", "default", "via", "fd01::2");
    await sysctl(here, "net.ipv4.ip_default_ttl=1", "net.ipv6.conf.out.hop_limit=1");
    await using engine = new Engine();
    for (
      const [address, expected] of [
        ["10.2.0.1", "TTL exceeded on the way, says 10.1.0.2"],
        ["fd02::1", "TTL exceeded on the way, says fd01::2"],
      ] as const
    ) {
      const { promise, resolve } = Promise.withResolvers<Failure>();
      const target = { address: ip(address), port: 80, netns: here.name, source: undefined };
      const connection = engine.connect({ ...target, suspect: false }, {
        connected: () => assert.fail("connected"),
        readable: () => {},
        failed: resolve,
      });
      assert.ok(!("reason" in connection), JSON.stringify(connection));
      using _ = connection;
      assert.deepEqual(await promise, { reason: expected, isOwn: false });
    }
  },
});
