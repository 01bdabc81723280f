import assert from "node:assert/strict";
import type { Config } from "../../../lib/config/mod.ts";
import { smallConfig } from "../../api/support/small_config.ts";

/** A name that is markup. */
export const evil = '<img src=x onerror="alert(1)">';
/** A right-to-left override that nobody ends, and nothing that a line could be broken at. */
export const long = `\u202eשלום🧲${"x".repeat(180)}`;

/**
 * The small configuration, with names as nobody should choose them: of its two frontends, their pools,
 * and two of its backends.
 */
export function oddConfig(names: readonly [string, string] = [evil, long]): Config {
  const config = smallConfig();
  const renamed = (name: string) => name === "web2" ? names[0] : name === "web3" ? names[1] : name;
  const frontends = [...config.frontends.values()].map((frontend, i) =>
    [names[i] ?? frontend.name, {
      ...frontend,
      name: names[i] ?? frontend.name,
      description: `${long} <b>${frontend.name}</b>`,
      pools: frontend.pools.map((pool, i) => ({
        ...pool,
        name: names[i] ?? pool.name,
        backends: pool.backends.map((each) => ({ ...each, backend: renamed(each.backend) })),
      })),
    }] as const
  );
  const backends = [...config.backends].map(([name, backend]) =>
    [renamed(name), { ...backend, name: renamed(name) }] as const
  );
  return { ...config, frontends: new Map(frontends), backends: new Map(backends) };
}

/** One frontend with very many backends. */
export function bigConfig(count: number): Config {
  const config = smallConfig(count);
  const [[name, frontend] = ["", undefined]] = config.frontends;
  assert.ok(frontend);
  const backends = [...config.backends.keys()].map((backend) => ({ backend, weight: 100 }));
  const big = { ...frontend, pools: [{ name: "all", backends }] };
  return { ...config, frontends: new Map([[name, big]]) };
}
