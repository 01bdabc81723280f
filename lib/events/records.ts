import type { ConfigChange } from "../config/mod.ts";
import type { LogAttributes, Logger, LogLevel } from "../log/mod.ts";
import type { EventData, EventKind, EventSource, MaglevEvent, ToldWeight } from "./types.ts";

/** The log record that tells an event. */
interface EventRecord {
  readonly level: LogLevel;
  readonly msg: string;
  readonly attributes: LogAttributes;
}

/** Changes that a record of a reload names; the journal has them all. */
const changesNamed = 20;

/** How VPP's events are told. */
const vppRecords: Readonly<Record<EventData<"vpp">["change"], readonly [LogLevel, string]>> = {
  connected: ["info", "vpp-connect"],
  lost: ["warn", "vpp-disconnect"],
  "in-step": ["info", "vpp-in-step"],
  "out-of-step": ["warn", "vpp-out-of-step"],
  altered: ["warn", "vpp-altered"],
};

/** How loudly it is told that a measure begins and ends. */
const measureLevels = {
  "fail-open-begun": "warn",
  "fail-open-ended": "info",
  "slow-start-begun": "info",
  "slow-start-ended": "info",
  "flap-hold-begun": "warn",
  "flap-hold-ended": "info",
} as const satisfies Readonly<
  Record<`${EventData<"safety">["measure"]}-${EventData<"safety">["change"]}`, LogLevel>
>;

/** What a rejected configuration is told as, by what it did not get through. */
const rejections = {
  parse: "config-check-failed",
  semantic: "config-check-failed",
  safety: "config-reload-refused",
  apply: "checker-reload-error",
} as const;

/** Names of the records that tell events, by the kind of event. */
export const recordNames: Readonly<Record<EventKind, readonly string[]>> = {
  backend: ["backend-transition"],
  frontend: ["frontend-transition"],
  pool: ["frontend-failover"],
  weight: ["weight-change"],
  reload: ["config-diff", ...new Set(Object.values(rejections))],
  operator: ["operator-action"],
  override: ["override-ended"],
  drain: ["backend-drain"],
  safety: Object.keys(measureLevels),
  vpp: Object.values(vppRecords).map(([, msg]) => msg),
  probing: ["probing-impaired", "probing-restored"],
  audit: ["audit"],
};

/** Writes each event to the log. Call the result to stop. */
export function logEvents(events: EventSource, log: Logger): () => void {
  return events.subscribe((event) => {
    const { level, msg, attributes } = recordOf(event);
    log[level](msg, attributes);
  });
}

/** How the log tells an event. */
function recordOf(event: MaglevEvent): EventRecord {
  const reason = reasonAttributes(event);
  switch (event.kind) {
    case "backend": {
      const { backend, address, transition: { from, to } } = event;
      return info("backend-transition", { backend, address, from, to, ...reason });
    }
    case "frontend": {
      const { frontend, address, transition: { from, to }, activePool: pool } = event;
      return info("frontend-transition", { frontend, address, from, to, pool, ...reason });
    }
    case "pool": {
      const { frontend, address, from, to } = event;
      return info("frontend-failover", { frontend, address, from, to, ...reason });
    }
    case "weight":
      return weightRecord(event, reason);
    case "reload":
      return reloadRecord(event, reason);
    case "operator": {
      const { action, backend, frontend, detail } = event;
      return info("operator-action", {
        action,
        backend: backend || undefined,
        frontend: frontend || undefined,
        detail: detail || undefined,
        ...reason,
      });
    }
    case "override": {
      const { backend, frontend, pool, byHand, file } = event;
      const where = { backend, frontend: frontend || undefined, pool: pool || undefined };
      const told = { "by-hand": byHand, file: arrow(file.from, file.to) };
      return info("override-ended", { ...where, ...told, ...reason });
    }
    case "drain": {
      const { change, backend, frontends, detail } = event;
      const told = { change, backend, frontends, detail: detail || undefined };
      return info("backend-drain", { ...told, ...reason });
    }
    case "safety": {
      const { measure, change, detail } = event;
      const about = { frontend: event.frontend || undefined, backend: event.backend || undefined };
      const attributes = { ...about, ...reason, detail: detail || undefined };
      const msg = `${measure}-${change}` as const;
      return { level: measureLevels[msg], msg, attributes };
    }
    case "vpp":
      return vppRecord(event);
    case "probing": {
      const { change, detail } = event;
      return change === "impaired"
        ? { level: "error", msg: "probing-impaired", attributes: { err: detail } }
        : info("probing-restored", { detail });
    }
    case "audit": {
      const { role, method, target, before, after, result, reason: err, actor } = event;
      return info("audit", {
        ...{ name: actor?.name, role, peer: actor?.from, method },
        ...{ target: target || undefined, before: before || undefined, after: after || undefined },
        ...{ result, err: err || undefined },
      });
    }
  }
}

function info(msg: string, attributes: LogAttributes): EventRecord {
  return { level: "info", msg, attributes };
}

/** What follows from a failover of ten thousand backends is not worth ten thousand records. */
function weightRecord(
  event: EventData<"weight">,
  reason: LogAttributes,
): EventRecord {
  const { frontend, pool, backend, configured, effective, flush } = event;
  const isSet = configured.from !== configured.to || flush;
  return {
    level: isSet ? "info" : "debug",
    msg: "weight-change",
    attributes: {
      ...{ frontend, pool, backend },
      configured: isSet ? arrow(configured.from, configured.to) : undefined,
      effective: arrow(effective.from, effective.to),
      flush: flush || undefined,
      ...reason,
    },
  };
}

function arrow(from: ToldWeight | string, to: ToldWeight | string): string {
  return from === to ? `${to}` : `${from} -> ${to}`;
}

function reloadRecord(
  event: EventData<"reload">,
  reason: LogAttributes,
): EventRecord {
  if (event.result === "rejected") {
    const { stage, reason: err, changes } = event;
    const type = stage === "parse" || stage === "semantic" ? stage : undefined;
    const attributes = {
      type,
      err,
      ...changes && diffAttributes(removedFirst(changes)),
      ...reason,
    };
    return { level: "error", msg: rejections[stage], attributes };
  }
  return info("config-diff", { ...diffAttributes(event.changes), ...reason });
}

/** What is taken away is what somebody has to think about. */
function removedFirst(changes: readonly ConfigChange[]): readonly ConfigChange[] {
  const isRemoved = ({ change }: ConfigChange) => change === "removed";
  return [...changes.filter(isRemoved), ...changes.filter((each) => !isRemoved(each))];
}

/** So many of the changes as a record names, and how many there are. */
function diffAttributes(changes: readonly ConfigChange[]): LogAttributes {
  const named = changes.slice(0, changesNamed).map(({ kind, change, name, details }) =>
    [`${kind} ${name}`.trim(), change, details.join(", ")].filter((part) => part !== "").join(" ")
  );
  const more = changes.length - named.length;
  return { changes: changes.length, diff: more > 0 ? [...named, `and ${more} more`] : named };
}

function vppRecord(event: EventData<"vpp">): EventRecord {
  const [level, msg] = vppRecords[event.change];
  const { detail, change, attributes } = event;
  const told = detail === ""
    ? {}
    : change === "connected" || change === "in-step"
    ? { detail }
    : { err: detail };
  return { level, msg, attributes: { ...attributes, ...told } };
}

function reasonAttributes({ cause, actor }: MaglevEvent): LogAttributes {
  const probe = cause.kind === "probe" ? { code: cause.code, detail: cause.detail } : {};
  return { cause: cause.kind, ...probe, actor: actor?.name, "actor-from": actor?.from };
}
