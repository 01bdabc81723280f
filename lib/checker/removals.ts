import type { Config, Frontend } from "../config/mod.ts";
import type { Steps } from "../time/mod.ts";
import { vipOf } from "./apply.ts";

/** Names that a refusal lists: more help nobody. */
const mostNamed = 5;

/**
 * Why a reload from `before` to `after` is refused unless somebody insists; undefined when it is
 * not. The share that counts is that of the configuration in force: a file that has been cut short
 * has lost its own. What the file has in service counts, whatever operators and probes say.
 */
export function* removalRefusal(before: Config, after: Config): Steps<string | undefined> {
  const { maxRemovalsPercent: most } = before;
  const kinds = [
    ["VIPs", yield* vipsOf(before), yield* vipsOf(after)],
    ["servers", yield* serversOf(before), yield* serversOf(after)],
  ] as const;
  for (const [what, present, staying] of kinds) {
    const gone = [...present].filter((each) => !staying.has(each));
    if (!areTooMany({ gone: gone.length, of: present.size }, most)) continue;
    const named = gone.slice(0, mostNamed).join(", ");
    const more = gone.length > mostNamed ? ` and ${gone.length - mostNamed} more` : "";
    return `it would take ${gone.length} of ${present.size} ${what} out of service (${named}` +
      `${more}), and maglev.safety.max-removals is ${most}%: if that is meant, force it`;
  }
  return undefined;
}

/** `192.0.2.1 tcp 80` of each frontend that has a server at all. */
function* vipsOf({ frontends, backends }: Config): Steps<Set<string>> {
  const vips = new Set<string>();
  for (const frontend of frontends.values()) {
    const { done } = addressesOf(frontend, backends).next();
    if (!done) vips.add(vipOf(frontend));
    yield;
  }
  return vips;
}

/** Addresses of the servers that may get traffic: enabled, and with a weight in some frontend. */
function* serversOf({ frontends, backends }: Config): Steps<Set<string>> {
  const servers = new Set<string>();
  for (const frontend of frontends.values()) {
    for (const address of addressesOf(frontend, backends)) {
      servers.add(address);
      yield;
    }
    yield;
  }
  return servers;
}

function* addressesOf({ pools }: Frontend, backends: Config["backends"]): Generator<string> {
  for (const pool of pools) {
    for (const { backend, weight } of pool.backends) {
      const { enabled, address } = backends.get(backend) ?? {};
      if (enabled && address && weight > 0) yield address.text;
    }
  }
}

/** Whether more goes, `gone` of so many, than `mostPercent`: nobody does that without meaning it. */
export function areTooMany(
  { gone, of }: { readonly gone: number; readonly of: number },
  mostPercent: number,
): boolean {
  return gone * 100 > mostPercent * of;
}
