import assert from "node:assert/strict";
import {
  type EventData,
  eventKinds,
  EventStream,
  logEvents,
  type Reason,
  recordNames,
} from "../../lib/events/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

/** The lines that the log has of these events. */
function lines(reason: Reason, ...events: EventData[]): string[] {
  const log = new RecordedLog();
  const stream = new EventStream(new FakeClock(), log);
  const stop = logEvents(stream, log);
  stream.emit(events.map((each) => ({ ...each, ...reason })));
  stop();
  stream.emit(events.map((each) => ({ ...each, ...reason })));
  return log.lines;
}

const probe: Reason = { cause: { kind: "probe", code: "L7STS", detail: "status 503" } };
const jane: Reason = {
  cause: { kind: "operator" },
  actor: { name: "jane", from: "192.0.2.7:4711" },
};

Deno.test("each kind of event has its record", () => {
  const rows: readonly [Reason, EventData, string][] = [
    [
      probe,
      {
        kind: "backend",
        backend: "a",
        address: "10.0.0.1",
        transition: { from: "up", to: "down", at: 0 },
        frontends: ["f"],
      },
      "info backend-transition backend=a address=10.0.0.1 from=up to=down cause=probe " +
      "code=L7STS detail=status 503",
    ],
    [
      { cause: { kind: "config" } },
      {
        kind: "frontend",
        frontend: "f",
        address: "192.0.2.1",
        transition: { from: "up", to: "removed", at: 0 },
        activePool: "main",
      },
      "info frontend-transition frontend=f address=192.0.2.1 from=up to=removed pool=main " +
      "cause=config",
    ],
    [
      probe,
      { kind: "pool", frontend: "f", address: "192.0.2.1", from: "main", to: "backup" },
      "info frontend-failover frontend=f address=192.0.2.1 from=main to=backup cause=probe " +
      "code=L7STS detail=status 503",
    ],
    [
      { cause: { kind: "pool" } },
      {
        kind: "weight",
        frontend: "f",
        pool: "main",
        backend: "a",
        configured: { from: 100, to: 100 },
        effective: { from: "kept", to: 0 },
        flush: false,
      },
      "debug weight-change frontend=f pool=main backend=a effective=kept -> 0 cause=pool",
    ],
    [
      jane,
      {
        kind: "weight",
        frontend: "f",
        pool: "main",
        backend: "a",
        configured: { from: 100, to: 50 },
        effective: { from: 0, to: 0 },
        flush: false,
      },
      "info weight-change frontend=f pool=main backend=a configured=100 -> 50 effective=0 " +
      "cause=operator actor=jane actor-from=192.0.2.7:4711",
    ],
    [
      jane,
      {
        kind: "weight",
        frontend: "f",
        pool: "main",
        backend: "a",
        configured: { from: 50, to: 50 },
        effective: { from: 50, to: 50 },
        flush: true,
      },
      "info weight-change frontend=f pool=main backend=a configured=50 effective=50 flush=true " +
      "cause=operator actor=jane actor-from=192.0.2.7:4711",
    ],
    [
      probe,
      {
        ...{ kind: "safety", measure: "fail-open", change: "begun", frontend: "f", backend: "" },
        detail: "0 of 2 up",
      },
      "warn fail-open-begun frontend=f cause=probe code=L7STS detail=0 of 2 up",
    ],
    [
      { cause: { kind: "config" } },
      {
        ...{ kind: "safety", measure: "fail-open", change: "ended", frontend: "f", backend: "" },
        detail: "2 of 2 up",
      },
      "info fail-open-ended frontend=f cause=config detail=2 of 2 up",
    ],
    [
      jane,
      { kind: "reload", result: "rejected", stage: "semantic", reason: "line 3: no" },
      "error config-check-failed type=semantic err=line 3: no cause=operator actor=jane " +
      "actor-from=192.0.2.7:4711",
    ],
    [
      { cause: { kind: "config" }, actor: { name: "signal", from: "SIGHUP" } },
      {
        ...{ kind: "reload", result: "rejected", stage: "safety", reason: "too much" },
        changes: [
          { kind: "healthcheck", change: "changed", name: "web", details: ["rise 2 -> 3"] },
          { kind: "frontend", change: "removed", name: "f", details: [] },
        ],
      },
      "error config-reload-refused err=too much changes=2 diff=frontend f removed,healthcheck web " +
      "changed rise 2 -> 3 cause=config actor=signal actor-from=SIGHUP",
    ],
    [
      { cause: { kind: "config" } },
      { kind: "reload", result: "rejected", stage: "apply", reason: "too late" },
      "error checker-reload-error err=too late cause=config",
    ],
    [
      jane,
      { kind: "operator", action: "pause", backend: "a", frontend: "", detail: "" },
      "info operator-action action=pause backend=a cause=operator actor=jane " +
      "actor-from=192.0.2.7:4711",
    ],
    [
      jane,
      { kind: "operator", action: "sync", backend: "", frontend: "f", detail: "all" },
      "info operator-action action=sync frontend=f detail=all cause=operator actor=jane " +
      "actor-from=192.0.2.7:4711",
    ],
    [
      { cause: { kind: "vpp" } },
      { kind: "vpp", change: "connected", detail: "", attributes: { version: "26.10", pid: 7 } },
      "info vpp-connect version=26.10 pid=7",
    ],
    [
      { cause: { kind: "config" } },
      {
        ...{ kind: "override", backend: "a", frontend: "f", pool: "main" },
        ...{ byHand: "30", file: { from: "100", to: "50" } },
      },
      "info override-ended backend=a frontend=f pool=main by-hand=30 file=100 -> 50 cause=config",
    ],
    [
      jane,
      { kind: "drain", change: "begun", backend: "a", frontends: ["f", "g"], detail: "for 10m" },
      "info backend-drain change=begun backend=a frontends=f,g detail=for 10m cause=operator " +
      "actor=jane actor-from=192.0.2.7:4711",
    ],
    [
      { cause: { kind: "safety" } },
      { kind: "drain", change: "drained", backend: "a", frontends: [], detail: "" },
      "info backend-drain change=drained backend=a frontends= cause=safety",
    ],
    [
      { cause: { kind: "vpp" } },
      { kind: "vpp", change: "lost", detail: "VPP closed the connection" },
      "warn vpp-disconnect err=VPP closed the connection",
    ],
    [
      { cause: { kind: "vpp" } },
      { kind: "vpp", change: "in-step", detail: "after 3 s" },
      "info vpp-in-step detail=after 3 s",
    ],
    [
      { cause: { kind: "vpp" } },
      { kind: "vpp", change: "out-of-step", detail: "as-add refused" },
      "warn vpp-out-of-step err=as-add refused",
    ],
    [
      { cause: { kind: "vpp" } },
      { kind: "vpp", change: "altered", detail: "weight of 10.0.0.1" },
      "warn vpp-altered err=weight of 10.0.0.1",
    ],
    [
      probe,
      { kind: "probing", change: "impaired", detail: "out of file descriptors" },
      "error probing-impaired err=out of file descriptors",
    ],
    [
      probe,
      { kind: "probing", change: "restored", detail: "3 probes could not be made" },
      "info probing-restored detail=3 probes could not be made",
    ],
    [
      jane,
      {
        ...{ kind: "audit", role: "operate", method: "PauseBackend", target: "backend web1" },
        ...{ before: "up", after: "paused", result: "OK", reason: "" },
      },
      "info audit name=jane role=operate peer=192.0.2.7:4711 method=PauseBackend " +
      "target=backend web1 before=up after=paused result=OK",
    ],
    [
      jane,
      {
        ...{ kind: "audit", role: "view", method: "ReloadConfig", target: "", before: "" },
        ...{ after: "", result: "PermissionDenied", reason: "no" },
      },
      "info audit name=jane role=view peer=192.0.2.7:4711 method=ReloadConfig " +
      "result=PermissionDenied err=no",
    ],
  ];
  for (const [reason, event, want] of rows) assert.deepEqual(lines(reason, event), [want]);
  const kinds = new Set(rows.map(([, { kind }]) => kind));
  assert.deepEqual([...kinds].sort(), [...eventKinds].sort());
});

Deno.test("the record of a reload names changes, twenty at most", () => {
  const change = (n: number) => ({
    kind: "backend" as const,
    change: "changed" as const,
    name: `b${n}`,
    details: ["address 10.0.0.1 -> 10.0.0.2", "healthcheck a -> b"],
  });
  const few = lines({ cause: { kind: "config" } }, {
    kind: "reload",
    result: "applied",
    changes: [change(1), { kind: "vpp", change: "changed", name: "", details: ["buckets 1 -> 2"] }],
  });
  assert.deepEqual(few, [
    "info config-diff changes=2 diff=backend b1 changed address 10.0.0.1 -> 10.0.0.2, " +
    "healthcheck a -> b,vpp changed buckets 1 -> 2 cause=config",
  ]);
  const [many = ""] = lines({ cause: { kind: "config" } }, {
    kind: "reload",
    result: "applied",
    changes: Array.from({ length: 25 }, (_, i) => change(i)),
  });
  assert.match(many, /changes=25 diff=backend b0 .*,backend b19 changed [^,]*, [^,]*,and 5 more /);
});

Deno.test("the names of records are listed by the kind of event, each exactly once", () => {
  const log = new RecordedLog();
  const stream = new EventStream(new FakeClock(), log);
  logEvents(stream, log);
  const told: string[] = [];
  stream.subscribe(({ kind }) => {
    const name = log.records.at(-1)?.msg ?? "";
    assert.ok(recordNames[kind].includes(name), `${kind} ${name}`);
    told.push(name);
  });
  const transition = { from: "up", to: "down", at: 0 } as const;
  const here = { frontend: "f", address: "a" };
  const alike = { from: 1, to: 1 };
  const events: readonly EventData[] = [
    { kind: "backend", backend: "b", address: "a", transition, frontends: [] },
    { kind: "frontend", ...here, transition, activePool: "p" },
    { kind: "pool", ...here, from: "p", to: "q" },
    {
      ...{ kind: "weight", frontend: "f", pool: "p", backend: "b" },
      ...{ configured: alike, effective: alike, flush: true },
    },
    { kind: "reload", result: "applied", changes: [] },
    { kind: "reload", result: "rejected", stage: "parse", reason: "" },
    { kind: "reload", result: "rejected", stage: "apply", reason: "" },
    { kind: "reload", result: "rejected", stage: "safety", reason: "" },
    { kind: "operator", action: "sync", backend: "", frontend: "", detail: "" },
    {
      ...{ kind: "override", backend: "b", frontend: "", pool: "" },
      ...{ byHand: "enabled", file: { from: "enabled", to: "disabled" } },
    },
    { kind: "drain", change: "begun", backend: "b", frontends: [], detail: "" },
    ...(["fail-open", "slow-start", "flap-hold"] as const).flatMap((measure) =>
      (["begun", "ended"] as const).map((change): EventData => ({
        ...{ kind: "safety", measure, change, frontend: "f", backend: "", detail: "" },
      }))
    ),
    ...(["connected", "lost", "in-step", "out-of-step", "altered"] as const)
      .map((change): EventData => ({ kind: "vpp", change, detail: "" })),
    ...(["impaired", "restored"] as const)
      .map((change): EventData => ({ kind: "probing", change, detail: "" })),
    {
      ...{ kind: "audit", role: "admin", method: "ReloadConfig", target: "", before: "" },
      ...{ after: "", result: "OK", reason: "" },
    },
  ];
  stream.emit(events.map((each) => ({ ...each, cause: { kind: "start" } })));
  assert.deepEqual([...told].sort(), Object.values(recordNames).flat().sort());
});
