import type { Frontend, Member } from "./wire.ts";

/** A frontend as it was read a while ago, but for what events have told of it since. */
export function withTold(known: Frontend, read: Frontend): Frontend {
  const members = new Map(
    known.pools.flatMap(({ name, backends }) =>
      backends.map((member): [string, Member] => [JSON.stringify([name, member.name]), member])
    ),
  );
  const { state, activePool, failOpenSinceUnixNs } = known;
  const pools = read.pools.map((pool) => ({
    ...pool,
    backends: pool.backends.map((member) => {
      const was = members.get(JSON.stringify([pool.name, member.name]));
      if (!was) return member;
      const { state, sinceUnixNs, weight, effectiveWeight, slowStartPercent } = was;
      return { ...member, state, sinceUnixNs, weight, effectiveWeight, slowStartPercent };
    }),
  }));
  return { ...read, state, activePool, failOpenSinceUnixNs, pools };
}
