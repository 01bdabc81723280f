import type { Message } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import type { FrontendInfo, ListBackendsResponse } from "../../lib/gen/maglev_pb.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { CallSlots } from "../../lib/api/limits.ts";
import { toConnectError } from "../../lib/rpc/errors.ts";
import { maglevRpcs } from "../../lib/api/service.ts";
import type { MaglevDeps } from "../../lib/api/service.ts";
import { OperatorError } from "../../lib/events/mod.ts";
import type { VppService } from "../../lib/vpp/mod.ts";
import { CheckerBed } from "./support/checker_bed.ts";
import { sharesOf } from "../port/support/peer_shares_of.ts";
import { smallConfig } from "./support/small_config.ts";
import { allDeps, Service, type UnaryName, vpp } from "./support/service_bed.ts";
import { operatorAt } from "../rpc/support/callers.ts";

Deno.test("every RPC of the wire contract has a row", () => {
  const rows = maglevRpcs(allDeps(new CheckerBed())).map(({ method }) => method.name);
  assert.deepEqual([...rows].sort(), Maglev.methods.map(({ name }) => name).sort());
});

Deno.test("lists are sorted, and without details hold names only", async () => {
  const service = new Service();
  assert.partialDeepStrictEqual(await service.call("listBackends"), {
    backendNames: ["web0", "web1", "web2", "web3"],
    backends: [],
  });
  assert.partialDeepStrictEqual(await service.call("listFrontends"), {
    frontendNames: ["api", "www"],
    frontends: [],
  });
  assert.partialDeepStrictEqual(await service.call("listHealthChecks"), {
    names: ["imaps", "ping", "smtp", "web"],
  });
});

Deno.test("details come in the order of the names", async () => {
  const { backendNames, backends } = await new Service().call(
    "listBackends",
    { details: true },
    { binary: false },
  ) as ListBackendsResponse;
  assert.deepEqual(backends.map(({ name }) => name), backendNames);
});

Deno.test("details written in slices are the same as protobuf and as JSON", async () => {
  const service = new Service({}, new CheckerBed(smallConfig(300)));
  for (const name of ["listBackends", "listFrontends"] as const) {
    const binary = await service.call(name, { details: true });
    const json = await service.call(name, { details: true }, { binary: false });
    assert.deepEqual(json, binary);
  }
  const { backends } = await service.call("listBackends", {
    details: true,
  }) as ListBackendsResponse;
  assert.equal(backends.length, 300);
});

Deno.test("a name that nothing has is not found, and quoted", async () => {
  const service = new Service();
  const name = 'x "y"';
  assert.deepEqual(await service.refusal("getBackend", { name }), [
    "NotFound",
    String.raw`backend "x \"y\"" not found`,
  ]);
  assert.equal((await service.refusal("getFrontend", { name }))[0], "NotFound");
  assert.equal((await service.refusal("getHealthCheck", { name }))[0], "NotFound");
  assert.equal((await service.refusal("enableBackend", { name }))[0], "NotFound");
  assert.equal((await service.refusal("disableBackend", { name }))[0], "NotFound");
  assert.equal((await service.refusal("pauseBackend", { name }))[0], "FailedPrecondition");
  assert.equal((await service.refusal("resumeBackend", { name }))[0], "FailedPrecondition");
});

Deno.test("operators' requests answer with the backend as it is then", async () => {
  const service = new Service();
  const state = async (name: UnaryName) => {
    return (await service.call(name, { name: "web1" }) as Message & { state: string }).state;
  };
  assert.equal(await state("pauseBackend"), "paused");
  assert.equal(await state("resumeBackend"), "unknown");
  assert.equal(await state("disableBackend"), "disabled");
  assert.equal(await state("enableBackend"), "unknown");
});

Deno.test("a weight is passed on with its flush", async () => {
  const service = new Service();
  const request = { frontend: "www", pool: "primary", backend: "web0", weight: 7, flush: true };
  const info = await service.call("setFrontendPoolBackendWeight", request) as FrontendInfo;
  assert.equal(info.name, "www");
  assert.equal(info.pools[0]?.backends[0]?.weight, 7);
  assert.partialDeepStrictEqual(service.bed.events.find(({ kind }) => kind === "weight"), {
    configured: { from: 100, to: 7 },
    flush: true,
  });
});

Deno.test("who asks is told with all that follows from it", async () => {
  const actors: unknown[] = [];
  const config: MaglevDeps["config"] = {
    check: () => Promise.resolve({ kind: "ok" }),
    foresee: () => Promise.resolve({ kind: "ok" }),
    reload: (actor) => Promise.resolve(void actors.push(actor)).then(() => ({ kind: "ok" })),
  };
  const service = new Service({ config, vpp: { ...vpp, sync: () => Promise.resolve() } });
  const { bed } = service;
  bed.move("web1", "up");
  bed.events.length = 0;
  const name = "web1";
  for (const rpc of ["pauseBackend", "resumeBackend", "disableBackend", "enableBackend"] as const) {
    await service.call(rpc, { name }, { principal: operatorAt(`from ${rpc}`) });
  }
  const weight = { frontend: "www", pool: "primary", backend: "web0", weight: 7 };
  await service.call("setFrontendPoolBackendWeight", weight, {
    principal: operatorAt("from weight"),
  });
  await service.call("syncVPPLBState", { frontendName: "www" }, {
    principal: operatorAt("from sync"),
  });
  await service.call("reloadConfig", {}, { principal: operatorAt("from reload") });
  assert.deepEqual(actors, [{ name: "operator", from: "from reload" }]);
  const deeds = bed.events.filter(({ kind }) => kind === "operator");
  assert.deepEqual(
    deeds.map((event) => [event.kind === "operator" && event.action, event.actor?.from]),
    [
      ["pause", "from pauseBackend"],
      ["resume", "from resumeBackend"],
      ["disable", "from disableBackend"],
      ["enable", "from enableBackend"],
      ["weight", "from weight"],
      ["sync", "from sync"],
    ],
  );
  assert.partialDeepStrictEqual(deeds.at(-1), { frontend: "www", cause: { kind: "operator" } });
  assert.ok(bed.events.every(({ actor }) => actor?.name === "operator"));
});

Deno.test("a sync is told once, when it is asked for, before anything comes of it", async () => {
  const told: string[][] = [];
  const bed = new CheckerBed();
  const note = () =>
    told.push(bed.events.map((event) => event.kind === "operator" ? event.detail : event.kind));
  const sync = () => {
    note();
    return Promise.reject(new OperatorError("failed-precondition", "warming up for 3 s more"));
  };
  await new Service({ vpp: { ...vpp, sync } }, bed).refusal("syncVPPLBState");
  note();
  const asked = [["asked for"], ["asked for"]];
  assert.deepEqual(told, asked, "not as done: that it fails is for the audit");
});

Deno.test("of the VPP that is connected it is said whether it is in step", async () => {
  const info = () => ({
    ...{ version: "26.10", buildDate: "", buildDirectory: "", pid: 1 },
    ...{ bootTime: 0, connectedSince: 0 },
  });
  const step = () => ({
    ...{ inStep: false, since: 2_000, checkedAt: 3_000, differs: ["a: -70"] },
    pendingSince: 4_000,
  });
  const service = new Service({ vpp: { ...vpp, info, step } });
  assert.partialDeepStrictEqual(await service.call("getVPPInfo"), {
    ...{ version: "26.10", inStep: false, differs: ["a: -70"] },
    ...{ stepSinceNs: 2_000_000_000n, checkedNs: 3_000_000_000n, pendingSinceNs: 4_000_000_000n },
  });
});

Deno.test("a weight outside 0-100 is an invalid argument and goes nowhere", async () => {
  const service = new Service();
  for (const weight of [-1, 101, 2 ** 31 - 1]) {
    assert.deepEqual(await service.refusal("setFrontendPoolBackendWeight", { weight }), [
      "InvalidArgument",
      `weight ${weight} is outside 0-100`,
    ]);
  }
  assert.deepEqual(service.bed.events, []);
});

Deno.test("without VPP all its RPCs are unavailable", async () => {
  const service = new Service();
  for (
    const name of [
      "getVPPInfo",
      "getVPPLBState",
      "getVPPLBCounters",
      "syncVPPLBState",
      "planVPPLBState",
    ] as const
  ) {
    assert.deepEqual(await service.refusal(name), ["Unavailable", "VPP integration is disabled"]);
  }
});

Deno.test("a VPP that is away or says no is reported in its own words", async () => {
  const service = new Service({ vpp });
  assert.deepEqual(await service.refusal("getVPPInfo"), ["Unavailable", "not connected to VPP"]);
  assert.deepEqual(await service.refusal("getVPPLBCounters"), [
    "Unavailable",
    "not connected to VPP",
  ]);
  assert.deepEqual(await service.refusal("getVPPLBState"), [
    "Unavailable",
    "VPP did not answer lb_vip_dump",
  ]);
  assert.deepEqual(await service.refusal("syncVPPLBState"), [
    "FailedPrecondition",
    "warming up for 3 s more",
  ]);
});

Deno.test("no frontend name means everything; an empty or an unknown one is refused", async () => {
  const scopes: (string | undefined)[] = [];
  const sync = (frontend?: string) => Promise.resolve(void scopes.push(frontend));
  const service = new Service({ vpp: { ...vpp, sync } });
  await service.call("syncVPPLBState", {});
  await service.call("syncVPPLBState", { frontendName: "www" });
  for (const name of ["syncVPPLBState", "planVPPLBState"] as const) {
    assert.deepEqual(await service.refusal(name, { frontendName: "" }), [
      "InvalidArgument",
      "frontend_name is empty: leave it out to mean everything",
    ]);
    assert.deepEqual(await service.refusal(name, { frontendName: "ww" }), [
      "NotFound",
      'frontend "ww" not found',
    ]);
  }
  assert.deepEqual(scopes, [undefined, "www"]);
  const told = service.bed.events.map((event) => event.kind === "operator" && event.frontend);
  assert.deepEqual(told, ["", "www"], "what was refused leaves no trace in the journal");
});

Deno.test("what an operator should not see becomes an internal error without words", () => {
  const error = toConnectError(new TypeError("secret"));
  assert.deepEqual([error.code, error.rawMessage], [Code.Internal, "internal error"]);
});

Deno.test("lists that are made in slices have a number of slots, names alone need none", async () => {
  const bed = new CheckerBed();
  const { calls } = allDeps(bed);
  const lists = new CallSlots(sharesOf({ total: 0, perPrefix: 0, reserved: 0 }));
  const service = new Service({ calls: { ...calls, lists } }, bed);
  for (const name of ["listBackends", "listFrontends"] as const) {
    assert.equal((await service.refusal(name, { details: true }))[0], "ResourceExhausted");
    await service.call(name);
  }
  assert.equal((await service.refusal("listEvents"))[0], "ResourceExhausted");
  await service.call("listHealthChecks");
});

Deno.test("events that only the disk has take a slot, and those in memory none", async () => {
  const bed = new CheckerBed();
  const { calls } = allDeps(bed);
  const archive = { list: () => Promise.resolve({ events: [], next: undefined }) };
  const none = new CallSlots(sharesOf({ total: 0, perPrefix: 0, reserved: 0 }));
  const service = new Service({ archive, calls: { ...calls, archive: none } }, bed);
  assert.equal((await service.refusal("listEvents"))[0], "ResourceExhausted");
  bed.checker.operate([{ action: "pause", backend: "web0" }], { name: "operator", from: "" });
  bed.checker.operate([{ action: "resume", backend: "web0" }], { name: "operator", from: "" });
  await service.call("listEvents", { limit: 1 });
});

Deno.test("a weight may be all that there is", async () => {
  const service = new Service();
  const request = { frontend: "www", pool: "primary", backend: "web0" };
  for (const weight of [0, 100]) {
    const info = await service.call("setFrontendPoolBackendWeight", {
      ...request,
      weight,
    }) as FrontendInfo;
    assert.equal(info.pools[0]?.backends[0]?.weight, weight);
  }
});

Deno.test("what VPP says is written once for each reading of it, and form", async () => {
  const reading = () => ({
    conf: { ipv4Source: undefined, ipv6Source: undefined, ...{ stickyBucketsPerCore: 1 } },
    vips: [],
  });
  const state = { ...reading(), conf: { ...reading().conf, flowTimeoutSeconds: 40 } };
  const counters = { at: 1, vips: [], addresses: [], servers: [] };
  const service = new Service({
    vpp: { ...vpp, state: () => Promise.resolve(state), counters: () => counters },
  });
  for (const binary of [true, false]) {
    assert.partialDeepStrictEqual(await service.call("getVPPLBState", {}, { binary }), {
      conf: { flowTimeout: 40 },
    });
    assert.partialDeepStrictEqual(await service.call("getVPPLBCounters", {}, { binary }), {
      atUnixNs: 1_000_000n,
    });
    assert.partialDeepStrictEqual(await service.call("planVPPLBState", {}, { binary }), {
      changes: [],
    });
  }
});

Deno.test("maglevd tells what it is, and whether its file is the one in force", async () => {
  const reply = await new Service().call("getStatus");
  assert.partialDeepStrictEqual(reply, {
    ...{ startedUnixNs: 1_000_000_000n, configLoadedUnixNs: 2_000_000_000n, configPath: "m.yaml" },
    ...{ configFileChanged: true, configRejected: "line 3: no", vpp: "off", warmup: "" },
    state: {
      ...{ directory: "/var/lib/vpp-maglev", notKept: "the disk is full" },
      notKeptSinceUnixNs: 3_000_000_000n,
      troubles: [{ atUnixNs: 1_500_000_000n, text: "it was damaged" }],
    },
  });
  const slow: Pick<VppService, "away" | "warmup"> = {
    warmup: () => ({ phase: "settling", until: 9 }),
    away: () => ({ since: 1, reason: "it hangs", nextTryAt: 3 }),
  };
  const warming = new Service({ vpp: { ...vpp, ...slow } });
  assert.partialDeepStrictEqual(await warming.call("getStatus"), {
    ...{ vpp: "away", warmup: "settling", warmupUntilUnixNs: 9_000_000n },
    vppAway: { sinceUnixNs: 1_000_000n, reason: "it hangs", nextTryUnixNs: 3_000_000n },
  });
});
