import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import type { EventData, MaglevEvent } from "../../../lib/events/mod.ts";
import { EventSchema } from "../../../lib/gen/maglev_pb.ts";
import {
  backendStateToProto,
  eventToProto,
  frontendStateToProto,
  heartbeatToProto,
  logEventToProto,
  openingToProto,
  pulsesToProto,
} from "../../../lib/api/convert/events.ts";

const names = { useProtoFieldName: true };

const probe = { kind: "probe", code: "L4CON", detail: "connection refused" } as const;

/** The event's own part as JSON, by its name. */
function shown(data: EventData) {
  const event: MaglevEvent = { ...data, cause: { kind: "config" }, seq: 7, at: 1000 };
  const { seq, at_unix_ns, cause, ...own } = toJson(EventSchema, eventToProto(event), names) as {
    seq: unknown;
    at_unix_ns: unknown;
    cause: unknown;
  };
  assert.deepEqual({ seq, at_unix_ns, cause }, {
    seq: "7",
    at_unix_ns: "1000000000",
    cause: { kind: "config" },
  });
  return own;
}

Deno.test("an event carries its number, its moment, why, and who asked", () => {
  const event: MaglevEvent = {
    ...{ kind: "pool", frontend: "www", address: "192.0.2.1", from: "a", to: "b" },
    ...{ cause: probe, actor: { name: "operator", from: "192.0.2.7" } },
    ...{ seq: 12, at: 1_700_000_000_000.5 },
  };
  assert.deepEqual(toJson(EventSchema, eventToProto(event), names), {
    seq: "12",
    at_unix_ns: "1700000000000499968",
    cause: probe,
    actor: { name: "operator", from: "192.0.2.7" },
    pool: { frontend_name: "www", from: "a", to: "b" },
  });
});

Deno.test("backends and frontends carry their transition, and frontends their pool", () => {
  const transition = { from: "up", to: "down", at: 1_700_000_000_100, because: probe } as const;
  const record = {
    ...{ from: "up", to: "down", at_unix_ns: "1700000000100000000" },
    ...{ code: "L4CON", detail: "connection refused" },
  };
  const frontends = ["www"];
  assert.deepEqual(
    shown({ kind: "backend", backend: "web1", address: "a", transition, frontends }),
    { backend: { backend_name: "web1", transition: record } },
  );
  const gone = { from: "up", to: "removed", at: 1 } as const;
  assert.deepEqual(
    shown({ kind: "frontend", frontend: "www", address: "a", transition: gone, activePool: "p" }),
    {
      frontend: {
        frontend_name: "www",
        transition: { from: "up", to: "removed", at_unix_ns: "1000000" },
        active_pool: "p",
      },
    },
  );
});

Deno.test("weights that are no number, and the weight 0, can be told from one another", () => {
  assert.deepEqual(
    shown({
      ...{ kind: "weight", frontend: "www", pool: "p", backend: "web1", flush: true },
      configured: { from: "absent", to: 100 },
      effective: { from: "kept", to: 0 },
    }),
    {
      weight: {
        ...{ frontend_name: "www", pool_name: "p", backend_name: "web1", flush: true },
        configured_from: { kind: "absent" },
        configured_to: { kind: "set", weight: 100 },
        effective_from: { kind: "kept" },
        effective_to: { kind: "set", weight: 0 },
      },
    },
  );
});

Deno.test("a reload tells its changes, or why it was refused", () => {
  const change = { kind: "backend", change: "changed", name: "web1", details: ["a", "b"] } as const;
  assert.deepEqual(shown({ kind: "reload", result: "applied", changes: [change] }), {
    reload: { result: "applied", changes: [change] },
  });
  const rejected = {
    result: "rejected",
    stage: "semantic",
    reason: "maglev.yaml:3:5: no",
  } as const;
  assert.deepEqual(shown({ kind: "reload", ...rejected }), { reload: rejected });
  const refused = { result: "rejected", stage: "safety", reason: "no", changes: [change] } as const;
  assert.deepEqual(shown({ kind: "reload", ...refused }), { reload: refused });
});

Deno.test("what operators do, VPP and trouble with probing reach the wire", () => {
  assert.deepEqual(
    shown({ kind: "operator", action: "weight", backend: "b", frontend: "f", detail: "1 -> 2" }),
    { operator: { action: "weight", backend_name: "b", frontend_name: "f", detail: "1 -> 2" } },
  );
  const attributes = { version: "26.10", pid: 7, restarted: true, none: undefined };
  assert.deepEqual(shown({ kind: "vpp", change: "lost", detail: "reset", attributes }), {
    vpp: {
      ...{ change: "lost", detail: "reset" },
      attrs: [
        { key: "version", value: "26.10" },
        { key: "pid", value: "7" },
        { key: "restarted", value: "true" },
      ],
    },
  });
  assert.deepEqual(shown({ kind: "vpp", change: "in-step", detail: "" }), {
    vpp: { change: "in-step" },
  });
  assert.deepEqual(shown({ kind: "probing", change: "impaired", detail: "no buffers" }), {
    probing: { change: "impaired", detail: "no buffers" },
  });
  const audit = {
    ...{ role: "operate", method: "PauseBackend", target: "backend web1", before: "up" },
    ...{ after: "paused", result: "OK", reason: "none" },
  };
  assert.deepEqual(shown({ kind: "audit", ...audit }), { audit });
});

Deno.test("the present state is a transition to itself at 0, without a number", () => {
  const here = { from: "up", to: "up" };
  assert.deepEqual(toJson(EventSchema, backendStateToProto("web1", { state: "up" }), names), {
    backend: { backend_name: "web1", transition: here },
  });
  const frontend = { state: "up", activePool: "p" } as const;
  assert.deepEqual(toJson(EventSchema, frontendStateToProto("www", frontend), names), {
    frontend: { frontend_name: "www", transition: here, active_pool: "p" },
  });
});

Deno.test("a log event keeps its attributes in order, as text, without the undefined ones", () => {
  const attributes = { z: "text", a: 1.5, b: true, gone: undefined, list: ["x", "y"] };
  const event = logEventToProto({ level: "warn", msg: "probe-done", wall: 1, attributes });
  assert.deepEqual(toJson(EventSchema, event, names), {
    log: {
      at_unix_ns: "1000000",
      level: "warn",
      msg: "probe-done",
      attrs: [
        { key: "z", value: "text" },
        { key: "a", value: "1.5" },
        { key: "b", value: "true" },
        { key: "list", value: '["x","y"]' },
      ],
    },
  });
});

Deno.test("openings, signs of life and pulses reach the wire", () => {
  const opening = { streamId: "s", seq: 3, resumed: true, reason: "r" };
  assert.deepEqual(toJson(EventSchema, openingToProto(opening), names), {
    opening: { stream_id: "s", seq: "3", resumed: true, reason: "r" },
  });
  assert.deepEqual(toJson(EventSchema, heartbeatToProto("s", 9), names), {
    heartbeat: { stream_id: "s", seq: "9" },
  });
  const pulses = pulsesToProto([
    ["web1", { ok: true, code: "L7OK", durationMs: 1.5 }],
    ["web2", { ok: false, code: "L4CON", durationMs: 0 }],
  ]);
  assert.deepEqual(toJson(EventSchema, pulses, names), {
    pulses: {
      pulses: [
        { backend_name: "web1", ok: true, code: "L7OK", duration_ns: "1500000" },
        { backend_name: "web2", code: "L4CON" },
      ],
    },
  });
  const running = pulsesToProto([], [["web1", 1_500.5], ["web2", 0]], true);
  assert.deepEqual(toJson(EventSchema, running, names), {
    pulses: {
      running: [
        { backend_name: "web1", since_unix_ns: "1500500000" },
        { backend_name: "web2" },
      ],
      running_anew: true,
    },
  });
});
