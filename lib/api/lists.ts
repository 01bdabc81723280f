import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { CheckerView } from "../checker/mod.ts";
import { ListBackendsResponseSchema, ListFrontendsResponseSchema } from "../gen/maglev_pb.ts";
import { type Clock, visitInSlices } from "../time/mod.ts";
import {
  Answer,
  AnswersByObject,
  type CallContext,
  composed,
  listPart,
  messageInSlices,
  SharedAnswer,
} from "../rpc/mod.ts";
import { findBackend, findFrontend } from "./steering.ts";

/** The list of one kind of object, as RPCs answer with it. */
export interface Listing {
  /** All names, and with `details` what they stand for: as many, in the same order. */
  answer(details: boolean, context: Pick<CallContext, "binary">): Answer | Promise<Answer>;
}

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
  return {
    answer(details, context) {
      if (details) return (context.binary ? binary : json).get();
      const { response, fields: [{ localName }] } = maker;
      const items = maker.names();
      return names.of(items, context.binary, () => {
        const message = create(response, { [localName]: [...items] });
        return messageInSlices(response, message, clock, context.binary);
      });
    },
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
  const members = fields.map((field) => ({ field, parts: [] as Uint8Array[] }));
  await visitInSlices(names(), clock, (slice) => {
    const found = slice.flatMap((name) => {
      const info = find(name);
      return info ? [[name, info] as const] : [];
    });
    if (found.length === 0) return;
    for (const [i, { field, parts }] of members.entries()) {
      const entries = found.map((each) => each[i]);
      parts.push(listPart(response, field, { [field.localName]: entries }, binary));
    }
  });
  return new Answer(composed(response, members, create(response), binary));
}
