/** When a backend changes so often that it is to stay down for a while; milliseconds. */
export interface FlapRule {
  /** So many changes between up and down, at least 2, */
  readonly changes: number;
  /** within so long. */
  readonly withinMs: number;
  /** How long it stays down the first time; doubled each time after that, */
  readonly holdMs: number;
  /** up to this. */
  readonly maxHoldMs: number;
}

/** What is remembered of a backend that flaps. Replaced as a whole, never changed. */
export interface FlapMemory {
  /** When it changed since it was held last, oldest first. */
  readonly changes: readonly number[];
  /** How often it was held already, as far as that is not forgiven yet. */
  readonly holds: number;
  /** When the last hold ended; of no interest before the first. */
  readonly calmSince: number;
  /** Until when it is held; undefined: it is not. */
  readonly until: number | undefined;
}

/** Of a backend that never flapped. */
export const neverFlapped: FlapMemory = {
  changes: [],
  holds: 0,
  calmSince: 0,
  until: undefined,
};

/**
 * What is to be remembered after a change between up and down at `now`. Only one that goes down is
 * held: nobody is taken out of service for it.
 */
export function afterChange(
  memory: FlapMemory,
  rule: FlapRule,
  isDown: boolean,
  now: number,
): FlapMemory {
  const recent = memory.changes.filter((at) => at > now - rule.withinMs);
  const changes = [...recent, now].slice(-rule.changes);
  if (!isDown || changes.length < rule.changes) return { ...memory, changes };
  const holds = forgiven(memory, rule, now);
  return { ...memory, changes: [], holds: holds + 1, until: now + holdMs(rule, holds) };
}

/** For how long a backend is held that was held so often before. */
export function holdMs({ holdMs, maxHoldMs }: FlapRule, holds: number): number {
  return Math.min(maxHoldMs, holdMs * 2 ** holds);
}

/** What is to be remembered once a hold has ended by itself. */
export function afterHold(memory: FlapMemory, now: number): FlapMemory {
  return { ...memory, changes: [], calmSince: now, until: undefined };
}

/** How many holds count still: one less for each `within` without any. */
function forgiven({ holds, calmSince }: FlapMemory, { withinMs }: FlapRule, now: number): number {
  return Math.max(0, holds - Math.floor((now - calmSince) / withinMs));
}
