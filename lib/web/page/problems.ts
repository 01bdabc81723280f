import type { MaglevdState } from "../state.ts";
import type { Backend, Frontend } from "../wire.ts";
import { judge, type Tone, wrongWith } from "./health.ts";
import { link } from "./route.ts";
import { isolated, ms } from "./words.ts";

/** Something that is not as it should be. */
export interface Problem {
  readonly server: string;
  readonly tone: Extract<Tone, "bad" | "warn" | "info">;
  /** What it is about: `frontend www`. */
  readonly kind: string;
  readonly name: string;
  /** What is the matter, and why. */
  readonly what: string;
  readonly why: string;
  /** Unix milliseconds; 0: not known. */
  readonly since: number;
  /** Where there is more. */
  readonly to: string;
}

const found = new WeakMap<MaglevdState, { readonly now: number; readonly all: Problem[] }>();

/**
 * What is wrong with a maglevd and all that it looks after: the worst first, then the newest. Found
 * out once for all who ask at a moment.
 */
export function problemsOf(state: MaglevdState, now: number): readonly Problem[] {
  const before = found.get(state);
  if (before?.now === now) return before.all;
  const all = findProblems(state, now);
  found.set(state, { now, all });
  return all;
}

function findProblems(state: MaglevdState, now: number): Problem[] {
  const all = [
    ...ofLink(state),
    ...ofFrontends(state),
    ...ofVpp(state),
    ...ofBackends(state, now),
    ...ofConfig(state),
  ];
  return sorted(all);
}

/** The worst first; what clients may notice before single backends; then the newest. */
export function sorted(problems: readonly Problem[]): Problem[] {
  const rank = ({ tone, kind }: Problem) =>
    2 * ["bad", "warn", "info"].indexOf(tone) + (kind === "backend" ? 1 : 0);
  return [...problems].sort((a, b) => rank(a) - rank(b) || b.since - a.since);
}

type Rest = Omit<Problem, "server" | "to"> & { readonly to?: string };

function problem({ name: server }: MaglevdState, rest: Rest): Problem {
  return { to: link(server), ...rest, server };
}

function ofLink(state: MaglevdState): Problem[] {
  const { link: { state: way, since, reason }, name, readAt } = state;
  if (way === "connected" && reason !== "") {
    const what = readAt > 0 ? "is heard, and cannot be read as a whole" : "cannot be read";
    return [problem(state, {
      ...{ tone: "warn", kind: "maglevd", name, what, why: reason, since: readAt },
    })];
  }
  if (way !== "lost") return [];
  const what = readAt > 0 ? "is not heard: what is shown is of before" : "is not heard";
  return [problem(state, { tone: "bad", kind: "maglevd", name, what, why: reason, since })];
}

function ofFrontends(state: MaglevdState): Problem[] {
  return [...state.frontends.values()].flatMap((frontend) => {
    const { health, words } = judge(frontend, state);
    if (health === "fine" || health === "settling" || health === "unknown") return [];
    const { name, failOpenSinceUnixNs } = frontend;
    const last = state.steps.get(name)?.at(-1)?.[0] ?? 0;
    const moved = state.journal.find((each) => each.kind === "pool" && each.frontend === name)?.at;
    const since = health === "down"
      ? last
      : health === "fallback"
      ? moved ?? 0
      : ms(failOpenSinceUnixNs || downSince(frontend));
    return [problem(state, {
      tone: health === "down" ? "bad" as const : "warn" as const,
      kind: "frontend",
      name: frontend.name,
      what: health === "down"
        ? "is down"
        : `is ${health === "fallback" ? "" : "degraded: "}${words}`,
      why: health === "down" ? words : "",
      since,
      to: `${link(state.name)}#${encodeURIComponent(frontend.name)}`,
    })];
  });
}

/** Since when the first of those that are down is, in Unix nanoseconds; 0: none is. */
function downSince({ pools }: Frontend): number {
  const all = pools.flatMap(({ backends }) => backends).filter(({ state }) => state === "down");
  return all.length === 0 ? 0 : Math.min(...all.map(({ sinceUnixNs }) => sinceUnixNs));
}

function ofBackends(state: MaglevdState, now: number): Problem[] {
  const found: Problem[] = [];
  for (const backend of state.backends.values()) {
    const wrong = wrongWith(backend, now);
    if (!wrong) continue;
    const { name, sinceUnixNs, frontends } = backend;
    const inUse = frontends.length === 0
      ? "in no frontend"
      : `in ${frontends.map(isolated).join(", ")}`;
    found.push(problem(state, {
      ...{ tone: "warn", kind: "backend", name, what: wrong.what },
      why: wrong.why ? `${wrong.why} · ${inUse}` : inUse,
      since: wrong.since ?? ms(sinceUnixNs),
      to: link(state.name, "backend", name),
    }));
  }
  return found;
}

function ofVpp(state: MaglevdState): Problem[] {
  const { status, vpp } = state;
  const to = link(state.name, "vpp");
  const found: Problem[] = [];
  const lack = status?.probingImpaired;
  if (lack) {
    const { reason: why, backends } = lack;
    const what = `cannot probe ${backends} ${backends === 1 ? "backend" : "backends"}`;
    const since = ms(lack.sinceUnixNs);
    found.push(problem(state, { tone: "bad", kind: "maglevd", name: "", what, why, since }));
  }
  if (!vpp) return found;
  const about = { kind: "VPP", name: "", to };
  if ("unavailable" in vpp) {
    if (status?.vpp === "off") return found;
    const why = status?.vppAway?.reason ?? vpp.unavailable;
    const since = ms(status?.vppAway?.sinceUnixNs ?? 0);
    found.push(problem(state, { ...about, tone: "bad", what: "is not connected", why, since }));
  } else if (!vpp.inStep && vpp.stepSinceNs !== 0 && status?.warmup === "over") {
    const why = vpp.differs.slice(0, 2).join("; ");
    const since = ms(vpp.stepSinceNs);
    found.push(problem(state, { ...about, tone: "warn", what: "is not in step", why, since }));
  }
  return found;
}

function ofConfig(state: MaglevdState): Problem[] {
  const { status } = state;
  if (!status) return [];
  const about = { kind: "configuration", name: "", since: 0 };
  if (status.configRejected !== "") {
    const why = status.configRejected.split("\n").slice(0, 2).join("; ");
    return [
      problem(state, { ...about, tone: "warn", what: "was refused at the last reload", why }),
    ];
  }
  if (status.configFileUnreadable) {
    const why = "maglevd goes on with what it has loaded, and would not start again";
    const what = `file ${status.configFileUnreadable}`;
    return [problem(state, { ...about, tone: "warn", what, why })];
  }
  if (status.configFileChanged) {
    const what = "in force is not that of the file";
    return [problem(state, { ...about, tone: "info", what, why: "a reload applies it" })];
  }
  return [];
}

/** What operators have said otherwise than the file. */
export interface HandMade {
  readonly server: string;
  readonly what: string;
  readonly file: string;
  readonly by: string;
  /** Unix milliseconds; 0: not known. */
  readonly at: number;
  readonly to: string;
}

/** All that was set by hand at a maglevd: of thousands, only those are told that are looked at. */
export function byHandOf(state: MaglevdState): (() => HandMade)[] {
  const found: (() => HandMade)[] = [];
  const add = (what: () => string, hand: NonNullable<Backend["byHand"]>, name: string) =>
    found.push(() => {
      const { file, actor, atUnixNs } = hand;
      const by = [actor?.name ?? "", actor?.from ?? ""].filter((part) => part !== "")
        .join(" from ");
      const to = link(state.name, "backend", name);
      return { server: state.name, what: what(), file, by, at: ms(atUnixNs), to };
    });
  for (const { name, byHand } of state.backends.values()) {
    if (byHand) add(() => `${isolated(name)} ${byHand.value}`, byHand, name);
  }
  for (const { name: frontend, pools } of state.frontends.values()) {
    for (const { backends } of pools) {
      for (const { name, byHand } of backends) {
        if (!byHand) continue;
        add(
          () => `${isolated(name)} in ${isolated(frontend)}: weight ${byHand.value}`,
          byHand,
          name,
        );
      }
    }
  }
  return found;
}
