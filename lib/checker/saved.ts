import type { EventData } from "../events/mod.ts";
import {
  afterHold,
  type BackendState,
  counterMax,
  type FlapMemory,
  freshHealth,
  type Health,
  isHealthy,
  isProbed,
  neverFlapped,
} from "../health/mod.ts";
import type { ProbeTarget } from "../probes/mod.ts";
import type { Moment } from "../time/mod.ts";
import { type BackendEntry, mostRecent } from "./backend.ts";
import type { SavedFailOpen } from "./fail_open.ts";
import { type FrontendEntry, weightEnded } from "./frontend.ts";
import type { Generation, Plan } from "./plan.ts";
import type { Drain, FlapHold, Said, SavedWeight } from "./types.ts";

/** What is worth keeping of a backend beyond the life of the process. */
export interface SavedBackend {
  readonly name: string;
  /** A text that is another one when it is probed elsewhere or otherwise. */
  readonly target: string;
  readonly state: BackendState;
  /** The rise/fall counter. */
  readonly counter: number;
  /** Unix milliseconds at which the state began. */
  readonly since: number;
  /** What the operator last said about `enabled`; undefined when he never did. */
  readonly enabled: boolean | undefined;
  /** Who last steered it; undefined when nobody did. */
  readonly said: Said | undefined;
  /** Absent while nobody has it drained. */
  readonly drain?: Drain | undefined;
  /** Absent while nothing is remembered of its flapping. */
  readonly flaps?: SavedFlaps | undefined;
}

/** What a checker is to begin with. */
export interface Restored {
  readonly backends: ReadonlyMap<string, SavedBackend>;
  /** Of frontends, by their names. */
  readonly weights: ReadonlyMap<string, readonly SavedWeight[]>;
  /** By the names of frontends. */
  readonly failOpens?: ReadonlyMap<string, SavedFailOpen>;
  /** When backends changed their states of late: Unix milliseconds, oldest first. */
  readonly changes: ReadonlyMap<string, readonly number[]>;
  /** Whether health is so young that it may be gone by; what operators said counts always. */
  readonly isHealthFresh: boolean;
}

/** A text that is another one whenever a backend is probed elsewhere or otherwise. */
function targetKey(target: ProbeTarget): string {
  return keys.getOrInsertComputed(target, keyOf);
}

/** Targets are never changed, and asked for again and again. */
const keys = new WeakMap<ProbeTarget, string>();

function keyOf({ address, netns, check }: ProbeTarget): string {
  const { name: _, ...probe } = check;
  return JSON.stringify({ address, netns, probe }, (_key, value) => {
    return typeof value === "object" && value !== null && "bytes" in value ? value.text : value;
  });
}

/** What is to be kept of a backend, at this moment. */
export function savedBackend(entry: BackendEntry, at: Moment): SavedBackend {
  const { name, health: { state, counter }, since, operatorEnabled, said, drain } = entry;
  // Where the file says the same there is nothing to hold against what it says later.
  const enabled = operatorEnabled === entry.config.enabled ? undefined : operatorEnabled;
  const target = targetKey(entry.job.target);
  const flaps = savedFlaps(entry, at);
  return {
    ...{ name, target, state, counter, since, enabled, said },
    ...(drain && { drain }),
    ...(flaps && { flaps }),
  };
}

/**
 * Makes a backend that has just been made what it was before. What an operator set stands; what probes
 * found out does if it is young and was found out in the same way.
 */
function restoreBackend(
  entry: BackendEntry,
  saved: SavedBackend,
  isFresh: boolean,
  at: Moment,
): void {
  const { state, since, enabled, said } = saved;
  entry.said = said;
  entry.operatorEnabled = enabled;
  entry.health = healthOf(entry, saved, isFresh);
  if (saved.flaps && targetKey(entry.job.target) === saved.target) {
    restoreFlaps(entry, saved.flaps, at);
  }
  restoreDrain(entry, saved, at);
  if (entry.health.state === "unknown") return;
  // A verdict stands until the first result, and so does what VPP was told last.
  entry.untested = isProbed(entry.health.state);
  if (entry.health.state === state) entry.since = since;
}

function restoreDrain(entry: BackendEntry, { drain }: SavedBackend, at: Moment): void {
  if (!drain || entry.health.state === "disabled") return;
  entry.drain = drain;
  // A clock that was set back makes nothing longer than was asked for.
  entry.drainBegan = at.now - Math.max(0, at.wall - drain.said.at);
}

function healthOf(entry: BackendEntry, saved: SavedBackend, isFresh: boolean): Health {
  const { enabled = entry.config.enabled, state, counter } = saved;
  const fresh = freshHealth(enabled, entry.check);
  if (!enabled) return fresh;
  if (state === "paused") return { state, counter: 0 };
  const isVerdict = (state === "up" || state === "down") &&
    Number.isInteger(counter) && counter <= counterMax(entry.check) &&
    isHealthy(counter, entry.check) === (state === "up");
  const holds = isVerdict && isFresh && targetKey(entry.job.target) === saved.target;
  return holds ? { state, counter } : fresh;
}

/** Sets the weights of a frontend's places that operators had set. */
function restoreWeights(
  frontend: FrontendEntry,
  saved: readonly SavedWeight[],
): void {
  for (const each of saved) {
    const { backend, pool, weight, fileWeight, said } = each;
    const member = frontend.members.get(backend);
    const isThere = member && frontend.file.pools[member.pool]?.name === pool;
    if (isThere && member.fileWeight === fileWeight) {
      member.weight = weight;
      member.said = said;
    } else frontend.overrule(each);
  }
}

/** What is told of weights that were kept, in frontends that the file has no more. */
export function forgottenWeights(
  { frontends }: Pick<Generation, "frontends">,
  { weights }: Pick<Restored, "weights">,
): EventData<"override">[] {
  const gone = [...weights].filter(([frontend]) => !frontends.has(frontend));
  return gone.flatMap(([, saved]) => saved.map((each) => weightEnded(each, "none")));
}

/** Restores what a plan makes anew, at this moment. */
export function restore(
  { backends, frontends }: Plan,
  { backends: saved, weights, failOpens, changes, isHealthFresh }: Restored,
  at: Moment,
): void {
  for (const { entry } of backends.fresh) {
    const known = saved.get(entry.name);
    if (known) restoreBackend(entry, known, isHealthFresh, at);
    entry.changes = (changes.get(entry.name) ?? []).slice(-mostRecent);
  }
  for (const entry of frontends.fresh) {
    restoreWeights(entry, weights.get(entry.file.name) ?? []);
    const failOpen = failOpens?.get(entry.file.name);
    if (failOpen) entry.standings.restore(failOpen, (backend) => saved.has(backend), at);
  }
}

/** What is worth keeping of a backend's flapping beyond the life of the process. Unix milliseconds. */
export interface SavedFlaps {
  /** When it changed since it was held last, oldest first. */
  readonly changes: readonly number[];
  /** How often it was held already, as far as that is not forgiven yet. */
  readonly holds: number;
  /** When the last hold ended; of no interest before the first. */
  readonly calmSince: number;
  /** Absent while it is not held. */
  readonly hold?: FlapHold | undefined;
}

/** The same object for the same memory, so that whoever keeps it sees what has changed. */
const known = new WeakMap<FlapMemory, SavedFlaps>();

/** What is to be kept; undefined where nothing is remembered. */
function savedFlaps({ flaps, hold }: BackendEntry, at: Moment): SavedFlaps | undefined {
  if (flaps === neverFlapped) return undefined;
  const wallOf = (time: number) => time - at.now + at.wall;
  return known.getOrInsertComputed(flaps, ({ changes, holds, calmSince }) => ({
    changes: changes.map(wallOf),
    ...{ holds, calmSince: wallOf(calmSince) },
    ...(hold && { hold }),
  }));
}

/**
 * Remembers what was kept of a backend that has just been made. One that was held is down for the
 * rest of the time, however old that knowledge is, if it is in service: to be held is no verdict of
 * probes, which may be out of date.
 */
function restoreFlaps(entry: BackendEntry, saved: SavedFlaps, at: Moment): void {
  const rule = entry.check.flap;
  if (!rule) return;
  const clockOf = (time: number) => Math.min(at.now, time - at.wall + at.now);
  const { holds, hold } = saved;
  const calmSince = clockOf(saved.calmSince);
  const memory = { changes: saved.changes.map(clockOf), holds, calmSince, until: undefined };
  if (!hold || hold.until <= at.wall || !isProbed(entry.state)) {
    entry.flaps = hold ? afterHold(memory, clockOf(hold.until)) : memory;
    return;
  }
  // A clock that was set back makes nothing longer than the file says.
  const leftMs = Math.min(hold.until - at.wall, rule.maxHoldMs);
  entry.flaps = { ...memory, until: at.now + leftMs };
  entry.hold = { since: hold.since, until: at.wall + leftMs };
  if (entry.state !== "down") entry.health = { state: "down", counter: 0 };
}
