import type { DescMessage, Message, MessageShape, UnknownField } from "@bufbuild/protobuf";
import { create, toJsonString } from "@bufbuild/protobuf";
import type { CheckerView } from "../checker/mod.ts";
import type { ListBackendsResponse, ListFrontendsResponse } from "../gen/maglev_pb.ts";
import {
  BackendInfoSchema,
  FrontendInfoSchema,
  ListBackendsResponseSchema,
  ListFrontendsResponseSchema,
} from "../gen/maglev_pb.ts";
import type { Clock } from "../time/mod.ts";
import { backendToProto } from "./convert/backend.ts";
import { frontendToProto } from "./convert/frontend.ts";
import { encodedEntries } from "./encoded.ts";
import type { CallContext } from "./rpc.ts";
import { inSlices } from "./slices.ts";

/** All backends' names, and with `details` the backends: as many, in the same order. */
export function listBackends(
  checker: CheckerView,
  clock: Clock,
  details: CallContext | undefined,
): ListBackendsResponse | Promise<ListBackendsResponse> {
  const names = checker.backendNames();
  if (!details) return create(ListBackendsResponseSchema, { backendNames: [...names] });
  return gather(names, clock, details, {
    schema: BackendInfoSchema,
    find(name) {
      const backend = checker.backend(name);
      return backend && backendToProto(backend);
    },
    response: (backendNames, backends) =>
      create(ListBackendsResponseSchema, { backendNames, backends }),
    encode: (backends) =>
      encodedEntries(ListBackendsResponseSchema, create(ListBackendsResponseSchema, { backends })),
    fields: ["backendNames", "backends"],
  });
}

/** All frontends' names, and with `details` the frontends: as many, in the same order. */
export function listFrontends(
  checker: CheckerView,
  clock: Clock,
  details: CallContext | undefined,
): ListFrontendsResponse | Promise<ListFrontendsResponse> {
  const names = checker.frontendNames();
  if (!details) return create(ListFrontendsResponseSchema, { frontendNames: [...names] });
  return gather(names, clock, details, {
    schema: FrontendInfoSchema,
    find(name) {
      const frontend = checker.frontend(name);
      return frontend && frontendToProto(frontend, (backend) => checker.backend(backend)?.state);
    },
    response: (frontendNames, frontends) =>
      create(ListFrontendsResponseSchema, { frontendNames, frontends }),
    encode: (frontends) =>
      encodedEntries(
        ListFrontendsResponseSchema,
        create(ListFrontendsResponseSchema, { frontends }),
      ),
    fields: ["frontendNames", "frontends"],
  });
}

/** How one kind of list with details is made. */
interface ListMaker<Info extends DescMessage, Response extends Message> {
  readonly schema: Info;
  find(name: string): MessageShape<Info> | undefined;
  response(names: string[], infos: MessageShape<Info>[]): Response;
  /** Entries as they are in an encoded response. */
  encode(infos: MessageShape<Info>[]): UnknownField | undefined;
  /** Names of the response's two fields in JSON. */
  readonly fields: readonly [names: string, infos: string];
}

/**
 * Looks everything up in slices, and writes each slice at once in the form that the call asks
 * for, so that writing thousands of entries does not hold the loop either. What has gone
 * meanwhile is left out.
 */
async function gather<Info extends DescMessage, Response extends Message>(
  names: readonly string[],
  clock: Clock,
  { binary, answerJson }: CallContext,
  { schema, find, response, encode, fields }: ListMaker<Info, Response>,
): Promise<Response> {
  const found: string[] = [];
  const messages: MessageShape<Info>[] = [];
  const encoded: UnknownField[] = [];
  const texts: string[] = [];
  await inSlices(names, clock, (slice) => {
    const infos: MessageShape<Info>[] = [];
    for (const name of slice) {
      const info = find(name);
      if (!info) continue;
      found.push(name);
      infos.push(info);
    }
    if (binary) encoded.push(...[encode(infos)].filter((field) => field !== undefined));
    else if (answerJson) { for (const info of infos) texts.push(toJsonString(schema, info)); }
    else messages.push(...infos);
  });
  if (answerJson && found.length > 0) answerJson(jsonList(fields, found, texts));
  return Object.assign(response(found, messages), { $unknown: encoded });
}

/** A response with both lists filled, as protobuf's JSON has it. */
function jsonList(
  [names, infos]: readonly [string, string],
  found: readonly string[],
  texts: readonly string[],
): Uint8Array {
  const text = `{"${names}":${JSON.stringify(found)},"${infos}":[${texts.join(",")}]}`;
  return new TextEncoder().encode(text);
}
