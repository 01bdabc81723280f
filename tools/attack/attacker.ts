/**
 * One attack, as a process of its own: `attacker.ts NAME SEED SECONDS TARGET-AS-JSON`. Prints one
 * line when it has come as far as it goes, and what it has done when it ends, as JSON.
 *
 * @module
 */

import { Random } from "../../tests/h2/fuzz/random.ts";
import { attacks } from "./table.ts";
import type { Target } from "./types.ts";

/** The attackers' network as tools/attack/site/network.ts makes it; on the machine, loopback. */
function source(n: number): string {
  return `198.18.0.${1 + n % 250}`;
}

function source6(n: number): string {
  return `2001:db8:0:1::${(1 + n % 65_000).toString(16)}`;
}

const [name, seed, seconds, json = "{}"] = Deno.args;
const attack = attacks.find((each) => each.name === name);
if (attack === undefined) throw new Error(`there is no attack ${name}`);
const target: Target = JSON.parse(json);
const over = new AbortController();
setTimeout(() => over.abort(), Number(seconds) * 1_000);
const counts: Record<string, number> = {};
await attack.run({
  target,
  source: attack.from === "machine" ? () => "127.0.0.1" : source,
  source6: attack.from === "machine" ? () => undefined : source6,
  random: new Random(Number(seed)),
  size: (full) => full,
  over: over.signal,
  settled: () => {},
  count: (what, n = 1) => counts[what] = (counts[what] ?? 0) + n,
});
console.log(JSON.stringify(counts));
Deno.exit(0);
