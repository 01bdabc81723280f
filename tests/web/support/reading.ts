import type { CheckerView } from "../../../lib/checker/mod.ts";
import type { MaglevEvent } from "../../../lib/events/mod.ts";
import { backendToProto, frontendToProto } from "../../../lib/api/convert/objects.ts";
import { eventToProto } from "../../../lib/api/convert/events.ts";
import type { MaglevdState } from "../../../lib/web/state.ts";
import { toWire } from "../../../lib/web/to_wire.ts";
import type { Change, JournalEntry, Reading } from "../../../lib/web/wire.ts";

const trend = { times: undefined, timeoutMs: 0, changes: 0 };

/** What is read of a checker at this moment, as far as it differs from `known`. */
export function readingOf(checker: CheckerView, known?: MaglevdState): Reading {
  const backends = checker.backendNames().flatMap((name) => {
    const backend = checker.backend(name);
    return backend ? [toWire(backendToProto(backend, trend))] : [];
  });
  const frontends = checker.frontendNames().flatMap((name) => {
    const frontend = checker.frontend(name);
    return frontend ? [toWire(frontendToProto(frontend, (each) => checker.backend(each)))] : [];
  });
  const gone = (names: Iterable<string> | undefined, now: readonly string[]) =>
    [...names ?? []].filter((name) => !now.includes(name));
  return {
    kind: "reading",
    backends,
    frontends,
    goneBackends: gone(known?.backends.keys(), checker.backendNames()),
    goneFrontends: gone(known?.frontends.keys(), checker.frontendNames()),
  };
}

const nothing: JournalEntry = {
  ...{ seq: 0, at: 0, kind: "", backend: "", frontend: "", actor: "" },
  ...{ what: "", why: "", to: "" },
};

/** An event as browsers hear of it. */
export function changeOf(event: MaglevEvent): Change {
  const told = toWire(eventToProto(event));
  return { kind: "event", about: event.kind, event: told, entry: () => nothing };
}

/** What events tell, all of it; what is found out by reading alone is left out. */
export function toldOf({ backends, frontends }: MaglevdState): unknown {
  return {
    backends: [...backends.values()].map(({ name, state, sinceUnixNs, drain, flapHold }) => ({
      ...{ name, state, sinceUnixNs, isHeld: flapHold !== undefined },
      drain: drain && { sinceUnixNs: drain.sinceUnixNs, isDrained: drain.drainedUnixNs !== 0 },
    })).sort(byName),
    frontends: [...frontends.values()].map((frontend) => ({
      ...{ name: frontend.name, state: frontend.state, activePool: frontend.activePool },
      failOpenSince: frontend.failOpenSinceUnixNs,
      pools: frontend.pools.map(({ name, backends: members }) => ({
        name,
        members: members.map((member) => ({
          ...{ name: member.name, state: member.state, since: member.sinceUnixNs },
          ...{ weight: member.weight, effective: member.effectiveWeight },
          isRising: member.slowStartPercent > 0,
        })),
      })),
    })).sort(byName),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
