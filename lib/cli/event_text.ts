import type {
  AuditEvent,
  ConfigChange,
  DrainEvent,
  Event,
  EventWeight,
  LogEvent,
  OverrideEvent,
  ReloadEvent,
  SafetyEvent,
  TransitionRecord,
  WeightEvent,
} from "../gen/maglev_pb.ts";
import { formatActor, formatOutcome, formatTime, formatWeight } from "./format.ts";
import { messageJson } from "./report.ts";
import { type Meaning, stateMeaning, type Style } from "./style.ts";

/** Changes that the line of a reload names. */
const changesNamed = 5;

/** How it looks what became of VPP and of probing; what is not listed is plain. */
const changeMeanings: Readonly<Record<string, Meaning>> = {
  connected: "good",
  "in-step": "good",
  restored: "good",
  lost: "bad",
  impaired: "bad",
  "out-of-step": "warning",
  altered: "warning",
};

/**
 * An event as compact JSON, for scripts; with the server it is of, where there are several. What is
 * no change has no number.
 */
export function formatEventJson(event: Event, server?: string): string {
  const json = messageJson(event);
  const none = { seq: undefined, atUnixNs: undefined };
  return JSON.stringify({ server, ...json, ...(event.seq === 0n && none) });
}

/** An event in words. */
export interface EventWords {
  /** What it is about, such as `backend`. */
  readonly kind: string;
  /** Names and what became of them. */
  readonly what: string;
  /** Empty where it is not told. */
  readonly why: string;
}

/** An event as a line for people: local time, what it is about, what happened, why. */
export function formatEventText(event: Event, style: Style): string {
  const { event: kind } = event;
  if (kind.case === "log") return formatLog(kind.value, style);
  const words = eventWords(event, style);
  if (!words) return style.paint("dim", "an event of a kind that this maglevc does not show");
  const at = happenedAt(event);
  const time = at === 0n ? "now".padEnd(formatTime(1n).length) : formatTime(at);
  const end = words.why === "" ? "" : `  ${style.paint("dim", words.why)}`;
  return `${time} ${words.kind.padEnd(8)} ${words.what}${end}`;
}

/** When it happened, in Unix nanoseconds; 0: that is the present state. */
function happenedAt({ event: { case: kind, value }, atUnixNs }: Event): bigint {
  if (kind !== "backend" && kind !== "frontend") return atUnixNs;
  // A maglevd that is older numbers nothing, and tells the time of the transition alone.
  return atUnixNs || (value.transition?.atUnixNs ?? 0n);
}

/** What happened and why; undefined for log records and what is no change. */
export function eventWords(event: Event, style: Style): EventWords | undefined {
  const { event: kind } = event;
  const say = (what: string): EventWords => ({
    kind: kind.case ?? "",
    what,
    why: reasonText(event),
  });
  switch (kind.case) {
    case "backend":
      return transitionWords(
        event,
        "backend",
        kind.value.backendName,
        kind.value.transition,
        style,
      );
    case "frontend": {
      const { frontendName, transition } = kind.value;
      return transitionWords(event, "frontend", frontendName, transition, style);
    }
    case "pool":
      return say(`${kind.value.frontendName} ${kind.value.from} → ${kind.value.to}`);
    case "weight":
      return say(weightText(kind.value));
    case "reload":
      return say(reloadText(kind.value, style));
    case "operator": {
      const { action, backendName, frontendName, detail } = kind.value;
      const about = [backendName && `backend ${backendName}`, frontendName && `of ${frontendName}`];
      const text = [action, ...about].filter((part) => part !== "").join(" ");
      return say(detail === "" ? text : `${text}: ${detail}`);
    }
    case "override":
      return say(overrideText(kind.value));
    case "drain":
      return say(drainText(kind.value));
    case "safety":
      return say(safetyText(kind.value));
    case "vpp":
    case "probing":
      return say(changeText(kind.value, style));
    case "audit":
      return say(auditText(kind.value, style));
    case "log":
    case "opening":
    case "heartbeat":
    case "pulses":
    case undefined:
      return undefined;
  }
}

/** Why it happened, and at whose request; empty where it is not told. */
export function reasonText({ event, cause, actor }: Event): string {
  const who = formatActor(actor);
  const by = who ? `by ${who}` : "";
  switch (cause?.kind) {
    case "probe":
      // What lacks is told already.
      return event.case === "probing" ? "" : formatOutcome(cause);
    case "config":
      if (event.case === "reload") return by;
      return who ? `by a reload (${who})` : "by a reload";
    case "pool":
      return "by the pool's failover";
    case "safety":
      return "by itself";
    case "start":
      return "at the start";
    default:
      return by;
  }
}

function formatLog({ atUnixNs, level, msg, attrs }: LogEvent, style: Style): string {
  const meaning = level === "error" ? "bad" : level === "warn" ? "warning" : "plain";
  const values = attrs.map(({ key, value }) => `${style.paint("label", key)}=${quoted(value)}`);
  const word = style.paint(meaning, level.padEnd(8));
  return [formatTime(atUnixNs), word, msg, ...values].join(" ");
}

/** What has blanks is kept together. */
function quoted(value: string): string {
  return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
}

/** In the snapshot that opens the stream nothing has happened yet: the state is all there is. */
function transitionWords(
  event: Event,
  kind: string,
  name: string,
  transition: TransitionRecord | undefined,
  style: Style,
): EventWords {
  const { from = "", to = "", atUnixNs = 0n, code = "", detail = "" } = transition ?? {};
  const painted = (state: string) => style.paint(stateMeaning(state), state);
  if (atUnixNs === 0n) return { kind, what: `${name} is ${painted(to)}`, why: "" };
  // A maglevd that is older than the causes of events tells of the probe alone.
  const why = event.cause ? reasonText(event) : formatOutcome({ code, detail });
  return { kind, what: `${name} ${painted(from)} → ${painted(to)}`, why };
}

function overrideText(event: OverrideEvent): string {
  const { change, backendName, frontendName, poolName, byHand, fileFrom, fileTo } = event;
  const about = frontendName === "" ? backendName : `${frontendName} ${poolName} ${backendName}`;
  const file = fileTo === "none"
    ? `the file has it no more (was ${fileFrom})`
    : `the file says ${fileTo} (was ${fileFrom})`;
  return `${about} ${byHand} by hand ${change === "kept" ? "stays" : "ends"}, ${file}`;
}

function drainText({ change, backendName, frontends, detail }: DrainEvent): string {
  const where = change === "overdue" ? ` in ${frontends.join(", ")}` : "";
  return `${backendName} ${change}${where}${detail && `: ${detail}`}`;
}

function safetyText({ measure, change, frontendName, backendName, detail }: SafetyEvent): string {
  const about = [frontendName, backendName].filter((name) => name !== "").join(" ");
  return `${about} ${measure} ${change}${detail && `: ${detail}`}`;
}

function weightText(event: WeightEvent): string {
  const { frontendName, poolName, backendName, flush } = event;
  const parts = [
    levels("configured", event.configuredFrom, event.configuredTo),
    levels("effective", event.effectiveFrom, event.effectiveTo),
    flush ? "flows moved away" : "",
  ].filter((part) => part !== "");
  return `${frontendName} ${poolName} ${backendName} ${parts.join(", ")}`;
}

/** Nothing where the two are alike. */
function levels(what: string, from: EventWeight | undefined, to: EventWeight | undefined): string {
  const [before, after] = [formatWeight(from), formatWeight(to)];
  return before === after ? "" : `${what} ${before} → ${after}`;
}

function reloadText({ result, changes, stage, reason }: ReloadEvent, style: Style): string {
  if (result === "rejected") {
    const why = reason.split("\n").join("; ");
    const told = `${style.paint("bad", "rejected")} (${stage}): ${why}`;
    return changes.length === 0 ? told : `${told}; it would have changed: ${changesText(changes)}`;
  }
  return changes.length === 0 ? `${result}, nothing differs` : `${result}: ${changesText(changes)}`;
}

function changesText(changes: readonly ConfigChange[]): string {
  const named = changes.slice(0, changesNamed).map(({ kind, change, name, details }) => {
    const text = [kind, name, change].filter((part) => part !== "").join(" ");
    return details.length === 0 ? text : `${text} (${details.join(", ")})`;
  });
  const more = changes.length - named.length;
  return [...named, ...more > 0 ? [`${more} more`] : []].join("; ");
}

function auditText(event: AuditEvent, style: Style): string {
  const { method, target, before, after, result, reason, role } = event;
  const what = [method, target].filter((part) => part !== "").join(" ");
  if (result !== "OK") {
    return `${what} ${style.paint("bad", result)} (${role})${reason && `: ${reason}`}`;
  }
  return before === after ? what : `${what}: ${before} → ${after}`;
}

function changeText(
  { change, detail }: { readonly change: string; readonly detail: string },
  style: Style,
): string {
  const word = style.paint(changeMeanings[change] ?? "plain", change);
  return detail === "" ? word : `${word}: ${detail}`;
}
