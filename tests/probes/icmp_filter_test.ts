import assert from "node:assert/strict";
import { Engine, PingSocket } from "../../lib/net/mod.ts";
import { icmpFilter } from "../../lib/probes/icmp_filter.ts";
import { encodeEcho } from "../../lib/probes/icmp_packet.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { ip } from "../support/ip.ts";

const own = 0x1234;

/** What a socket with the filter for {@link own} hears first of echoes with these ids, in order. */
async function heard(family: 4 | 6, netns: string, to: string, ids: readonly number[]) {
  await using engine = new Engine();
  const first = Promise.withResolvers<Uint8Array>();
  const origin = { family, netns, source: undefined };
  using socket = opened(engine.openPing(origin, icmpFilter(family, own), () => {
    const length = socket.receive();
    if (length > 0) first.resolve(engine.inbox.bytes.slice(0, length));
  }));
  assert.equal(socket.raw, true);
  for (const id of ids) {
    const bytes = new Uint8Array(16);
    encodeEcho(bytes, family, { id, sequence: id, token: [1, 2] });
    assert.equal(socket.send(ip(to), bytes), undefined);
  }
  const bytes = await first.promise;
  const icmp = bytes.subarray(socket.hasIpHeader ? 20 : 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { type: icmp[0], id: view.getUint16(bytes.length - 12) };
}

function opened(socket: PingSocket | { readonly reason: string }): PingSocket {
  assert.ok(socket instanceof PingSocket, JSON.stringify(socket));
  return socket;
}

const others = [0x1235, 0x3412, 0x1334, 0, 0xffff];

for (const [family, loopback, reply] of [[4, "127.0.0.1", 0], [6, "::1", 129]] as const) {
  Deno.test({
    ...needingNamespaces(`of IPv${family} echoes only the answers to its own reach a raw socket`),
    fn: async () => {
      assert.deepEqual(await heard(family, "", loopback, [...others, own]), {
        type: reply,
        id: own,
      });
    },
  });
}

Deno.test({
  ...needingNamespaces("of errors only those about its own echoes reach a raw socket"),
  fn: async () => {
    await using namespace = await Namespace.create();
    // Sent out and routed back in, echoes are refused by this host as a router.
    await namespace.addAddresses("2001:db8::1/128");
    await namespace.ip("-6", "route", "add", "2001:db8:4::/64", "dev", "lo");
    const { name } = namespace;
    // The kernel tells of six errors in a row at most, and of fewer when others cause some.
    const unlimited = "echo 0 > /proc/sys/net/ipv6/icmp/ratelimit && " +
      "echo 3 > /proc/sys/net/ipv6/icmp/ratemask";
    assert.ok((await namespace.command("sh", ["-c", unlimited]).output()).success);
    assert.deepEqual(await heard(6, name, "2001:db8:4::1", [...others, own]), { type: 1, id: own });
  },
});
