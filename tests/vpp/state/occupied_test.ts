import assert from "node:assert/strict";
import fc from "fast-check";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import { Occupied } from "../../../lib/vpp/state/occupied.ts";
import { vipId } from "../../../lib/vpp/state/vip.ts";
import { EncodeError } from "../../../lib/binapi/mod.ts";
import { KnownState } from "../../../lib/vpp/state/known.ts";
import { nextSteps } from "../../../lib/vpp/sync/steps.ts";
import { ip } from "../../support/ip.ts";
import { Carrying } from "../support/carrying.ts";
import { ModelVpp } from "../support/model_vpp.ts";

const lb = { ipv4Source: ip("192.0.2.254"), ipv6Source: ip("2001:db8::254") };

/** A VIP with a port and with these servers. */
function vip(address: string, servers: readonly string[] = [], prefixLength = 32): DesiredVip {
  const key = { address: ip(address), prefixLength, protocol: 6, port: 80 };
  return {
    ...key,
    id: vipId(key),
    frontend: `on-${address}`,
    encap: "gre4",
    sticky: false,
    flowTableLength: 1024,
    servers: servers.map((one) => ({ address: ip(one), weight: 1, flush: false })),
  };
}

/** The part of a configuration that asks for VIPs at these addresses. */
function wanted(addresses: readonly string[]) {
  const frontends = addresses.map((text) => ({
    ...{
      name: `on-${text}`,
      description: "",
      address: ip(text),
      protocol: "tcp" as const,
      port: 80,
    },
    ...{
      srcIpSticky: false,
      flushOnDown: true,
      drainDeadlineMs: 0,
      failOpen: "never" as const,
      slowStartMs: 0,
      pools: [],
    },
  }));
  return { frontends: new Map(frontends.map((one) => [one.name, one])), lb };
}

/** What VPP is known to have. */
function present(...vips: readonly DesiredVip[]): KnownState {
  const known = new KnownState();
  for (const one of vips) {
    known.vipAdded(one);
    for (const { address } of one.servers) {
      known.serverChanged(one.id, { kind: "as-add", address, weight: 1, flushing: false });
    }
  }
  return known;
}

Deno.test("no server comes to the address of a VIP, wanted or present, or of a tunnel", () => {
  const occupied = new Occupied(
    wanted(["192.0.2.1"]),
    present(vip("192.0.2.9"), vip("198.51.100.0", [], 22), vip("2001:db8:1::", [], 41)),
  );
  const cases: [string, string | undefined][] = [
    ["192.0.2.1", "the VIP of frontend on-192.0.2.1"],
    ["192.0.2.254", "the source of VPP's tunnels"],
    ["2001:db8::254", "the source of VPP's tunnels"],
    ["192.0.2.9", "the VIP 192.0.2.9/32 that VPP has"],
    ["198.51.100.0", "the VIP 198.51.100.0/22 that VPP has"],
    ["198.51.103.255", "the VIP 198.51.100.0/22 that VPP has"],
    ["2001:db8:7f:ffff::1", "the VIP 2001:db8:1::/41 that VPP has"],
    ["198.51.99.255", undefined],
    ["198.51.104.0", undefined],
    // Each octet counts from its first bit on.
    ["70.51.100.0", undefined],
    ["198.179.100.0", undefined],
    ["2001:db8:80::", undefined],
    ["192.0.2.2", undefined],
  ];
  for (const [text, use] of cases) {
    const reason = use && `the server ${text} is at the address of ${use}`;
    assert.equal(occupied.refuseServer(ip(text)), reason, text);
  }
});

Deno.test("no VIP comes to the address of a server that VPP has, or of a tunnel", () => {
  const occupied = new Occupied(wanted([]), present(vip("192.0.2.1", ["10.0.0.1", "10.0.0.2"])));
  const server = "a server that VPP has for the VIP 192.0.2.1/32";
  const cases: [string, string | undefined][] = [
    ["10.0.0.2", server],
    ["10.0.0.1", server],
    ["192.0.2.254", "the source of VPP's tunnels"],
    ["192.0.2.1", undefined],
    ["10.0.0.3", undefined],
  ];
  for (const [text, use] of cases) {
    const reason = use && `the VIP ${text} is at the address of ${use}`;
    assert.equal(occupied.refuseVip(vip(text)), reason, text);
  }
});

Deno.test("what is refused is no request at all", async () => {
  const occupied = new Occupied(wanted(["192.0.2.1"]), present());
  const server = { kind: "as-add", address: ip("192.0.2.1"), weight: 1, flushing: false } as const;
  const changes = [{ vip: vip("192.0.2.2"), isAdded: false, servers: [server] }];
  const [step = assert.fail()] = nextSteps(
    { removals: [], changes, blocked: [], looked: 0 },
    new Set(),
  );
  await assert.rejects(
    step.send({ request: () => assert.fail("it was sent") }, occupied),
    new EncodeError(
      "lb_add_del_as_v2 is not sent: the server 192.0.2.1 is at the address of " +
        "the VIP of frontend on-192.0.2.1",
    ),
  );
});

/** The addresses that are VIPs, and the servers of all of them. */
interface Roles {
  readonly vips: readonly string[];
  readonly servers: readonly string[];
}

const role = fc.constantFrom("vip", "server", "none");
const someRoles: fc.Arbitrary<Roles> = fc.array(role, { minLength: 6, maxLength: 6 }).map(
  (roles) => {
    const named = (wanted: string) =>
      roles.flatMap((each, i) => each === wanted ? [`192.0.2.${i + 1}`] : []);
    return { vips: named("vip"), servers: named("server") };
  },
);

Deno.test("on the way between two sound configurations no server is ever at a VIP", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someRoles, { minLength: 2, maxLength: 4 }), async (steps) => {
      const vpp = new ModelVpp();
      const on = new Carrying(vpp, [], watched(vpp));
      for (const roles of steps) {
        on.desired = roles.vips.map((text) => vip(text, roles.servers));
        const { counts } = await on.everything();
        assert.equal(counts.refused, 0, "what has to wait for an address is not refused");
        assert.deepEqual(vpp.summary(), roles.vips.map((text) => summaryOf(text, roles)).sort());
      }
    }),
    { seed: 96, numRuns: 200 },
  );
});

Deno.test("what waits for an address that nobody gives up is refused, once", async () => {
  const vpp = new ModelVpp();
  const on = new Carrying(vpp, [vip("192.0.2.1", ["10.0.0.9"])], watched(vpp));
  await on.everything();
  on.desired = [
    vip("192.0.2.1", ["10.0.0.9", "10.0.0.8"]),
    vip("10.0.0.9", ["10.0.0.2"]),
    vip("192.0.2.7", ["10.0.0.3"]),
  ];
  const run = await on.everything();
  assert.deepEqual(
    vpp.summary(),
    [
      "192.0.2.1/32 6 80 encap 0 sticky false: 10.0.0.8=1 10.0.0.9=1",
      "192.0.2.7/32 6 80 encap 0 sticky false: 10.0.0.3=1",
    ],
    "all that need not wait is done",
  );
  assert.equal(run.counts.refused, 1);
  assert.deepEqual(on.log.named("vpp-reconciler-error").map(({ change, err }) => [change, err]), [[
    "vip-add",
    "lb_add_del_vip_v2 is not sent: the VIP 10.0.0.9 is at the address of " +
    "a server that VPP has for the VIP 192.0.2.1/32",
  ]]);
});

function summaryOf(text: string, { servers }: Roles): string {
  return `${text}/32 6 80 encap 0 sticky false: ${servers.map((one) => `${one}=1`).join(" ")}`;
}

/** Looks after each request whether VPP could tunnel to itself now. */
function watched(vpp: ModelVpp): ModelVpp["request"] {
  return async (call, value) => {
    const reply = await vpp.request(call, value);
    const vips = new Set(vpp.vipDetails().map(({ vip }) => vip.pfx.address.text));
    const used = vpp.asDetails().filter(({ flags }) => flags === 1);
    for (const { app_srv: { text } } of used) assert.ok(!vips.has(text), vpp.sent.join("\n"));
    return reply;
  };
}
