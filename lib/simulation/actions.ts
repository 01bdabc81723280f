import type { Fault, InMemoryVpp } from "../sim/mod.ts";
import { type Edit, edited, randomEdit, randomUpset } from "./edits.ts";
import type { ServerBehaviour } from "./network.ts";
import type { Random } from "./random.ts";
import type { Site } from "./site.ts";
import { vipName } from "./desired.ts";
import { type HeldWatch, refusal } from "./wire_watch.ts";
import type { Reasons } from "./reasons.ts";

/** What VPP does to one request. */
export type RequestFault = "refuse" | "silence" | "late" | "duplicate" | "die" | "die after";

const faults: Readonly<Record<RequestFault, Fault>> = {
  refuse: { kind: "retval", retval: refusal },
  silence: { kind: "silence" },
  late: { kind: "late", ms: 300 },
  duplicate: { kind: "duplicate" },
  die: { kind: "die", when: "before" },
  "die after": { kind: "die", when: "after" },
};

/** What somebody else may do to VPP. */
export type Tampering = "weight" | "delete server" | "delete vip" | "add vip" | "replace vip";

/** What is done to one backend among many. */
export interface PlainOperation {
  readonly action: "pause" | "resume" | "enable" | "disable" | "drain" | "reset";
  readonly backend: string;
}

const plainActions = ["pause", "resume", "enable", "disable", "drain", "reset"] as const;

/** One thing that happens in a history: data, so that a history can be printed and shortened. */
export type Action =
  | { readonly do: "wait"; readonly ms: number }
  /** Everything stays as it is until VPP must hold exactly what is desired. */
  | { readonly do: "check" }
  | { readonly do: "server"; readonly server: number; readonly behaviour: ServerBehaviour }
  | { readonly do: "lack"; readonly ms: number }
  | { readonly do: "stall"; readonly ms: number }
  | {
    readonly do: "operator";
    readonly verb: "pause" | "resume" | "enable" | "disable";
    readonly backend: string;
  }
  | {
    readonly do: "drain";
    readonly backend: string;
    /** 0: as the frontends say. */
    readonly deadlineMs: number;
  }
  | {
    readonly do: "weigh";
    readonly frontend: string;
    readonly backend: string;
    readonly weight: number;
    readonly flush: boolean;
  }
  /** All at one stroke or none, as for thousands of them: in slices. */
  | { readonly do: "many"; readonly operations: readonly PlainOperation[] }
  | { readonly do: "reload"; readonly edits: readonly Edit[] }
  /** A file is loaded that cannot be used. */
  | { readonly do: "reject" }
  | { readonly do: "sync"; readonly frontend: string | undefined }
  | { readonly do: "vpp"; readonly what: "restart" | "kill" | "start" | "hang" | "resume" | "cut" }
  | { readonly do: "fault"; readonly fault: RequestFault; readonly times: number }
  /** Somebody else changes VPP. */
  | { readonly do: "tamper"; readonly what: Tampering; readonly which: number }
  /** maglevd is ended, or killed, and started again, perhaps with another file. */
  | { readonly do: "restart"; readonly isKilled: boolean; readonly edits?: readonly Edit[] }
  /** The calendar is set on, or back. */
  | { readonly do: "calendar"; readonly ms: number }
  /** Everybody asks at once what VPP holds. */
  | { readonly do: "read" };

/** How likely each is; waits come besides. */
const weights: Readonly<Record<Exclude<Action["do"], "wait" | "check" | "calendar">, number>> = {
  server: 10,
  lack: 1,
  stall: 1,
  operator: 5,
  drain: 2,
  weigh: 5,
  many: 2,
  reload: 5,
  reject: 1,
  sync: 1,
  vpp: 4,
  fault: 3,
  tamper: 1,
  restart: 1,
  read: 1,
};

/** What may happen in one history: some are calm, so that small things can be seen. */
export function randomActions(random: Random, site: Site): Action[] {
  const kinds = (Object.keys(weights) as (keyof typeof weights)[])
    .filter((kind) => kind === "server" || random.chance(0.6));
  const lots = kinds.flatMap((kind) => Array<typeof kind>(weights[kind]).fill(kind));
  const actions: Action[] = [];
  let present = site;
  for (let i = random.between(4, 24); i > 0; i--) {
    const action = randomAction(random, random.pick(lots), present);
    if (action.do === "reload") present = action.edits.reduce(edited, present);
    actions.push(action);
    if (random.chance(0.8)) actions.push({ do: "wait", ms: randomWait(random) });
    if (action.do === "server" && action.behaviour !== "well" && random.chance(0.6)) {
      actions.push(...recovery(random, action));
    }
    if (random.chance(0.1)) actions.push({ do: "check" });
  }
  return [...actions, { do: "check" }];
}

/**
 * The same actions with what is chosen apart, so that all else is the same with it and without: the
 * calendar is set, files change while maglevd is away, and frontends get other names and places.
 */
export function withUpsets(actions: readonly Action[], random: Random, site: Site): Action[] {
  const edit = () => randomUpset(random, site);
  const upset = actions.flatMap((action): Action[] => {
    const calendar: Action[] = random.chance(0.03)
      ? [{ do: "calendar", ms: randomStep(random) }]
      : [];
    if (action.do === "restart" && random.chance(0.5)) {
      const edits = random.chance(0.5) ? [edit()] : [randomEdit(random, site), edit()];
      return [...calendar, { ...action, edits }];
    }
    if (action.do === "reload" && random.chance(0.3)) {
      return [...calendar, { ...action, edits: [...action.edits, edit()] }];
    }
    return [...calendar, action];
  });
  return upset;
}

function randomStep(random: Random): number {
  return random.pick([-3_600_000, -5_000, 700, 30_000, 86_400_000]);
}

/** A server comes back after a while, and is left alone for another one: perhaps it comes up. */
function recovery(random: Random, action: Action & { readonly do: "server" }): Action[] {
  return [
    { do: "wait", ms: random.next() * 6_000 },
    { ...action, behaviour: "well" },
    { do: "wait", ms: random.next() * 4_000 },
  ];
}

/** Mostly about as long as a round trip, sometimes as long as probes take. */
function randomWait(random: Random): number {
  return random.pick([
    random.next() * 5,
    random.next() * 50,
    random.next() * 500,
    random.next() * 5_000,
  ]);
}

function randomAction(random: Random, kind: keyof typeof weights, site: Site): Action {
  const backend = random.pickAny(Object.keys(site.backends)) ?? "b0";
  const [frontend, pools] = placeOf(random, site);
  switch (kind) {
    case "server": {
      const server = site.backends[backend]?.server ?? 0;
      const behaviour = random.pick(["well", "well", "refuses", "silent", "flaky"] as const);
      return { do: "server", server, behaviour };
    }
    case "lack":
      return { do: "lack", ms: random.next() * 5_000 };
    case "stall":
      return { do: "stall", ms: random.next() * 5_000 };
    case "operator": {
      const verb = random.pick(["pause", "resume", "enable", "disable"] as const);
      return { do: "operator", verb, backend };
    }
    case "drain":
      return { do: "drain", backend, deadlineMs: random.pick([0, 2_000, 100_000]) };
    case "weigh": {
      const member = random.pickAny(pools) ?? backend;
      const weight = random.pick([0, 1, 50, 100]);
      return { do: "weigh", frontend, backend: member, weight, flush: random.chance(0.3) };
    }
    case "many": {
      const operations = Array.from({ length: random.between(1, 6) }, () => ({
        action: random.pick(plainActions),
        backend: random.pickAny(Object.keys(site.backends)) ?? backend,
      }));
      return { do: "many", operations };
    }
    case "reload": {
      const edits: Edit[] = [];
      let present = site;
      for (let i = random.pick([1, 1, 2, 4]); i > 0; i--) {
        const edit = randomEdit(random, present);
        present = edited(present, edit);
        edits.push(edit);
      }
      return { do: "reload", edits };
    }
    case "reject":
      return { do: "reject" };
    case "sync":
      return { do: "sync", frontend: random.chance(0.5) ? frontend : undefined };
    case "vpp": {
      const what = random.pick(["restart", "kill", "start", "hang", "resume", "cut"] as const);
      return { do: "vpp", what };
    }
    case "fault": {
      const fault = random.pick(Object.keys(faults) as RequestFault[]);
      return { do: "fault", fault, times: random.between(1, 3) };
    }
    case "tamper": {
      const what = random.pick<Tampering>(
        ["weight", "delete server", "delete vip", "add vip", "replace vip"],
      );
      return { do: "tamper", what, which: random.between(0, 9) };
    }
    case "restart":
      return { do: "restart", isKilled: random.chance(0.5) };
    case "read":
      return { do: "read" };
  }
}

/** A frontend, and the backends that stand in it. */
function placeOf(random: Random, site: Site): [frontend: string, backends: string[]] {
  const frontend = random.pickAny(Object.keys(site.frontends)) ?? "f1";
  const pools = site.frontends[frontend]?.pools ?? [];
  return [frontend, pools.flatMap((pool) => Object.keys(pool))];
}

/** Has VPP deal wrongly with some of the next requests. */
export function misbehave(
  vpp: InMemoryVpp,
  { fault, times }: Action & { readonly do: "fault" },
): void {
  const isChange = (name: string) => /^lb_(add|as_set|conf$)/.test(name);
  // VPP answers in order, and nothing else says where a dump ends: it is never cut or overtaken.
  const isWhole = (name: string) => name !== "sockclnt_create" && !name.endsWith("_dump");
  vpp.misbehave({
    fault: faults[fault],
    times,
    when: ({ name }) => fault === "refuse" ? isChange(name) : isWhole(name),
  });
}

/** A weight that only somebody else sets. */
const strangeWeight = 33;

/** Changes VPP behind maglevd's back. */
export function tamper(
  vpp: InMemoryVpp,
  { what, which }: Action & { readonly do: "tamper" },
  reasons: Reasons,
  held: HeldWatch,
): void {
  const { byHand } = vpp;
  const vips = vpp.state().filter(({ used }) => used);
  const vip = vips[which % Math.max(1, vips.length)];
  const server = vip?.servers.filter(({ used }) => used)[which % 3];
  if (what === "add vip") {
    byHand.addVip({ prefix: "203.0.113.9/32", protocol: 6, port: 80, encap: "gre4" });
  } else if (vip && what === "replace vip") {
    // It is in the way of all that frontends ask for on the prefix.
    const { prefix } = vip;
    for (const other of vips.filter((each) => each.prefix === prefix)) {
      byHand.deleteVip(other);
      held.altered(vipName(other));
    }
    const encap = prefix.includes(":") ? "nat6" : "nat4";
    byHand.addVip({ prefix, protocol: 255, port: 0, encap });
    reasons.vipAltered(vipName({ prefix, protocol: 255, port: 0 }), encap);
  } else if (vip && what === "delete vip") {
    byHand.deleteVip(vip);
    held.altered(vipName(vip));
  } else if (vip && server && what === "weight") {
    byHand.setWeight(vip, server.address, strangeWeight);
    reasons.weightAltered(vipName(vip), server.address, strangeWeight);
    held.altered(vipName(vip), server.address, strangeWeight);
  } else if (vip && server) {
    byHand.deleteServer(vip, server.address);
    held.altered(vipName(vip), server.address);
  }
}
