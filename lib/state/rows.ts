import type {
  Drain,
  Said,
  SavedBackend,
  SavedFailOpen,
  SavedFlaps,
  SavedWeight,
} from "../checker/mod.ts";
import { eventKinds, type MaglevEvent } from "../events/mod.ts";
import { backendStates } from "../health/mod.ts";
import type { SavedFlushes } from "./types.ts";

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** What SQLite takes for one column. */
export type Value = string | number | null;

/** Columns of a backend, in the order of the table. */
export function backendValues(backend: SavedBackend): Value[] {
  const { name, target, state, counter, since, enabled, said, drain, flaps } = backend;
  return [
    name,
    target,
    state,
    counter,
    since,
    enabled === undefined ? null : +enabled,
    ...who(said),
    drain ? JSON.stringify(drain) : null,
    flaps ? JSON.stringify(flaps) : null,
  ];
}

/** Columns of a weight, in the order of the table. */
export function weightValues({ frontend, pool, backend, weight, fileWeight, said }: SavedWeight) {
  return [frontend, pool, backend, weight, fileWeight, ...who(said)];
}

function who(said: Said | undefined): Value[] {
  return said ? [said.by.name, said.by.from, said.at] : [null, null, null];
}

/** A backend, undefined when a row is none. */
export function backendOf(row: Row): SavedBackend | undefined {
  const { name, target, counter, since, enabled } = row;
  const state = backendStates.find((each) => each === row.state);
  if (typeof name !== "string" || typeof target !== "string" || !state) return undefined;
  if (typeof counter !== "number" || typeof since !== "number") return undefined;
  const isSaid = enabled === 0 || enabled === 1;
  const drain = drainOf(row.drain);
  const flaps = flapsOf(row.flaps);
  return {
    name,
    target,
    state,
    counter,
    since,
    enabled: isSaid ? enabled === 1 : undefined,
    said: saidIn(row),
    ...(drain && { drain }),
    ...(flaps && { flaps }),
  };
}

/** A drain, undefined when there is none, or something else. */
function drainOf(text: unknown): Drain | undefined {
  const { said, deadlineMs, overdue, drainedAt } = parsed<Drain>(text) ?? {};
  const { by, at } = said ?? {};
  if (typeof by?.name !== "string" || typeof by.from !== "string") return undefined;
  if (typeof at !== "number" || !Array.isArray(overdue)) return undefined;
  return {
    said: { by: { name: by.name, from: by.from }, at },
    deadlineMs: typeof deadlineMs === "number" ? deadlineMs : undefined,
    overdue: overdue.filter((name) => typeof name === "string"),
    drainedAt: typeof drainedAt === "number" ? drainedAt : undefined,
  };
}

/** What is remembered of flaps, undefined when there is nothing, or something else. */
function flapsOf(text: unknown): SavedFlaps | undefined {
  const { changes, holds, calmSince, hold } = parsed<SavedFlaps>(text) ?? {};
  if (!Array.isArray(changes) || typeof calmSince !== "number") return undefined;
  if (!Number.isInteger(holds) || holds === undefined || holds < 0) return undefined;
  const isHeld = typeof hold?.since === "number" && typeof hold.until === "number";
  return {
    changes: changes.filter((at) => typeof at === "number"),
    ...{ holds, calmSince },
    ...(isHeld && { hold: { since: hold.since, until: hold.until } }),
  };
}

/** A weight, undefined when a row is none. */
export function weightOf(row: Row): SavedWeight | undefined {
  const { frontend, pool, backend, weight, file_weight: fileWeight } = row;
  if (typeof frontend !== "string" || typeof pool !== "string") return undefined;
  if (typeof backend !== "string" || !isWeight(weight) || !isWeight(fileWeight)) return undefined;
  return { frontend, pool, backend, weight, fileWeight, said: saidIn(row) };
}

/** A frontend's fail-open, undefined when a row is none. */
export function failOpenOf({ frontend, body }: Row): SavedFailOpen | undefined {
  const { open, uses } = parsed<SavedFailOpen>(body) ?? {};
  if (typeof frontend !== "string" || !Array.isArray(uses)) return undefined;
  const isOpen = typeof open?.since === "number" && typeof open.from === "number";
  return {
    frontend,
    ...(isOpen && { open: { since: open.since, from: open.from } }),
    uses: uses.filter(isUse),
  };
}

function isUse(use: unknown): use is SavedFailOpen["uses"][number] {
  if (!Array.isArray(use)) return false;
  const [backend, until, weight] = use;
  return typeof backend === "string" && (until === null || typeof until === "number") &&
    (weight === "configured" || weight === "kept");
}

/** The rows of all VIPs, by VIP. */
export function flushesOf(rows: readonly Row[]): SavedFlushes[] {
  const told = rows.flatMap(({ vip, address }) =>
    typeof vip === "string" && typeof address === "string" ? [{ vip, address }] : []
  );
  const byVip = Map.groupBy(told, ({ vip }) => vip);
  return Array.from(byVip, ([vip, own]) => ({ vip, addresses: own.map(({ address }) => address) }));
}

function isWeight(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 100;
}

function saidIn({ said_by: name, said_from: from, said_at: at }: Row): Said | undefined {
  if (typeof name !== "string" || typeof from !== "string" || typeof at !== "number") {
    return undefined;
  }
  return { by: { name, from }, at };
}

/** Columns of an event, in the order of the table. */
export function eventValues(event: MaglevEvent): Value[] {
  return [event.seq, event.at, JSON.stringify(event)];
}

/** An event, undefined when a row is none, or one of a kind that this maglevd does not know. */
export function eventOf({ seq, body }: Row): MaglevEvent | undefined {
  const event = parsed<MaglevEvent>(body);
  const isKnown = event?.seq === seq && eventKinds.some((kind) => kind === event?.kind);
  return isKnown ? event as MaglevEvent : undefined;
}

function parsed<T>(body: unknown): Partial<T> | undefined {
  if (typeof body !== "string") return undefined;
  try {
    return JSON.parse(body) ?? undefined;
  } catch {
    // A row that is none: whoever reads goes on without it.
    return undefined;
  }
}
