import { Code } from "@connectrpc/connect";
import { ignoring } from "../cli/mod.ts";
import { entryOf } from "./entry.ts";
import type { Maglevd } from "./maglevd.ts";
import { toWire } from "./to_wire.ts";
import type { VppActivity } from "./wire.ts";

/** Answers a question about one maglevd. Throws what the call throws. */
export type Query = (
  maglevd: Maglevd,
  params: URLSearchParams,
) => Promise<unknown>;

/** An older maglevd does not know the call. */
const ifKnown = ignoring(Code.Unimplemented);

/** Entries of one page of the journal. */
const pageLength = 200;

/** A backend as it is now, with the durations of its probes, and its past. */
const backend: Query = async ({ client, traffic, probes }, params) => {
  const name = params.get("name") ?? "";
  const [info, events] = await Promise.all([
    client.getBackend({ name }),
    client.listEvents({ backend: name, kinds: ["backend"], limit: 100 }).catch(ifKnown),
  ]);
  return {
    backend: toWire(info),
    // An older maglevd tells no more than its last transitions.
    timeline: events?.events.flatMap((event) => entryOf(event) ?? []),
    traffic: traffic.points("backend", name),
    probes: probes.points(name),
  };
};

/** Events of the past. */
const journal: Query = async ({ client }, params) => {
  const time = (name: string) => BigInt(Math.round(Number(params.get(name) ?? 0) * 1e6) || 0);
  const { events, nextPageToken } = await client.listEvents({
    backend: params.get("backend") ?? "",
    frontend: params.get("frontend") ?? "",
    actor: params.get("actor") ?? "",
    kinds: (params.get("kinds") ?? "").split(",").filter((kind) => kind !== ""),
    notBeforeUnixNs: time("from"),
    beforeUnixNs: time("before"),
    limit: pageLength,
    pageToken: BigInt(/^\d{1,19}$/.exec(params.get("page") ?? "")?.[0] ?? 0),
  });
  return {
    entries: events.flatMap((event) => entryOf(event) ?? []),
    next: String(nextPageToken),
  };
};

/** What VPP holds, and what a sync would change. */
const vpp: Query = async ({ client }) => {
  const [info, state, plan] = await Promise.all([
    client.getVPPInfo({}),
    client.getVPPLBState({}),
    client.planVPPLBState({}).catch(ifKnown),
  ]);
  return { info: toWire(info), state: toWire(state), plan: plan && toWire(plan) };
};

/** The traffic of a frontend in the last quarter of an hour. */
const traffic: Query = ({ traffic }, params) =>
  Promise.resolve({ points: traffic.points("frontend", params.get("frontend") ?? "") });

/** What VPP was asked lately. */
const calls: Query = ({ calls }) => {
  const answer: VppActivity = { calls: calls.newest };
  return Promise.resolve(answer);
};

/** How VPP's table for a frontend is shared out. */
const buckets: Query = ({ table }, params) => table.buckets(params.get("frontend") ?? "");

/** A question, and the parameters that make it another one. */
export interface Question {
  readonly ask: Query;
  readonly params: readonly string[];
}

/** Questions by their names below `/view/api/`. */
export const queries: ReadonlyMap<string, Question> = new Map(Object.entries({
  backend: { ask: backend, params: ["name"] },
  journal: {
    ask: journal,
    params: ["backend", "frontend", "actor", "kinds", "from", "before", "page"],
  },
  vpp: { ask: vpp, params: [] },
  traffic: { ask: traffic, params: ["frontend"] },
  calls: { ask: calls, params: [] },
  buckets: { ask: buckets, params: ["frontend"] },
}));
