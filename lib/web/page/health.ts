import type { MaglevdState } from "../state.ts";
import type { Backend, Frontend, Member } from "../wire.ts";
import { formatOutcome, formatSpan, holdLeft, isolated, many, ms } from "./words.ts";

/** How a frontend is, by rising trouble. */
export type Health = "fine" | "settling" | "unknown" | "degraded" | "fallback" | "down";

/** A frontend's health, and why it is not fine. */
export interface Judgement {
  readonly health: Health;
  /** In a few words; of one that is fine, too. */
  readonly words: string;
  /** Of its preferred pool's weight, what carries traffic now: 0 to 1. */
  readonly capacity: number;
}

/** What each health is called. */
export const healthWords: Readonly<Record<Health, string>> = {
  fine: "fine",
  settling: "settling",
  unknown: "unknown",
  degraded: "degraded",
  fallback: "on fallback",
  down: "down",
};

/** Judges a frontend by what is known. */
export function judge(frontend: Frontend, { status, backends }: MaglevdState): Judgement {
  const { state, pools, activePool, failOpenSinceUnixNs: openSince } = frontend;
  const preferred = pools[0];
  const active = pools.find(({ name }) => name === activePool) ?? preferred;
  const configured = sum(preferred?.backends, ({ weight }) => weight);
  const effective = sum(active?.backends, ({ effectiveWeight }) => effectiveWeight);
  const capacity = configured === 0 ? 0 : Math.min(1, effective / configured);
  const say = (health: Health, words: string): Judgement => ({ health, words, capacity });
  if (state === "down") return say("down", "nothing carries its traffic");
  if (state !== "up") {
    const isEarly = status !== undefined && status.warmup !== "over" && status.warmup !== "";
    if (isEarly) return say("settling", "maglevd has just started");
    return say("unknown", state === "" ? "this maglevd does not tell" : "not all probed yet");
  }
  if (openSince > 0) return say("degraded", "fails open: weights as last in use");
  if (preferred && activePool !== "" && activePool !== preferred.name) {
    return say("fallback", `on ${isolated(activePool)}, not on ${isolated(preferred.name)}`);
  }
  const members = active?.backends ?? [];
  const lacking = members.filter((member) => isLacking(member, backends));
  if (lacking.length > 0) {
    return say("degraded", `${lacking.length} of ${many(members.length, "server")} out`);
  }
  const standby = pools.filter((pool) => pool !== active).flatMap((pool) => pool.backends)
    .filter(({ state }) => state === "down");
  if (standby.length > 0) return say("degraded", `${standby.length} on standby down`);
  return say("fine", many(members.length, "server"));
}

/** Who is to carry traffic, and does not for another reason than an operator's change. */
function isLacking({ name, state, weight }: Member, backends: MaglevdState["backends"]): boolean {
  if (weight === 0 || state === "up") return false;
  return state !== "disabled" && state !== "paused" && !backends.get(name)?.drain;
}

function sum(members: readonly Member[] | undefined, of: (member: Member) => number): number {
  return (members ?? []).reduce((total, member) => total + of(member), 0);
}

/** How a state or a health is shown: with a colour, never by it alone. */
export type Tone = "good" | "warn" | "bad" | "quiet" | "info";

/** The tone of a health. */
export const healthTones: Readonly<Record<Health, Tone>> = {
  fine: "good",
  settling: "info",
  unknown: "quiet",
  degraded: "warn",
  fallback: "warn",
  down: "bad",
};

const stateTones: Readonly<Record<string, Tone>> = {
  up: "good",
  down: "bad",
  unknown: "quiet",
  paused: "info",
  disabled: "info",
  removed: "quiet",
  draining: "info",
  drained: "info",
  connected: "good",
  restored: "good",
  applied: "good",
  "in-step": "good",
  lost: "bad",
  impaired: "bad",
  rejected: "bad",
  "out-of-step": "warn",
  altered: "warn",
};

/** The tone of a state. */
export function stateTone(state: string): Tone {
  return stateTones[state] ?? "quiet";
}

/** The state of a backend as people speak of it: one that drains is up, but that is not the news. */
export function shownState(state: string, backend: Backend | undefined): string {
  if (state === "") return "unknown";
  if (!backend?.drain || state !== "up") return state;
  return backend.drain.drainedUnixNs === 0 ? "draining" : "drained";
}

/** A certificate of a backend that ends within so many milliseconds is shown. */
const endingMs = 14 * 86_400_000;

/** What is the matter with a backend; undefined for nearly all of thousands, without any work. */
export function wrongWith(
  backend: Backend,
  now: number,
): { readonly what: string; readonly why?: string; readonly since?: number } | undefined {
  if (backend.flapHold) {
    const left = holdLeft(backend.flapHold, now);
    return { what: `flaps, and is kept down${left === "" ? "" : ` (${left})`}` };
  }
  if (backend.state === "down") return { what: "is down", why: whyDown(backend) };
  const end = ms(backend.certificateEndUnixNs);
  if (end === 0 || end >= now + endingMs) return undefined;
  const what = end < now ? "certificate has ended" : `certificate ends in ${formatSpan(end - now)}`;
  return { what, since: 0 };
}

/** Why a backend is down: what the probe saw that took it down, else the last one. */
export function whyDown({ transitions, lastProbe }: Backend): string {
  const [last] = transitions;
  if (last && last.code !== "") return formatOutcome(last);
  return lastProbe && !lastProbe.ok ? formatOutcome(lastProbe) : "";
}
