import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { type Event, EventSchema, VPPLBStateSchema } from "../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { callOf, VppCalls } from "../../lib/web/vpp_calls.ts";
import { VppTable } from "../../lib/web/vpp_table.ts";
import { serve } from "../api/support/harness.ts";
import { within } from "../support/deadline.ts";
import { startWeb, untilLink } from "./support/bed.ts";
import { sampleVpp } from "./support/sample_vpp.ts";

/** A log record as a maglevd tells it. */
function logged(msg: string, attributes: Record<string, string>, level = "info"): Event {
  const attrs = Object.entries(attributes).map(([key, value]) => ({ key, value }));
  return create(EventSchema, {
    event: { case: "log", value: { msg, level, atUnixNs: 1_500_000_000n, attrs } },
  });
}

const vip = { frontend: "www", vip: "192.0.2.1/32", protocol: "tcp", port: "80" };
const server = { ...vip, address: "192.0.2.11" };

Deno.test("each record of a change tells what VPP was asked, about what, and what came of it", () => {
  const told = (...record: Parameters<typeof logged>) => {
    const { call, about, detail, ok } = callOf(logged(...record)) ?? {};
    return `${call} | ${about} | ${detail} | ${ok}`;
  };
  const where = "192.0.2.1 tcp/80 server 192.0.2.11 of www";
  const cases: readonly (readonly [Parameters<typeof logged>, string])[] = [
    [
      ["vpp-lbsync-as-weight", { ...server, from: "100", to: "0", flush: "true" }],
      `lb_as_set_weight | ${where} | weight 100 → 0, flush | true`,
    ],
    [
      ["vpp-lbsync-as-add", { ...server, weight: "7" }],
      `lb_add_del_as_v2 | ${where} | add, weight 7 | true`,
    ],
    [
      ["vpp-lbsync-as-del", { ...server, flush: "true" }],
      `lb_add_del_as_v2 | ${where} | delete, flush | true`,
    ],
    [
      ["vpp-lbsync-vip-add", { ...vip, encap: "gre4" }],
      "lb_add_del_vip_v2 | 192.0.2.1 tcp/80 of www | add, encap gre4 | true",
    ],
    [
      ["vpp-lbsync-vip-del", { vip: "2001:db8::1/128", port: "0", reason: "stale" }],
      "lb_add_del_vip_v2 | 2001:db8::1 any | delete, stale | true",
    ],
    [
      ["vpp-lb-conf-set-failed", { change: "flow timeout", err: "refused" }, "warn"],
      "lb_conf |  | flow timeout: refused | false",
    ],
    [
      ["vpp-reconciler-error", { ...server, change: "as-weight", err: "no such" }, "warn"],
      `lb_as_set_weight | ${where} | as-weight: no such | false`,
    ],
    [
      ["vpp-reconciler-error", { ...vip, change: "vip-add", err: "no" }, "warn"],
      "lb_add_del_vip_v2 | 192.0.2.1 tcp/80 of www | vip-add: no | false",
    ],
    [
      ["vpp-reconciler-error", { ...server, change: "as-add", err: "no" }, "warn"],
      `lb_add_del_as_v2 | ${where} | as-add: no | false`,
    ],
    [
      ["vpp-reconciler-error", { err: "no" }, "warn"],
      "request |  | no | false",
    ],
    [
      ["vpp-lbsync-done", { scope: "all", vip_added: "0", refused: "0", "duration-ms": "3" }],
      "sync | all | nothing to change, in 3 ms | true",
    ],
    [
      [
        "vpp-lbsync-done",
        {
          ...{ scope: "vip", frontends: '["www","mail"]', vip_added: "1", as_added: "2" },
          "duration-ms": "1",
        },
      ],
      "sync | www, mail | VIPs added: 1, servers added: 2, in 1 ms | true",
    ],
    [
      [
        "log-limited",
        { record: "vpp-lbsync-as-weight", suppressed: "9", ...server, from: "1", to: "2" },
      ],
      `lb_as_set_weight | ${where} | weight 1 → 2: and 9 more like it | true`,
    ],
  ];
  for (const [record, expected] of cases) assert.equal(told(...record), expected);
  assert.equal(
    callOf(logged("vpp-lbsync-vip-del", { vip: "192.0.2.1/32" }))?.about,
    "192.0.2.1 any",
  );
  // What a record does not say is not made up.
  for (
    const [msg, expected] of [
      ["vpp-lbsync-as-weight", "lb_as_set_weight |  | weight ? → ? | true"],
      ["vpp-lbsync-as-add", "lb_add_del_as_v2 |  | add, weight ? | true"],
      ["vpp-lbsync-vip-add", "lb_add_del_vip_v2 |  | add, encap ? | true"],
      ["vpp-lbsync-vip-del", "lb_add_del_vip_v2 |  | delete | true"],
      ["vpp-lb-conf-set", "lb_conf |  |  | true"],
      ["vpp-lb-conf-set-failed", "lb_conf |  |  | true"],
      ["vpp-lbsync-done", "sync |  | nothing to change, in ? ms | true"],
    ] as const
  ) assert.equal(told(msg, {}), expected);
  assert.equal(callOf(logged("vpp-lbsync-as-del", server))?.at, 1_500);
  // A warning is no success, whether it says why or not, nor is what says why.
  const isOk = (...record: Parameters<typeof logged>) => callOf(logged(...record))?.ok;
  assert.deepEqual(
    [isOk("vpp-lb-conf-set-failed", {}, "warn"), isOk("vpp-lb-conf-set", { err: "no" }, "INFO")],
    [false, false],
  );
  assert.equal(isOk("vpp-lb-conf-set", {}, "INFO"), true);
  for (const msg of ["vpp-lbsync-start", "audit", "constructor", "log-limited"]) {
    assert.equal(callOf(logged(msg, {})), undefined, msg);
  }
});

Deno.test("what becomes of the connection, and of what is found, is told as well", () => {
  const told = (value: { change: string; detail?: string }) => {
    const attrs = [{ key: "a", value: "1" }, { key: "b", value: "2" }];
    const event = { case: "vpp", value: { ...value, attrs } } as const;
    return callOf(create(EventSchema, { atUnixNs: 2_000_000n, event }));
  };
  const what = { at: 2, about: "" };
  for (const change of ["connected", "in-step", "lost", "altered"]) {
    const ok = change === "connected" || change === "in-step";
    assert.deepEqual(told({ change }), { ...what, call: change, detail: "a 1, b 2", ok });
  }
  assert.equal(told({ change: "lost", detail: "it hangs" })?.detail, "it hangs");
});

Deno.test("of a text so much is told, and that it was longer", () => {
  const detailOf = (length: number) =>
    callOf(logged("vpp-lb-conf-set", { change: "x".repeat(length) }))?.detail;
  assert.equal(detailOf(300), "x".repeat(300));
  assert.equal(detailOf(301), `${"x".repeat(300)}…`);
});

Deno.test("so many calls are kept, the newest first, whatever is in them", () => {
  const calls = new VppCalls();
  for (let i = 0; i < 150; i++) {
    calls.take(logged("vpp-lbsync-as-add", { address: `${i} ${"x".repeat(1_000)}`, weight: "1" }));
  }
  calls.take(create(EventSchema, {
    atUnixNs: 2_000_000n,
    event: { case: "vpp", value: { change: "lost", detail: "it hangs" } },
  }));
  assert.equal(calls.newest.length, 100);
  assert.deepEqual(calls.newest[0], {
    ...{ at: 2, call: "lost", about: "", detail: "it hangs", ok: false },
  });
  assert.match(calls.newest[1]?.about ?? "", /^server 149 x{200,}…$/);
});

const tables = create(VPPLBStateSchema, {
  vips: [
    {
      frontend: "www",
      flowTableLength: 1024,
      applicationServers: [
        { backend: "web0", numBuckets: 768 },
        { backend: "web1", numBuckets: 256 },
        { backend: "", numBuckets: 0 },
      ],
    },
    { frontend: "", flowTableLength: 1024 },
  ],
});

Deno.test("VPP's tables are asked for once for all pages that look, and not kept when that fails", async () => {
  const clock = new FakeClock();
  let asked = 0;
  let error: ConnectError | undefined;
  const table = new VppTable(clock, () => {
    asked++;
    return error ? Promise.reject(error) : Promise.resolve(tables);
  });
  const www = { total: 1024, of: { web0: 768, web1: 256 } };
  const none = { total: 0, of: {} };
  assert.deepEqual(await Promise.all([table.buckets("www"), table.buckets("mail")]), [www, none]);
  clock.advance(3_999);
  assert.deepEqual([await table.buckets("www"), asked], [www, 1]);
  clock.advance(1);
  error = new ConnectError("VPP is away", Code.Unavailable);
  assert.deepEqual([await table.buckets("www"), asked], [none, 2]);
  clock.advance(4_000);
  error = new ConnectError("no", Code.PermissionDenied);
  await assert.rejects(table.buckets("www"), /no/);
  error = undefined;
  assert.deepEqual([await table.buckets("www"), asked], [www, 4]);
  clock.advance(3_999);
  assert.deepEqual([await table.buckets("www"), asked], [www, 4]);
});

Deno.test("the view tells pages what a maglevd has its VPP do, and how its table is shared", async () => {
  await using maglevd = await serve({ vpp: sampleVpp() });
  await using web = await startWeb([maglevd.address]);
  await untilLink(web.url, "connected");
  const ask = async (path: string) => {
    const params = `server=${encodeURIComponent(maglevd.address)}&frontend=www`;
    return await (await fetch(`${web.url}/view/api/${path}?${params}`)).json();
  };
  const { total, of } = await ask("buckets");
  assert.deepEqual([total, of], [1024, { web0: 1024, web1: 0 }]);
  maglevd.log.info("vpp-lbsync-as-weight", { ...server, from: 100, to: 0, flush: false });
  const told = async () => {
    while (true) {
      const { calls } = await ask("calls");
      if (calls.length > 0) return calls;
    }
  };
  const [call] = await within(30_000, "the call", told());
  assert.partialDeepStrictEqual(call, { call: "lb_as_set_weight", detail: "weight 100 → 0" });
});
