import { foldEvent } from "./reduce_event.ts";
import { Draft } from "./draft.ts";
import { type MaglevdState, unheard } from "./state.ts";
import type { Change, Frontend, Member, Reading, Snapshot } from "./wire.ts";

/**
 * What is known of a maglevd after these changes, in their order. Pure: the same on the server and
 * in the page, which therefore agree.
 */
export function fold(state: MaglevdState, changes: readonly Change[]): MaglevdState {
  const draft = new Draft(state);
  for (const change of changes) take(draft, change);
  return draft.done();
}

/** The state that a snapshot tells of. */
export function restore({ name, link, reading, traffic, running }: Snapshot): MaglevdState {
  return fold(unheard(name, link.since), [
    { kind: "link", link },
    reading,
    ...traffic ? [traffic] : [],
    { kind: "pulses", at: 0, pulses: [], running },
  ]);
}

/** Takes in a change. */
export function take(draft: Draft, change: Change): void {
  switch (change.kind) {
    case "link":
      draft.set({ link: change.link });
      return;
    case "event": {
      foldEvent(draft, change.event);
      const entry = change.entry?.();
      if (entry) draft.note(entry);
      return;
    }
    case "reading":
      takeReading(draft, change);
      return;
    case "pulses":
      for (const pulse of change.pulses) draft.pulse(change.at, pulse);
      draft.run(change.running, change.isAnew);
      return;
    case "traffic":
      draft.set({
        trafficAt: change.at,
        frontendRates: new Map(change.frontends.map(([name, ...flow]) => [name, flow])),
        backendRates: new Map(change.backends.map(([name, ...flow]) => [name, flow])),
      });
  }
}

/** Takes in what was read. */
export function takeReading(draft: Draft, reading: Reading): void {
  for (const backend of reading.backends ?? []) draft.putBackend(backend);
  for (const frontend of reading.frontends ?? []) draft.putFrontend(frontend);
  for (const read of reading.details ?? []) {
    draft.frontend(read.name, (frontend) => withTold(frontend, read));
  }
  for (const name of reading.goneBackends ?? []) draft.removeBackend(name);
  for (const name of reading.goneFrontends ?? []) draft.removeFrontend(name);
  if (reading.at !== undefined) draft.set({ readAt: reading.at });
  if (reading.checks) {
    draft.set({ checks: new Map(reading.checks.map((check) => [check.name, check])) });
  }
  if (reading.status) draft.set({ status: reading.status });
  if (reading.vpp) draft.set({ vpp: reading.vpp });
  if (reading.journal) draft.set({ journal: reading.journal });
  if (reading.steps) draft.set({ steps: new Map(Object.entries(reading.steps)) });
}

/** A frontend as it was read a while ago, but for what events have told of it since. */
function withTold(known: Frontend, read: Frontend): Frontend {
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
