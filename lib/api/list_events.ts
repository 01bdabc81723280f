import { create } from "@bufbuild/protobuf";
import { eventKinds, type EventPage, type EventQuery, type Journal } from "../events/mod.ts";
import { type ListEventsRequest, ListEventsResponseSchema } from "../gen/maglev_pb.ts";
import { type Clock, visitInSlices } from "../time/mod.ts";
import { type Answer, type CallContext, withEntries } from "../rpc/mod.ts";
import { knownKinds } from "./watch/filter.ts";
import type { ApiSources, EventArchive } from "./sources.ts";
import type { EventHub } from "./watch/hub.ts";

/** Events of one page, unless the request says otherwise, and at most. */
const defaultLimit = 100;
const largestLimit = 1_000;

/** What listing events needs. */
export interface ListEventsDeps extends Pick<ApiSources, "archive" | "journal"> {
  readonly hub: EventHub;
  readonly clock: Clock;
}

/** One page of the journal. Throws InvalidArgument for a kind that there is not. */
export async function listEvents(
  { journal, archive, hub, clock }: ListEventsDeps,
  request: ListEventsRequest,
  { binary }: CallContext,
): Promise<Answer> {
  const { events, next } = await page(journal, archive, {
    notBefore: moment(request.notBeforeUnixNs),
    before: moment(request.beforeUnixNs),
    backend: request.backend || undefined,
    frontend: request.frontend || undefined,
    kinds: knownKinds(request.kinds, eventKinds),
    actor: request.actor || undefined,
    order: request.oldestFirst ? "oldest" : "newest",
    limit: Math.min(request.limit || defaultLimit, largestLimit),
    after: request.pageToken === 0n ? undefined : Number(request.pageToken),
  });
  const parts: Uint8Array[] = [];
  await visitInSlices(events, clock, (slice) => {
    for (const event of slice) parts.push(hub.shared.of(event).as(binary).message);
  });
  const rest = create(ListEventsResponseSchema, {
    nextPageToken: BigInt(next ?? 0),
    streamId: hub.streamId,
    oldestSeq: BigInt(journal.oldestSeq ?? 0),
  });
  return withEntries(
    ListEventsResponseSchema,
    ListEventsResponseSchema.field.events,
    parts,
    rest,
    binary,
  );
}

/** One page, begun in memory and gone on with on disk, or the other way round. */
async function page(
  journal: Journal,
  archive: EventArchive | undefined,
  query: EventQuery,
): Promise<EventPage> {
  if (!archive) return journal.list(query);
  const isInMemory = query.after !== undefined && query.after >= (journal.oldestSeq ?? Infinity);
  if (query.order === "oldest") {
    const old = isInMemory ? { events: [], next: undefined } : await archive.list(query);
    if (old.next !== undefined) return old;
    const { events, next } = journal.list({ ...query, limit: query.limit - old.events.length });
    const isFull = old.events.length === query.limit;
    return { events: [...old.events, ...events], next: isFull ? old.events.at(-1)?.seq : next };
  }
  const young = journal.list(query);
  if (young.next !== undefined) return young;
  const limit = query.limit - young.events.length;
  const after = Math.min(query.after ?? Infinity, journal.oldestSeq ?? Infinity);
  const old = await archive.list({ ...query, limit, ...(after < Infinity && { after }) });
  return { events: [...young.events, ...old.events], next: old.next };
}

/**
 * Unix milliseconds; undefined for a time that was not given. Half a microsecond early, since times
 * are doubles on our side: one that was read off an event has to find it again.
 */
function moment(unixNs: bigint): number | undefined {
  return unixNs === 0n ? undefined : Number(unixNs) / 1e6 - 0.0005;
}
