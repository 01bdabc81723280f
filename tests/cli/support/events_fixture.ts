/** An event of every kind, as a stream tells them. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EventSchema } from "../../../lib/gen/maglev_pb.ts";

type Event = MessageInitShape<typeof EventSchema>;

const operator = { name: "operator", from: "192.0.2.7" };
const set = (weight: number) => ({ kind: "set", weight });

/** How a stream begins. */
export const opening: Event = { event: { case: "opening", value: { streamId: "run", seq: 40n } } };

/** What follows first. */
export const presentState: readonly Event[] = [{
  event: {
    case: "backend",
    value: { backendName: "nginx0", transition: { from: "up", to: "up" } },
  },
}];

/** What says that the present state is complete. */
export const heartbeat: Event = {
  event: { case: "heartbeat", value: { streamId: "run", seq: 40n } },
};

/** An event of every kind, the last one at `now`, and a log record among them. */
export function changes(now: number): readonly Event[] {
  const all: Event[] = [
    {
      event: {
        case: "backend",
        value: { backendName: "nginx1", transition: { from: "up", to: "down", atUnixNs: 1n } },
      },
      cause: { kind: "probe", code: "L4CON", detail: "connection refused" },
    },
    {
      event: { case: "pool", value: { frontendName: "www", from: "main", to: "fallback" } },
      cause: { kind: "probe", code: "L4CON", detail: "connection refused" },
    },
    {
      event: {
        case: "weight",
        value: {
          ...{ frontendName: "www", poolName: "fallback", backendName: "spare" },
          ...{ configuredFrom: set(10), configuredTo: set(10) },
          ...{ effectiveFrom: { kind: "kept" }, effectiveTo: set(10) },
        },
      },
      cause: { kind: "pool" },
    },
    {
      event: {
        case: "frontend",
        value: { frontendName: "www", transition: { from: "up", to: "down", atUnixNs: 1n } },
      },
      cause: { kind: "probe", code: "L7STS", detail: "status 503" },
    },
    {
      event: {
        case: "operator",
        value: {
          ...{ action: "weight", backendName: "nginx0", frontendName: "www" },
          detail: "weight in pool main 100 -> 30, flush",
        },
      },
      cause: { kind: "operator" },
      actor: operator,
    },
    {
      event: {
        case: "weight",
        value: {
          ...{ frontendName: "www", poolName: "main", backendName: "nginx0", flush: true },
          ...{ configuredFrom: set(100), configuredTo: set(30) },
          ...{ effectiveFrom: set(100), effectiveTo: set(30) },
        },
      },
      cause: { kind: "operator" },
      actor: operator,
    },
    {
      event: {
        case: "weight",
        value: {
          ...{ frontendName: "api", poolName: "main", backendName: "nginx2" },
          ...{ configuredFrom: { kind: "absent" }, configuredTo: set(100) },
          ...{ effectiveFrom: { kind: "absent" }, effectiveTo: set(0) },
        },
      },
      cause: { kind: "config" },
      actor: { name: "signal", from: "SIGHUP" },
    },
    {
      event: {
        case: "reload",
        value: {
          result: "applied",
          changes: [
            { kind: "backend", change: "added", name: "nginx2" },
            {
              ...{ kind: "healthcheck", change: "changed", name: "web" },
              details: ["interval 2s -> 5s", "rise 2 -> 3"],
            },
          ],
        },
      },
      cause: { kind: "config" },
      actor: { name: "signal", from: "SIGHUP" },
    },
    {
      event: {
        case: "reload",
        value: {
          ...{ result: "rejected", stage: "semantic" },
          reason: "maglev.yaml:3:5: maglev.a: no\nmaglev.yaml:9:1: maglev.b: no",
        },
      },
      cause: { kind: "config" },
      actor: operator,
    },
    {
      event: {
        case: "reload",
        value: {
          ...{ result: "rejected", stage: "safety", reason: "it would take 1 of 1 VIPs out" },
          changes: [{ kind: "frontend", change: "removed", name: "www" }],
        },
      },
      cause: { kind: "config" },
      actor: { name: "signal", from: "SIGHUP" },
    },
    {
      event: {
        case: "override",
        value: {
          ...{ change: "ended", frontendName: "www", poolName: "main", backendName: "nginx0" },
          ...{ byHand: "30", fileFrom: "100", fileTo: "50" },
        },
      },
      cause: { kind: "config" },
      actor: { name: "signal", from: "SIGHUP" },
    },
    {
      event: {
        case: "override",
        value: {
          ...{ change: "kept", backendName: "nginx1" },
          ...{ byHand: "disabled", fileFrom: "disabled", fileTo: "enabled" },
        },
      },
      cause: { kind: "config" },
      actor: { name: "signal", from: "SIGHUP" },
    },
    {
      event: {
        case: "drain",
        value: { change: "begun", backendName: "nginx0", frontends: ["api"], detail: "for 10m" },
      },
      cause: { kind: "operator" },
      actor: operator,
    },
    {
      event: {
        case: "drain",
        value: { change: "overdue", backendName: "nginx0", frontends: ["api", "www"] },
      },
      cause: { kind: "safety" },
    },
    {
      event: {
        case: "safety",
        value: {
          ...{ measure: "fail-open", change: "begun", frontendName: "www" },
          detail: "0 of 2 backends in service up, fail-open is all-down",
        },
      },
      cause: { kind: "probe", code: "L4TOUT", detail: "" },
    },
    {
      event: {
        case: "safety",
        value: { measure: "flap-hold", change: "ended", backendName: "nginx1" },
      },
      cause: { kind: "safety" },
    },
    {
      event: { case: "vpp", value: { change: "lost", detail: "connection reset" } },
      cause: { kind: "vpp" },
    },
    { event: { case: "vpp", value: { change: "in-step" } }, cause: { kind: "vpp" } },
    {
      event: {
        case: "probing",
        value: { change: "impaired", detail: "out of file descriptors" },
      },
      cause: { kind: "probe", code: "SOCKERR", detail: "out of file descriptors" },
    },
    {
      event: {
        case: "audit",
        value: {
          ...{ role: "operate", method: "DisableBackend", target: "backend nginx0" },
          ...{ before: "up", after: "disabled", result: "OK" },
        },
      },
      cause: { kind: "operator" },
      actor: operator,
    },
    {
      event: {
        case: "audit",
        value: {
          ...{ role: "view", method: "ReloadConfig", target: "configuration" },
          ...{ result: "PermissionDenied", reason: "this takes the role admin" },
        },
      },
      cause: { kind: "operator" },
      actor: { name: "anonymous", from: "198.51.100.9" },
    },
  ];
  const record: Event = {
    event: {
      case: "log",
      value: {
        atUnixNs: BigInt(now) * 1_000_000n,
        level: "info",
        msg: "vpp-lbsync-done",
        attrs: [{ key: "scope", value: "all" }, { key: "changes", value: "3" }],
      },
    },
  };
  const numbered = all.map((event, i) => ({
    ...event,
    seq: BigInt(41 + i),
    atUnixNs: BigInt(now - 1000 * (all.length - 1 - i)) * 1_000_000n,
  }));
  return [...numbered.slice(0, 2), record, ...numbered.slice(2)];
}
