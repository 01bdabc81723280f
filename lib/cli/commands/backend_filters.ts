import type { BackendInfo } from "../../gen/maglev_pb.ts";
import { handMark, weightsByHand } from "../backend_text.ts";
import { CommandFailure } from "../errors.ts";
import { allFrontends, backendJson, olderServer } from "../asking.ts";
import type { Command } from "../node.ts";
import { listing } from "../report.ts";
import { left } from "../table.ts";
import { listBackends, matchingBackends, slowness } from "./backends.ts";

/** What backends may be chosen by, besides what was set by hand. */
export type BackendFilter = "down" | "flapping" | "slow";

/** How one filter chooses. */
interface Choice {
  readonly isChosen: (backend: BackendInfo) => boolean;
  /** Who has more of it comes first; in the order of their names where there is none. */
  readonly rank?: (backend: BackendInfo) => number;
  /** Where nobody is chosen. */
  readonly none: string;
}

/** Changes of state in the last 10 minutes that make a backend flap. */
const flappingChanges = 4;

/** The part of the timeout that makes a backend slow when more than one probe in 20 takes longer. */
const slowShare = 1 / 2;

const choices: Readonly<Record<BackendFilter, Choice>> = {
  down: { isChosen: ({ state }) => state === "down", none: "no backend is down" },
  flapping: {
    isChosen: (backend) => changesOf(backend) >= flappingChanges,
    rank: changesOf,
    none: "no backend flaps",
  },
  slow: {
    isChosen: (backend) => slowness(backend) > slowShare,
    rank: slowness,
    none: "no backend is slow",
  },
};

/** `show backends [PATTERN] FILTER`: a line each, the worst first. */
export function showBackendsThat(filter: BackendFilter): Command {
  const { isChosen, rank, none } = choices[filter];
  return listing({
    fetch: async (context) => {
      const chosen = (await matchingBackends(context)).filter(isChosen);
      return rank ? chosen.sort((a, b) => rank(b) - rank(a)) : chosen;
    },
    listing: listBackends,
    none,
    json: (backends) => backends.map(backendJson),
  });
}

/** A weight that was set by hand. */
type Weighed = ReturnType<typeof weightsByHand>[number];

/** What was set by hand of a backend, besides its state. */
interface Steered {
  readonly backend: BackendInfo;
  readonly weights: readonly Weighed[];
}

/** `show backends [PATTERN] by-hand`: those of which a state or a weight was set by hand. */
export const showBackendsByHand: Command = listing({
  async fetch(context): Promise<Steered[]> {
    const backends = await matchingBackends(context);
    const frontends = await allFrontends(context);
    const weights = Map.groupBy(weightsByHand(frontends), ({ backend }) => backend);
    return backends.map((backend) => ({ backend, weights: weights.get(backend.name) ?? [] }))
      .filter(({ backend: { byHand }, weights }) => byHand || weights.length > 0);
  },
  listing(steered, view) {
    const { columns, rows } = listBackends(steered.map(({ backend }) => backend), view);
    return {
      columns: [...columns, ...left("")],
      rows: rows.map((row, i) => [...row, steered[i]?.weights.map(weightText).join(", ") ?? ""]),
    };
  },
  none: "no backend was steered by hand",
  json: (steered) =>
    steered.map(({ backend, weights }) => ({
      ...backendJson(backend),
      weightsByHand: weights.map(({ frontend, pool, weight, byHand: { file } }) => ({
        ...{ frontend, pool, weight, file },
      })),
    })),
});

function weightText({ frontend, weight, byHand }: Weighed): string {
  return `weight ${weight} in ${frontend} ${handMark(byHand)}`;
}

/** Whether it changed often of late; false where an older maglevd does not tell. */
export function doesFlap({ recentChanges = 0 }: BackendInfo): boolean {
  return recentChanges >= flappingChanges;
}

function changesOf({ recentChanges }: BackendInfo): number {
  if (recentChanges === undefined) {
    throw new CommandFailure(`${olderServer} how often backends changed`);
  }
  return recentChanges;
}
