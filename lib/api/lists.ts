import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { CheckerView } from "../checker/mod.ts";
import { eventKinds, type EventPage, type EventQuery, type Journal } from "../events/mod.ts";
import {
  ListBackendsResponseSchema,
  type ListEventsRequest,
  ListEventsResponseSchema,
  ListFrontendsResponseSchema,
} from "../gen/maglev_pb.ts";
import {
  Answer,
  AnswersByObject,
  type CallContext,
  composed,
  listPart,
  messageInSlices,
  messagePart,
  SharedAnswer,
} from "../rpc/mod.ts";
import { type Clock, mappedInSlices } from "../time/mod.ts";
import { findBackend, findFrontend } from "./convert/objects.ts";
import type { EventHub } from "./watch/hub.ts";
import { knownKinds } from "./watch/stream.ts";

/**
 * Answers with all objects of one kind: their names, and with `details` what they stand for, as
 * many, in the same order.
 */
export type Listing = (
  details: boolean,
  context: Pick<CallContext, "binary">,
) => Answer | Promise<Answer>;

/** All backends. */
export function backendListing(checker: CheckerView, clock: Clock): Listing {
  const { backendNames, backends } = ListBackendsResponseSchema.field;
  return listing(checker, clock, {
    names: () => checker.backendNames(),
    find: (name) => findBackend(checker, name),
    response: ListBackendsResponseSchema,
    fields: [backendNames, backends],
  });
}

/** All frontends. */
export function frontendListing(checker: CheckerView, clock: Clock): Listing {
  const { frontendNames, frontends } = ListFrontendsResponseSchema.field;
  return listing(checker, clock, {
    names: () => checker.frontendNames(),
    find: (name) => findFrontend(checker, name),
    response: ListFrontendsResponseSchema,
    fields: [frontendNames, frontends],
  });
}

/** How one kind of list is made. */
interface ListMaker {
  /** Sorted; the same array until another configuration is in force. */
  names(): readonly string[];
  find(name: string): Message | undefined;
  readonly response: DescMessage;
  /** The response's two lists. */
  readonly fields: readonly [names: DescField, infos: DescField];
}

/** Whatever changes a list with details, but for the outcome of probes that change no state. */
function listing(checker: CheckerView, clock: Clock, maker: ListMaker): Listing {
  const version = () => [checker.events.lastSeq, maker.names()];
  const binary = new SharedAnswer({ clock, version, make: () => detailed(clock, maker, true) });
  const json = new SharedAnswer({ clock, version, make: () => detailed(clock, maker, false) });
  const names = new AnswersByObject<Promise<Answer>>();
  return (details, context) => {
    if (details) return (context.binary ? binary : json).get();
    const { response, fields: [{ localName }] } = maker;
    const items = maker.names();
    return names.of(items, context.binary, () => {
      const message = create(response, { [localName]: [...items] });
      return messageInSlices(response, message, clock, context.binary);
    });
  };
}

/**
 * Looks everything up in slices and writes each slice at once, so that thousands of entries do
 * not hold the loop. What has gone meanwhile is left out.
 */
async function detailed(
  clock: Clock,
  { names, find, response, fields }: ListMaker,
  binary: boolean,
): Promise<Answer> {
  const slices = await mappedInSlices(names(), clock, (slice) => {
    const found = slice.flatMap((name) => {
      const info = find(name);
      return info ? [[name, info] as const] : [];
    });
    if (found.length === 0) return [];
    return [fields.map((field, i) => {
      const entries = found.map((each) => each[i]);
      return listPart(response, field, { [field.localName]: entries }, binary);
    })];
  });
  const members = fields.map((field, i) => ({
    field,
    parts: slices.flatMap((parts) => parts[i] ?? []),
  }));
  return new Answer(composed(response, members, create(response), binary));
}

/** Events of one page, unless the request says otherwise, and at most. */
const defaultLimit = 100;
const largestLimit = 1_000;

/** What is kept of events beyond memory. */
export interface EventArchive {
  /** One page, of events older than those in memory. `next` may come with a page that is not full. */
  list(query: EventQuery): Promise<EventPage>;
}

/** What listing events needs. */
export interface ListEventsDeps {
  readonly journal: Journal;
  /** Where events are that the journal holds no more. */
  readonly archive?: EventArchive | undefined;
  readonly hub: EventHub;
}

/** One page of the journal. Throws InvalidArgument for a kind that there is not. */
export async function listEvents(
  { journal, archive, hub }: ListEventsDeps,
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
  const field = ListEventsResponseSchema.field.events;
  const parts = await mappedInSlices(
    events,
    hub.clock,
    (slice) =>
      slice.map((event) => messagePart(field, hub.shared.of(event).as(binary).message, binary)),
  );
  const rest = create(ListEventsResponseSchema, {
    nextPageToken: BigInt(next ?? 0),
    streamId: hub.streamId,
    oldestSeq: BigInt(journal.oldestSeq ?? 0),
  });
  return new Answer(composed(ListEventsResponseSchema, [{ field, parts }], rest, binary));
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
