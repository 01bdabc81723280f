import { eventWords, plainStyle } from "../cli/mod.ts";
import type { Event } from "../gen/maglev_pb.ts";
import { toWire } from "./to_wire.ts";
import type { EventChange, JournalEntry } from "./wire.ts";

/** A reload can name thousands of changes: so many characters of an event's text are told. */
const longestText = 600;

/** An event in words; undefined for what is no change. */
export function entryOf(message: Event): JournalEntry | undefined {
  const words = eventWords(message, plainStyle);
  if (!words) return undefined;
  const { event: { value }, seq, atUnixNs, actor } = message;
  const about = value as Readonly<Record<string, unknown>> | undefined;
  const name = (field: string) => typeof about?.[field] === "string" ? about[field] : "";
  const { what } = words;
  return {
    seq: Number(seq),
    at: Number(atUnixNs) / 1e6,
    kind: words.kind,
    backend: name("backendName"),
    frontend: name("frontendName"),
    actor: actor?.name ?? "",
    what: what.length > longestText ? `${what.slice(0, longestText)}…` : what,
    why: words.why,
    to: stateAfter(message),
  };
}

function stateAfter({ event }: Event): string {
  switch (event.case) {
    case "backend":
    case "frontend":
      return event.value.transition?.to ?? "";
    case "vpp":
    case "probing":
      return event.value.change;
    case "reload":
      return event.value.result;
    case "audit":
      return event.value.result === "OK" ? "" : "rejected";
    default:
      return "";
  }
}

/** What is folded into the state; of all others the words are enough. */
const folded: ReadonlySet<string> = new Set([
  ...["backend", "frontend", "pool", "weight", "drain", "safety", "probing"],
]);

/** What is no change. */
const silent: ReadonlySet<string> = new Set(["log", "opening", "heartbeat", "pulses"]);

/** An event as browsers are told of it; undefined for what is no change. */
export function eventChange(message: Event): EventChange | undefined {
  const { event: is, cause: _, ...rest } = message;
  if (is.case === undefined || silent.has(is.case)) return undefined;
  const event = folded.has(is.case) ? toWire(is) : { case: undefined };
  return {
    kind: "event",
    about: is.case,
    event: { ...toWire(rest), event },
    // Of many only a few are told.
    entry: () => entryOf(message),
  };
}
