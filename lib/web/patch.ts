import type { Frontend, Member } from "./wire.ts";

/**
 * A frontend as it is now, with those members alone that are other than before: of hundreds it is
 * mostly one. Undefined where pools or their members are others.
 */
export function patchOf(before: Frontend, now: Frontend): Frontend | undefined {
  if (namesOf(before) !== namesOf(now)) return undefined;
  const pools = now.pools.map((pool, i) => {
    const known = before.pools[i]?.backends ?? [];
    const backends = pool.backends.filter((member, j) => !isSame(member, known[j]));
    return { ...pool, backends };
  });
  return { ...now, pools };
}

/** The frontend that a patch was made of. Pure. */
export function patched(before: Frontend, patch: Frontend): Frontend {
  const pools = before.pools.map((pool, i) => {
    const changed = patch.pools[i] ?? pool;
    const news = new Map(changed.backends.map((member) => [member.name, member]));
    return {
      ...changed,
      backends: pool.backends.map((member) => news.get(member.name) ?? member),
    };
  });
  return { ...patch, pools };
}

function namesOf({ pools }: Frontend): string {
  return JSON.stringify(pools.map(({ name, backends }) => [name, backends.map((b) => b.name)]));
}

function isSame(one: Member, other: Member | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
