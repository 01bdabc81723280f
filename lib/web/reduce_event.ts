import type { Draft } from "./draft.ts";
import type { MaglevdEvent } from "./wire.ts";

type Kind<Case> = Extract<MaglevdEvent["event"], { readonly case: Case }> extends
  { readonly value: infer Value } ? Value : never;

/** What an event changes. What it only tells of is found out by reading. */
export function foldEvent(draft: Draft, { event, atUnixNs, actor }: MaglevdEvent): void {
  switch (event.case) {
    case "backend": {
      const { backendName, transition } = event.value;
      if (transition?.to === "removed") return draft.removeBackend(backendName);
      return transition && draft.move(backendName, transition);
    }
    case "frontend":
      return foldFrontend(draft, event.value, atUnixNs / 1e6);
    case "pool": {
      const { frontendName, to } = event.value;
      return draft.frontend(frontendName, (each) => ({ ...each, activePool: to }));
    }
    case "weight":
      return foldWeight(draft, event.value);
    case "drain": {
      const { change, backendName } = event.value;
      return draft.backend(backendName, ({ drain, ...backend }) => {
        if (change === "ended") return backend;
        const begun = { sinceUnixNs: atUnixNs, deadlineUnixNs: 0, drainedUnixNs: 0 };
        const known = change === "begun" || !drain ? { ...begun, ...actor && { actor } } : drain;
        return {
          ...backend,
          drain: change === "drained" ? { ...known, drainedUnixNs: atUnixNs } : known,
        };
      });
    }
    case "safety":
      return foldSafety(draft, event.value, atUnixNs);
    default:
      return;
  }
}

function foldFrontend(
  draft: Draft,
  { frontendName, transition, activePool }: Kind<"frontend">,
  at: number,
): void {
  if (!transition) return;
  const { to: state, atUnixNs } = transition;
  if (state === "removed") return draft.removeFrontend(frontendName);
  draft.frontend(frontendName, (each) => ({
    ...each,
    state,
    // An older maglevd does not tell it.
    activePool: activePool || each.activePool,
  }));
  draft.step(frontendName, at || atUnixNs / 1e6, state);
}

function foldWeight(draft: Draft, event: Kind<"weight">): void {
  const { frontendName, poolName, backendName, configuredTo, effectiveTo } = event;
  draft.member(frontendName, poolName, backendName, (member) => ({
    ...member,
    ...configuredTo?.kind === "set" && { weight: configuredTo.weight ?? 0 },
    ...effectiveTo && {
      effectiveWeight: effectiveTo.kind === "set" ? effectiveTo.weight ?? 0 : 0,
    },
  }));
}

function foldSafety(draft: Draft, event: Kind<"safety">, at: number): void {
  const { measure, change, frontendName, backendName } = event;
  const isOn = change === "begun";
  switch (measure) {
    case "fail-open":
      return draft.frontend(frontendName, (each) => ({
        ...each,
        failOpenSinceUnixNs: isOn ? at : 0,
      }));
    case "slow-start":
      return draft.member(frontendName, undefined, backendName, (member) => ({
        ...member,
        slowStartPercent: isOn ? member.slowStartPercent || 1 : 0,
      }));
    case "flap-hold":
      return draft.backend(
        backendName,
        ({ flapHold: _, ...backend }) =>
          isOn
            ? { ...backend, flapHold: { sinceUnixNs: at, untilUnixNs: 0, passing: false } }
            : backend,
      );
  }
}
