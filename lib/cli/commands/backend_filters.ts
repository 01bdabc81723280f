import type { BackendInfo } from "../../gen/maglev_pb.ts";
import { olderServer } from "../change.ts";
import { CommandFailure } from "../errors.ts";
import { backendJson } from "../lists.ts";
import type { Command } from "../node.ts";
import { listing } from "../report.ts";
import { listBackends, matchingBackends, slowness } from "./backends.ts";

/** What backends may be chosen by. */
export type BackendFilter = "down" | "flapping" | "slow" | "by-hand";

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
  "by-hand": {
    isChosen: ({ byHand }) => byHand !== undefined,
    none: "no backend was steered by hand",
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
