import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import type { CheckerView } from "../checker/mod.ts";
import {
  BackendInfoSchema,
  FrontendInfoSchema,
  ListBackendsResponseSchema,
  ListFrontendsResponseSchema,
} from "../gen/maglev_pb.ts";
import { type Clock, visitInSlices } from "../time/mod.ts";
import { Answer, concatenated } from "./answer.ts";
import { frontendToProto } from "./convert/frontend.ts";
import { findBackend } from "./steering.ts";
import type { CallContext } from "./rpc.ts";
import { AnswersByObject, SharedAnswer } from "./shared_answer.ts";

/** The list of one kind of object, as RPCs answer with it. */
export interface Listing {
  /** All names, and with `details` what they stand for: as many, in the same order. */
  answer(details: boolean, context: Pick<CallContext, "binary">): Answer | Promise<Answer>;
}

/** All backends. */
export function backendListing(checker: CheckerView, clock: Clock): Listing {
  return listing(checker, clock, {
    names: () => checker.backendNames(),
    info: BackendInfoSchema,
    find: (name) => findBackend(checker, name),
    response: ListBackendsResponseSchema,
    fill: (backendNames, backends) => ({ backendNames, backends }),
    fields: ["backendNames", "backends"],
  });
}

/** All frontends. */
export function frontendListing(checker: CheckerView, clock: Clock): Listing {
  return listing(checker, clock, {
    names: () => checker.frontendNames(),
    info: FrontendInfoSchema,
    find(name) {
      const frontend = checker.frontend(name);
      return frontend && frontendToProto(frontend, (backend) => checker.backend(backend));
    },
    response: ListFrontendsResponseSchema,
    fill: (frontendNames, frontends) => ({ frontendNames, frontends }),
    fields: ["frontendNames", "frontends"],
  });
}

/** How one kind of list is made. */
interface ListMaker<Info extends DescMessage, Response extends DescMessage> {
  /** Sorted; the same array until another configuration is in force. */
  names(): readonly string[];
  readonly info: Info;
  find(name: string): MessageShape<Info> | undefined;
  readonly response: Response;
  fill(names: string[], infos: MessageShape<Info>[]): MessageInitShape<Response>;
  /** Names of the response's two fields in JSON. */
  readonly fields: readonly [names: string, infos: string];
}

/** Whatever changes a list with details, but for the outcome of probes that change no state. */
function listing<Info extends DescMessage, Response extends DescMessage>(
  checker: CheckerView,
  clock: Clock,
  maker: ListMaker<Info, Response>,
): Listing {
  const version = () => [checker.events.lastSeq, maker.names()];
  const binary = new SharedAnswer({ clock, version, make: () => inProtobuf(clock, maker) });
  const json = new SharedAnswer({ clock, version, make: () => inJson(clock, maker) });
  const names = new AnswersByObject<Promise<Answer>>();
  return {
    answer(details, context) {
      if (details) return (context.binary ? binary : json).get();
      const present = maker.names();
      return names.of(present, context.binary, () => {
        return context.binary
          ? namesInProtobuf(clock, maker, present)
          : namesInJson(clock, maker, present);
      });
    },
  };
}

async function namesInProtobuf<Info extends DescMessage, Response extends DescMessage>(
  clock: Clock,
  { response, fill }: ListMaker<Info, Response>,
  names: readonly string[],
): Promise<Answer> {
  const parts: Uint8Array[] = [];
  await visitInSlices(names, clock, (slice) => {
    parts.push(toBinary(response, create(response, fill([...slice], []))));
  });
  return new Answer(concatenated(parts));
}

async function namesInJson<Info extends DescMessage, Response extends DescMessage>(
  clock: Clock,
  { fields: [field] }: ListMaker<Info, Response>,
  names: readonly string[],
): Promise<Answer> {
  if (names.length === 0) return new Answer(new TextEncoder().encode("{}"));
  const texts: string[] = [];
  await visitInSlices(names, clock, (slice) => void texts.push(JSON.stringify(slice).slice(1, -1)));
  return new Answer(new TextEncoder().encode(`{"${field}":[${texts.join(",")}]}`));
}

/**
 * Looks everything up in slices and writes each slice at once, so that thousands of entries do
 * not hold the loop. What has gone meanwhile is left out.
 */
async function inProtobuf<Info extends DescMessage, Response extends DescMessage>(
  clock: Clock,
  { names, find, response, fill }: ListMaker<Info, Response>,
): Promise<Answer> {
  const parts: Uint8Array[] = [];
  await visitInSlices(names(), clock, (slice) => {
    const [found, infos] = lookUp(slice, find);
    parts.push(toBinary(response, create(response, fill(found, infos))));
  });
  // Messages one behind the other are one message with the lists of both.
  return new Answer(concatenated(parts));
}

async function inJson<Info extends DescMessage, Response extends DescMessage>(
  clock: Clock,
  { names, info, find, fields: [namesField, infosField] }: ListMaker<Info, Response>,
): Promise<Answer> {
  const encoder = new TextEncoder();
  const all: string[] = [];
  const texts: Uint8Array[] = [];
  await visitInSlices(names(), clock, (slice) => {
    const [found, infos] = lookUp(slice, find);
    const separator = all.length > 0 && found.length > 0 ? "," : "";
    all.push(...found);
    const text = infos.map((each) => toJsonString(info, each)).join(",");
    texts.push(encoder.encode(separator + text));
  });
  if (all.length === 0) return new Answer(encoder.encode("{}"));
  const head = `{"${namesField}":${JSON.stringify(all)},"${infosField}":[`;
  return new Answer(concatenated([encoder.encode(head), ...texts, encoder.encode("]}")]));
}

function lookUp<Found>(
  names: readonly string[],
  find: (name: string) => Found | undefined,
): [names: string[], infos: Found[]] {
  const found: string[] = [];
  const infos: Found[] = [];
  for (const name of names) {
    const info = find(name);
    if (!info) continue;
    found.push(name);
    infos.push(info);
  }
  return [found, infos];
}
