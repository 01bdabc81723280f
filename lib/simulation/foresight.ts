import {
  type Checker,
  type CheckerView,
  type FrontendStanding,
  type Operation,
  type Outcome,
  ReloadRefused,
} from "../checker/mod.ts";
import type { Config } from "../config/mod.ts";
import { type MaglevEvent, OperatorError } from "../events/mod.ts";
import type { Action } from "./actions.ts";
import { type Wanted, wantedNow, type WantedVip } from "./desired.ts";

/** What came of a reload. */
export interface Reloaded {
  readonly isRefused: boolean;
  /** How it differs from what was foreseen, a line each. */
  readonly wrong: readonly string[];
}

/** How something stands, by its name; undefined where VPP alone knows. */
type Standings = ReadonlyMap<string, string | undefined>;

/** How the frontends and backends of a site stand. */
interface SiteStanding {
  readonly frontends: Standings;
  readonly backends: Standings;
  /** What probes have found of each backend that nobody may have been told of. */
  readonly found: Standings;
  /** How far each slow start is: a reload that goes on meanwhile takes the next step with it. */
  readonly risen: Standings;
}

/**
 * Has operations done, and tells how what comes of them differs from what was foreseen, a line each.
 * Throws what `operate` throws.
 */
export function operateAsForeseen(checker: Checker, operations: readonly Operation[]): string[] {
  // It does what is left of others first.
  const outcome = checker.foresee(operations);
  const before = siteOf(checker);
  checker.operate(operations);
  return unforeseen(siteOf(checker), foretold(before, outcome, checker.frontendNames()));
}

/**
 * Has it foreseen what a configuration comes to when it is loaded, then loads it and compares. Both
 * take a while: where `watch` has heard meanwhile that something else changes anything there is
 * nothing to compare. Rejects where loading it fails.
 */
export async function reloadAsForeseen(
  checker: Checker,
  config: Config,
  watch: ReloadWatch,
): Promise<Reloaded> {
  watch.begin();
  const [before, wantedBefore] = [siteOf(checker), wantedNow(checker)];
  const foreseen = await checker.foreseeReload(config);
  const wanted = wantedNow(foreseen.desired);
  const isRefused = await checker.reload(config).then(() => false, isRefusal);
  // A reload that is refused waits for nobody who is about to be told of something else.
  await checker.events.told();
  if (isRefused !== (foreseen.refusal !== undefined)) {
    const not = isRefused ? "" : "not ";
    return { isRefused, wrong: [`a reload was ${not}refused, other than foreseen`] };
  }
  const is = siteOf(checker);
  const isFound = [...before.found].some(([name, was]) => (is.found.get(name) ?? was) !== was);
  const isRisen = [...before.risen].some(([place, was]) => is.risen.get(place) !== was);
  if (watch.isOther || watch.isTime || isFound || isRisen) return { isRefused, wrong: [] };
  const names = foreseen.desired.frontendNames();
  const wrong = [
    ...unforeseen(is, isRefused ? before : foretold(before, foreseen, names)),
    ...unwanted(wantedNow(checker), isRefused ? wantedBefore : wanted),
  ];
  return { isRefused, wrong: wrong.map((line) => `after a reload ${line}`) };
}

/** Whether a reload was refused because of what it would take out; other errors are faults. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ReloadRefused) return true;
  throw error;
}

function siteOf(checker: CheckerView): SiteStanding {
  const frontends = checker.frontendNames();
  const backends = checker.backendNames().flatMap((name) => checker.backend(name) ?? []);
  return {
    frontends: new Map(frontends.map((name) => [name, standingOf(checker, name)])),
    backends: new Map(backends.map(({ config: { name }, state }) => [name, state])),
    found: new Map(
      backends.map(({ config: { name }, untested, flapHold }) => [
        name,
        `${untested} ${flapHold?.isPassing ?? false}`,
      ]),
    ),
    risen: new Map(frontends.flatMap((name) =>
      Array.from(
        checker.frontend(name)?.slowStarts ?? [],
        ([backend, percent]) => [`${name} ${backend}`, `${percent}`] as const,
      )
    )),
  };
}

/** State, active pool and sum of the effective weights. */
function standingOf(checker: CheckerView, name: string): string | undefined {
  const { state = "down", activePool = "", weights = [] } = checker.frontend(name) ?? {};
  let weight = 0;
  for (const each of weights) {
    if (each.weight === "kept") return undefined;
    weight += each.weight;
  }
  return told({ state, activePool, weight });
}

/**
 * How a site is to stand when this has come of it. Of what is new, or has another name, only what the
 * outcome tells is known.
 */
function foretold(
  before: SiteStanding,
  { frontends, backends }: Outcome,
  names: readonly string[],
): SiteStanding {
  const there = new Set(names);
  const after = {
    frontends: new Map([...before.frontends].filter(([name]) => there.has(name))),
    backends: new Map(before.backends),
    found: before.found,
    risen: before.risen,
  };
  for (const { frontend, after: standing } of frontends) {
    if (standing) after.frontends.set(frontend, told(standing));
  }
  for (const { backend, to } of backends) after.backends.set(backend, to);
  return after;
}

/** How what is expected did not come. */
function unforeseen(is: SiteStanding, expected: SiteStanding): string[] {
  return [
    ...different(is.frontends, expected.frontends, "gone"),
    ...different(is.backends, expected.backends, "removed"),
  ];
}

/** The same of what VPP is to hold, which has to be foreseen as a whole. */
function unwanted(is: Wanted, expected: Wanted): string[] {
  const all = new Map(Array.from(is, ([name]) => [name, "none"]));
  const texts = (wanted: Wanted) =>
    Array.from(wanted, ([name, vip]) => [name, vipText(vip)] as const);
  return different(new Map(texts(is)), new Map([...all, ...texts(expected)]), "none");
}

function different(is: Standings, expected: Standings, absent: string): string[] {
  return Array.from(expected).flatMap(([name, what]) => {
    const there = is.has(name) ? is.get(name) : absent;
    if (there === what || there === undefined || what === undefined) return [];
    return [`${name} is ${there}, but was foreseen as ${what}`];
  });
}

function told({ state, activePool, weight }: FrontendStanding): string {
  return `${state} on ${activePool} with ${weight}`;
}

function vipText({ encap, sticky, servers }: WantedVip): string {
  const places = Array.from(
    servers,
    ([address, { weight, flush }]) => `${address} at ${weight}${flush ? ", flushed" : ""}`,
  );
  return [`${encap}${sticky ? ", sticky" : ""}`, ...places.sort()].join("; ");
}

/** What operators do in a history. */
export type Steering = Action & { readonly do: "operator" | "drain" | "weigh" | "many" };

/** The backends that are spoken of. */
export function steeredBy(action: Steering): readonly string[] {
  return action.do === "many" ? action.operations.map(({ backend }) => backend) : [action.backend];
}

/** Does what an operator asks for; what is refused is no harm, `blame` hears of what fails. */
export function steer(checker: Checker, action: Steering, blame: (what: string) => void): void {
  try {
    if (action.do === "many") {
      checker.operateMany(action.operations).catch((error) => {
        const isAbandoned = error instanceof Error && error.message.endsWith("is stopping");
        if (!(error instanceof OperatorError) && !isAbandoned) {
          blame(`many operations failed: ${error}`);
        }
      });
      return;
    }
    const operations = operationsOf(checker, action);
    for (const wrong of operateAsForeseen(checker, operations)) blame(wrong);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
}

function operationsOf(
  checker: Checker,
  action: Exclude<Steering, { readonly do: "many" }>,
): Operation[] {
  switch (action.do) {
    case "operator":
      return [{ action: action.verb, backend: action.backend }];
    case "drain": {
      const { backend, deadlineMs } = action;
      return [{ action: "drain", backend, deadlineMs: deadlineMs || undefined }];
    }
    case "weigh": {
      const { frontend, backend, weight, flush } = action;
      const pool = checker.frontend(frontend)?.config.pools
        .find(({ backends }) => backends.some((member) => member.backend === backend));
      const place = { frontend, pool: pool?.name ?? "", backend };
      return pool ? [{ action: "weight", ...place, weight, flush }] : [];
    }
  }
}

/** Hears what else changes something while a reload goes on. */
export class ReloadWatch {
  /** A probe, or an operator. */
  isOther = false;
  /** Time alone. */
  isTime = false;

  /** A reload begins. */
  begin(): void {
    this.isOther = this.isTime = false;
  }

  /** Takes in an event of `checker`. */
  hear(event: MaglevEvent, checker: CheckerView): void {
    this.isOther ||= ["probe", "operator"].includes(event.cause.kind);
    this.isTime ||= isTimed(event, checker);
  }
}

/** Whether time alone has brought an event about: a measure of safety goes on, or is over. */
function isTimed(event: MaglevEvent, checker: CheckerView): boolean {
  if (event.cause.kind !== "safety") return false;
  switch (event.kind) {
    case "drain":
      return true;
    case "safety":
      return event.measure !== "fail-open";
    case "weight":
      return (checker.config.frontends.get(event.frontend)?.slowStartMs ?? 0) > 0;
    default:
      return false;
  }
}
