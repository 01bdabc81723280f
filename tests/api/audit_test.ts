import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { accessByPlace, methodRoles, type Principal } from "../../lib/access/mod.ts";
import { because, type MaglevEvent, type Reason } from "../../lib/events/mod.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import type { AuditedChange } from "../../lib/rpc/audit.ts";
import { identifyBy } from "../../lib/port/caller.ts";
import { maglevRpcs } from "../../lib/api/service.ts";
import { auditedSync } from "../../lib/api/steering.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { ApiBed } from "./support/api_bed.ts";
import { auditOn, operatorAt } from "../rpc/support/callers.ts";
import { CheckerBed } from "./support/checker_bed.ts";
import { allDeps } from "./support/service_bed.ts";
import { call, type Way, ways } from "../rpc/support/ways.ts";

const m = Maglev.method;
const grpc = ways[0] ?? assert.fail();
const stranger: Principal = {
  ...{ name: "anonymous", role: "view", peer: "192.0.2.9", method: "none" },
};

function audits({ events }: CheckerBed): (MaglevEvent & { readonly kind: "audit" })[] {
  return events.filter((event) => event.kind === "audit");
}

/** The audits as lines. */
function lines(bed: CheckerBed): string[] {
  return audits(bed).map(({ actor, role, method, target, before, after, result, reason }) =>
    `${actor?.name} ${actor?.from} ${role} ${method} [${target}] ${before} > ${after} ${result}` +
    (reason && `: ${reason}`)
  );
}

type Method = Parameters<typeof call>[2];

async function ask(
  api: ApiBed,
  method: Method,
  fields: Record<string, unknown>,
  way: Way = grpc,
): Promise<Code | 0> {
  const message = toBinary(method.input, create(method.input, fields));
  return (await call(api.handlers, way, method, message)).code;
}

Deno.test("each change is told with who, what, before and after", async () => {
  using api = new ApiBed(new CheckerBed(), {}, [], () => operatorAt("192.0.2.7"));
  const weight = { frontend: "www", pool: "primary", backend: "web0", weight: 50 };
  const asked: [Method, Record<string, unknown>][] = [
    [m.pauseBackend, { name: "web0" }],
    [m.resumeBackend, { name: "web0" }],
    [m.disableBackend, { name: "web0" }],
    [m.enableBackend, { name: "web0" }],
    [m.drainBackend, { name: "web0" }],
    [m.setFrontendPoolBackendWeight, weight],
    [m.operate, {
      operations: [
        { action: "enable", backends: ["web0"] },
        { action: "weight", backends: ["web0", "web1"], ...{ ...weight, backend: "" } },
      ],
    }],
  ];
  for (const [method, fields] of asked) {
    const { backend: _, ...known } = fields;
    assert.equal(await ask(api, method, method === m.operate ? known : fields), 0, method.name);
  }
  const by = "operator 192.0.2.7 admin";
  const place = "in pool primary of frontend www";
  assert.deepEqual(lines(api.bed), [
    `${by} PauseBackend [backend web0] unknown > paused OK`,
    `${by} ResumeBackend [backend web0] paused > unknown OK`,
    `${by} DisableBackend [backend web0] unknown > disabled OK`,
    `${by} EnableBackend [backend web0] disabled > unknown OK`,
    `${by} DrainBackend [backend web0] unknown > unknown, draining OK`,
    `${by} SetFrontendPoolBackendWeight [backend web0 ${place}] weight 100 > weight 50 OK`,
    `${by} Operate [enable backend web0; weight backend web0 ${place}; ` +
    `weight backend web1 ${place}] unknown, draining; weight 50; weight 100 > ` +
    "unknown; weight 50; weight 50 OK",
  ]);
  for (const event of audits(api.bed)) assert.deepEqual(event.cause, { kind: "operator" });
  assert.equal(api.observer.count("audited PauseBackend OK"), 1);
});

Deno.test("a backend that is drained is told as such, before what is done to it", async () => {
  using api = new ApiBed(new CheckerBed(), {}, [], () => operatorAt("192.0.2.7"));
  const { checker, clock } = api.bed;
  checker.operate([{ action: "drain", backend: "web0", deadlineMs: 30_000 }]);
  clock.advance(31_000);
  assert.equal(await ask(api, m.pauseBackend, { name: "web0" }), 0);
  assert.match(
    lines(api.bed)[0] ?? "",
    /^\S+ \S+ \S+ PauseBackend \[backend web0\] \w+, drained > paused/,
  );
});

Deno.test("a sync is of one frontend, or of nothing in particular", () => {
  assert.deepEqual(["www", undefined].map((name) => auditedSync(name).target), [
    "frontend www",
    "",
  ]);
});

Deno.test("what changes nothing is counted, and not told", async () => {
  using api = new ApiBed();
  assert.equal(await ask(api, m.enableBackend, { name: "web0" }), 0);
  assert.equal(await ask(api, m.disableBackend, { name: "web0", dryRun: true }), 0);
  assert.equal(await ask(api, m.getBackend, { name: "web0" }), 0);
  assert.deepEqual(lines(api.bed), []);
  assert.equal(api.observer.count("audited EnableBackend OK"), 1);
  assert.equal(api.observer.count("audited DisableBackend OK"), 0);
});

Deno.test("what probes find out meanwhile is no change by who asks", async () => {
  using bed = new CheckerBed();
  const { stream, events } = bed;
  const audited: AuditedChange = { target: "x", state: () => "" };
  const audit = auditOn(stream);
  const found = { kind: "pool", frontend: "www", address: "", from: "a", to: "b" } as const;
  const asks = async (cause: Reason["cause"]) => {
    const before = events.length;
    await audit.carryOut(operatorAt(), "Operate", audited, async () => {
      await Promise.resolve();
      stream.emit(because({ cause }, [found]));
    });
    return events.slice(before).map(({ kind }) => kind);
  };
  assert.deepEqual(await asks({ kind: "probe", code: "L4OK", detail: "" }), ["pool"]);
  assert.deepEqual(await asks({ kind: "operator" }), ["pool", "audit"]);
  assert.deepEqual(await asks({ kind: "config" }), ["pool", "audit"]);
  // Nor is that another was refused.
  await audit.carryOut(operatorAt(), "Operate", audited, async () => {
    await Promise.resolve();
    audit.refused(stranger, "PauseBackend", "", "PermissionDenied", "no");
  });
  assert.deepEqual(lines(bed).slice(2), [
    "anonymous 192.0.2.9 view PauseBackend []  >  PermissionDenied: no",
  ]);
});

Deno.test("what goes wrong is told with its reason", async () => {
  using api = new ApiBed();
  assert.equal(await ask(api, m.disableBackend, { name: "nope" }), Code.NotFound);
  assert.equal(await ask(api, m.operate, { operations: [{ action: "explode" }] }), 3);
  assert.deepEqual(lines(api.bed), [
    "operator test admin DisableBackend [backend nope]  >  NotFound: " +
    'cannot disable backend "nope": no such backend',
    'operator test admin Operate [explode]  >  InvalidArgument: there is no action "explode"',
  ]);
  assert.equal(api.observer.count("audited DisableBackend NotFound"), 1);
});

Deno.test("of many operations the first are told of, and how many there are more", () => {
  using bed = new CheckerBed();
  const row = maglevRpcs(allDeps(bed)).find(({ method }) => method === m.operate);
  assert.ok(row?.kind === "unary");
  const deedOf = (operations: Record<string, unknown>[]) =>
    row.audited?.(create(m.operate.input, { operations })) ?? assert.fail();
  const pause = (...backends: string[]) => ({ action: "pause", backends });
  const many = deedOf([pause("web0", "web1"), pause("a", "b", "c", "d"), pause("e")]);
  assert.equal(
    many.target,
    "pause backend web0; pause backend web1; pause backend a; pause backend b; pause backend c; " +
      "2 more",
  );
  assert.equal(many.state(), "unknown; unknown; 2 more");
  const resets = deedOf([{ action: "reset", frontend: "www" }, { action: "reset-all" }]);
  assert.deepEqual([resets.target, resets.state()], ["reset frontend www; reset-all", ""]);
  assert.equal(deedOf([pause("a", "b", "c", "d", "e")]).target.endsWith("backend e"), true);
  assert.equal(deedOf(Array.from({ length: 7 }, () => pause("a"))).target.split("; ").length, 6);
});

Deno.test("a reload that is not done is told as such, although its call succeeds", () => {
  const { stream, events } = new CheckerBed();
  const row = maglevRpcs(allDeps(new CheckerBed())).find(({ method }) => method === m.reloadConfig);
  assert.ok(row?.kind === "unary");
  const audited = row.audited?.(create(m.reloadConfig.input, { force: true })) ?? assert.fail();
  const answer = create(m.reloadConfig.output, { ok: false, parseError: "1:1: no YAML" });
  auditOn(stream).carryOut(operatorAt(), "ReloadConfig", audited, () => answer);
  assert.partialDeepStrictEqual(events, [{
    ...{ kind: "audit", target: "configuration, forced", result: "FailedPrecondition" },
    ...{ reason: "1:1: no YAML", before: "2 frontends, 4 backends, 4 health checks" },
  }]);
});

Deno.test("in each protocol, who may not is told of with what it wanted", async () => {
  for (const way of ways.filter(({ unary, json }) => unary && !json)) {
    using api = new ApiBed(new CheckerBed(), {}, [], () => stranger);
    assert.equal(await ask(api, m.disableBackend, { name: "web0" }, way), Code.PermissionDenied);
    const [line = "", ...more] = lines(api.bed);
    assert.match(
      line,
      /^anonymous 192\.0\.2\.9 view DisableBackend \[backend web0\] {2}> {2}PermissionDenied: this takes/,
    );
    assert.deepEqual(more, []);
    assert.equal(api.observer.count("audited DisableBackend PermissionDenied"), 1);
  }
});

Deno.test("every method that takes more than view says what it is about, or changes nothing", () => {
  const changing = maglevRpcs(allDeps(new CheckerBed()))
    .filter((rpc) => rpc.kind === "unary" && rpc.audited)
    .map(({ method }) => `maglev.Maglev/${method.name}`);
  const wanted = Object.keys(methodRoles)
    .filter((each) => methodRoles[each] !== "view" && !each.endsWith("/CheckConfig"));
  assert.deepEqual(changing.sort(), wanted.sort());
});

Deno.test("of many who may not some are told, and the next one says how many were not", () => {
  using bed = new CheckerBed();
  const clock = new FakeClock();
  const counted: string[] = [];
  const observer = {
    audited: (method: string, result: string) => void counted.push(`${method} ${result}`),
  };
  const audit = auditOn(bed.stream, observer, clock);
  const attempt = (peer: string) =>
    audit.refused({ ...stranger, peer }, "PauseBackend", "backend web0", "PermissionDenied", "no");
  for (let i = 0; i < 20; i++) attempt("192.0.2.9");
  assert.equal(audits(bed).length, 5);
  attempt("192.0.2.10");
  assert.equal(audits(bed).at(-1)?.reason, "no (15 others before were not told)");
  for (let i = 0; i < 100; i++) attempt(`198.51.100.${i}`);
  assert.equal(audits(bed).length, 30);
  assert.equal(counted.length, 121);
  clock.advance(600_000);
  attempt("192.0.2.9");
  assert.equal(audits(bed).at(-1)?.reason, "no (76 others before were not told)");
  for (let i = 0; i < 20; i++) attempt("192.0.2.9");
  assert.equal(audits(bed).length, 35);
});

Deno.test("changes by those who may are told however many there are", async () => {
  using api = new ApiBed();
  for (let i = 0; i < 20; i++) {
    await ask(api, m.disableBackend, { name: "web0" });
    await ask(api, m.enableBackend, { name: "web0" });
  }
  assert.equal(audits(api.bed).length, 40);
});

Deno.test("what clients send is told bounded, and without control characters", () => {
  using bed = new CheckerBed();
  const audit = auditOn(bed.stream);
  const name = `\x1b[31m\u009b${"x".repeat(1000)}`;
  const audited: AuditedChange = { target: `backend ${name}`, state: () => "" };
  assert.throws(() =>
    audit.carryOut(operatorAt(), "PauseBackend", audited, () => {
      throw new ConnectError(`no ${name}`, Code.NotFound);
    })
  );
  const [event] = audits(bed);
  assert.ok(event);
  assert.ok(event.target.startsWith("backend \\x1b[31m\\x9bxxx"));
  assert.ok(event.target.endsWith("…") && event.target.length < 520);
  assert.ok(event.reason.startsWith("no \\x1b[31m\\x9bxxx") && event.reason.length < 520);
});

Deno.test("who calls is known by where the call comes from", async () => {
  const identify = identifyBy(accessByPlace({ open: false }));
  using api = new ApiBed(
    new CheckerBed(),
    {},
    [],
    () => identify({ peer: "127.0.0.1", connection: {}, headers: [] }),
  );
  assert.equal(await ask(api, m.disableBackend, { name: "web0" }), 0);
  using other = new ApiBed(
    new CheckerBed(),
    {},
    [],
    () => identify({ peer: "192.0.2.1", connection: {}, headers: [] }),
  );
  assert.equal(await ask(other, m.disableBackend, { name: "web0" }), Code.PermissionDenied);
});
