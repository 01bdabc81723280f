import { create } from "@bufbuild/protobuf";
import { eventKinds, type Journal } from "../events/mod.ts";
import type { ListEventsRequest } from "../gen/maglev_pb.ts";
import { ListEventsResponseSchema } from "../gen/maglev_pb.ts";
import type { Clock } from "../time/mod.ts";
import type { Answer } from "./answer.ts";
import { withEntries } from "./composed.ts";
import type { CallContext } from "./rpc.ts";
import { inSlices } from "./slices.ts";
import { knownKinds } from "./watch/filter.ts";
import type { EventHub } from "./watch/hub.ts";

/** Events of one page, unless the request says otherwise, and at most. */
const defaultLimit = 100;
const largestLimit = 1_000;

/** What listing events needs. */
export interface ListEventsDeps {
  readonly journal: Journal;
  readonly hub: EventHub;
  readonly clock: Clock;
}

/** One page of the journal. Throws InvalidArgument for a kind that there is not. */
export async function listEvents(
  { journal, hub, clock }: ListEventsDeps,
  request: ListEventsRequest,
  { binary }: CallContext,
): Promise<Answer> {
  const { events, next } = journal.list({
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
  await inSlices(events, clock, (slice) => {
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

/**
 * Unix milliseconds; undefined for a time that was not given. Half a microsecond early, since times
 * are doubles on our side: one that was read off an event has to find it again.
 */
function moment(unixNs: bigint): number | undefined {
  return unixNs === 0n ? undefined : Number(unixNs) / 1e6 - 0.0005;
}
