import type { Steps } from "../time/mod.ts";
import { type Affected, Draft } from "./draft.ts";
import { isAlike } from "./is_alike.ts";
import { take, takeReading } from "./reduce.ts";
import type { MaglevdState } from "./state.ts";
import type {
  Backend,
  Delta,
  Frontend,
  MemberPart,
  Move,
  News,
  Part,
  Reading,
  Step,
} from "./wire.ts";

/**
 * What makes `after` of `before`: of each object its newest alone, field by field, however much
 * happened between. Undefined where nothing did. Links, rates and outcomes of probes are left out:
 * they are told as they are heard. Of backends and frontends those that are affected are looked at.
 * An object a step.
 * Pure; the inverse of {@link hear}.
 */
export function* deltaOf(
  before: MaglevdState,
  after: MaglevdState,
  affected: Affected,
): Steps<Delta | undefined> {
  const [then, now] = differing(before, after, affected);
  yield;
  const moved = movesOf(then, now);
  const near = moved.length === 0 ? then : hear(then, [{ kind: "delta", moved }]);
  yield;
  const both = (was: Backend, is: Backend) => [was, is] as const;
  const [newBackends, backends] = yield* partsOf(near.backends, now.backends, both);
  const members: Record<string, readonly MemberPart[]> = {};
  const compare = (was: Frontend, is: Frontend) => {
    const changed = membersOf(was, is);
    if (!changed) return undefined;
    if (changed.length > 0) members[is.name] = changed;
    return [shell(was), shell(is)] as const;
  };
  const [newFrontends, frontends] = yield* partsOf(near.frontends, now.frontends, compare);
  const [newest] = before.journal;
  const added = newest ? after.journal.indexOf(newest) : after.journal.length;
  const entries = after.journal.slice(0, Math.max(added, 0));
  const reading = filled<Omit<Reading, "kind" | "steps" | "details">>({
    goneBackends: goneFrom(near.backends, now.backends),
    goneFrontends: goneFrom(near.frontends, now.frontends),
    backends: newBackends,
    frontends: newFrontends,
    checks: after.checks === before.checks ? undefined : [...after.checks.values()],
    at: after.readAt === before.readAt ? undefined : after.readAt,
    status: after.status === before.status ? undefined : after.status,
    vpp: after.vpp === before.vpp ? undefined : after.vpp,
    journal: added < 0 ? after.journal : undefined,
  });
  const delta = filled<Omit<Delta, "kind">>({
    ...{ moved, reading, backends, frontends, members, steps: stepsOf(before, after), entries },
  });
  return isEmpty(delta) ? undefined : { kind: "delta", ...delta };
}

function apply(draft: Draft, delta: Delta): void {
  for (const [name, to, atUnixNs, code = "", detail = ""] of delta.moved ?? []) {
    draft.move(name, { to, atUnixNs, code, detail });
  }
  if (delta.reading) takeReading(draft, { kind: "reading", ...delta.reading });
  for (const [name, part] of Object.entries(delta.backends ?? {})) {
    draft.backend(name, (each) => patched(each, part));
  }
  for (const [name, part] of Object.entries(delta.frontends ?? {})) {
    draft.frontend(name, (each) => patched(each, part));
  }
  for (const [name, parts] of Object.entries(delta.members ?? {})) {
    draft.frontend(name, (each) => withMembers(each, parts));
  }
  for (const [name, [dropped, added]] of Object.entries(delta.steps ?? {})) {
    draft.steps(name, dropped, added);
  }
  for (const entry of delta.entries?.toReversed() ?? []) draft.note(entry);
}

/** What is known after these news, in their order. Pure: the same on the server and in the page. */
export function hear(state: MaglevdState, news: readonly News[]): MaglevdState {
  const draft = new Draft(state);
  for (const each of news) {
    if (each.kind === "delta") apply(draft, each);
    else take(draft, each);
  }
  return draft.done();
}

/** The two, each with those backends and frontends alone that may have to be told of. */
function differing(
  before: MaglevdState,
  after: MaglevdState,
  affected: Affected,
): [MaglevdState, MaglevdState] {
  const formerBackends = someOf(before.backends, affected.backends);
  const backends = someOf(after.backends, affected.backends);
  // A backend that moves does so in all its frontends, until something else is told of them.
  const users = Array.from(formerBackends.values(), (backend) => backend.frontends).flat();
  const named = affected.frontends.union(new Set(users));
  const formerFrontends = someOf(before.frontends, named);
  const frontends = someOf(after.frontends, named);
  return [
    { ...before, backends: formerBackends, frontends: formerFrontends },
    { ...after, backends, frontends },
  ];
}

function someOf<T>(all: ReadonlyMap<string, T>, names: ReadonlySet<string>): Map<string, T> {
  const some = new Map<string, T>();
  for (const name of names) {
    const each = all.get(name);
    if (each !== undefined) some.set(name, each);
  }
  return some;
}

/** Those that are in another state, where that is all there is to tell of it. */
function movesOf(before: MaglevdState, after: MaglevdState): Move[] {
  const moves: Move[] = [];
  for (const [name, is] of after.backends) {
    const was = before.backends.get(name);
    if (!was || was.sinceUnixNs === is.sinceUnixNs) continue;
    const { code = "", detail = "" } = is.transitions[0] ?? {};
    const { state, sinceUnixNs } = is;
    if (detail !== "") moves.push([name, state, sinceUnixNs, code, detail]);
    else if (code !== "") moves.push([name, state, sinceUnixNs, code]);
    else moves.push([name, state, sinceUnixNs]);
  }
  return moves;
}

/** Objects that have to be told as a whole, and of the others what is other than before. */
function* partsOf<T extends Backend | Frontend>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  /** The two as far as they are compared; undefined: they are too different. */
  compare: (was: T, is: T) => readonly [object, object] | undefined,
): Steps<[T[], Readonly<Record<string, Part>>]> {
  const whole: T[] = [];
  const parts: Record<string, Part> = {};
  for (const [name, is] of after) {
    const was = before.get(name);
    if (was === is) continue;
    yield;
    const compared = was && compare(was, is);
    if (!compared) {
      whole.push(is);
      continue;
    }
    const part = partOf(...compared);
    if (part) parts[name] = part;
  }
  return [whole, parts];
}

/** What is other than before of an object; undefined: nothing. */
function partOf(before: object, after: object): Part | undefined {
  const was = new Map<string, unknown>(Object.entries(before));
  const set: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(after)) {
    const known = was.get(key);
    was.delete(key);
    if (!isAlike(known, value)) set[key] = value;
  }
  const part = filled<Part>({ set, gone: [...was.keys()] });
  return isEmpty(part) ? undefined : part;
}

function patched<T extends object>(before: T, { set, gone }: Part): T {
  const after: Record<string, unknown> = { ...before, ...set };
  for (const key of gone ?? []) delete after[key];
  return after as T;
}

/** A frontend without what is told of its members. */
function shell({ pools, ...rest }: Frontend): object {
  return { ...rest, pools: pools.map(({ backends: _, ...pool }) => pool) };
}

/** Members that are other than before; undefined where pools or their members are others. */
function membersOf(was: Frontend, is: Frontend): MemberPart[] | undefined {
  if (was.pools.length !== is.pools.length) return undefined;
  const changed: MemberPart[] = [];
  for (const [i, pool] of is.pools.entries()) {
    const known = was.pools[i];
    if (known?.name !== pool.name || known.backends.length !== pool.backends.length) {
      return undefined;
    }
    // Of all members, nearly all of them the same: an iterator would be felt.
    for (let j = 0; j < pool.backends.length; j++) {
      const before = known.backends[j];
      const member = pool.backends[j];
      if (before === member || !member) continue;
      if (before?.name !== member.name) return undefined;
      const part = partOf(before, member);
      if (part) changed.push([i, j, part]);
    }
  }
  return changed;
}

function withMembers(before: Frontend, parts: readonly MemberPart[]): Frontend {
  const pools = before.pools.map((pool) => ({ ...pool, backends: [...pool.backends] }));
  for (const [i, j, part] of parts) {
    const backends = pools[i]?.backends;
    const member = backends?.[j];
    if (backends && member) backends[j] = patched(member, part);
  }
  return { ...before, pools };
}

function stepsOf(before: MaglevdState, after: MaglevdState): Delta["steps"] {
  const changed: Record<string, readonly [number, readonly Step[]]> = {};
  if (before.steps === after.steps) return changed;
  for (const [name, is] of after.steps) {
    const was = before.steps.get(name) ?? [];
    if (was === is) continue;
    const first = was.findIndex((step) => isSameStep(step, is[0]));
    const dropped = first < 0 ? was.length : first;
    const kept = was.slice(dropped);
    const goesOn = kept.every((step, i) => isSameStep(step, is[i]));
    changed[name] = goesOn ? [dropped, is.slice(kept.length)] : [was.length, is];
  }
  for (const [name, { length }] of before.steps) {
    if (!after.steps.has(name) && after.frontends.has(name)) changed[name] = [length, []];
  }
  return changed;
}

function isSameStep(one: Step, other: Step | undefined): boolean {
  return one[0] === other?.[0] && one[1] === other[1];
}

function goneFrom(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): string[] {
  return before === after ? [] : [...before.keys()].filter((name) => !after.has(name));
}

/** Without what is empty or undefined. */
function filled<T extends object>(all: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  const kept = Object.entries(all).filter(([, value]) =>
    value !== undefined && (typeof value !== "object" || value === null || !isEmpty(value))
  );
  return Object.fromEntries(kept) as T;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
