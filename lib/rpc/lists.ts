import type { DescMessage, Message, UnknownField } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { CheckerView } from "../checker/mod.ts";
import type {
  BackendInfo,
  FrontendInfo,
  ListBackendsResponse,
  ListFrontendsResponse,
} from "../gen/maglev_pb.ts";
import {
  BackendInfoSchema,
  FrontendInfoSchema,
  ListBackendsResponseSchema,
  ListFrontendsResponseSchema,
} from "../gen/maglev_pb.ts";
import type { Clock } from "../time/mod.ts";
import { backendToProto } from "./convert/backend.ts";
import { frontendToProto } from "./convert/frontend.ts";
import { encodedField } from "./encoded.ts";
import { inSlices } from "./slices.ts";

/** Where a response keeps its entries. */
interface EntryField {
  readonly number: number;
  readonly schema: DescMessage;
}

const backendsField: EntryField = {
  number: ListBackendsResponseSchema.field.backends.number,
  schema: BackendInfoSchema,
};

const frontendsField: EntryField = {
  number: ListFrontendsResponseSchema.field.frontends.number,
  schema: FrontendInfoSchema,
};

/** How a list is asked for. */
interface ListOptions {
  readonly details: boolean;
  readonly binary: boolean;
  readonly clock: Clock;
}

/** All backends' names, and with details the backends: as many, in the same order. */
export function listBackends(
  checker: CheckerView,
  options: ListOptions,
): ListBackendsResponse | Promise<ListBackendsResponse> {
  const names = checker.backendNames();
  if (!options.details) return create(ListBackendsResponseSchema, { backendNames: [...names] });
  const find = (name: string) => {
    const backend = checker.backend(name);
    return backend && backendToProto(backend);
  };
  return gather<BackendInfo>(names, backendsField, find, options)
    .then(({ names: backendNames, infos: backends, $unknown }) =>
      Object.assign(create(ListBackendsResponseSchema), { backendNames, backends, $unknown })
    );
}

/** All frontends' names, and with details the frontends: as many, in the same order. */
export function listFrontends(
  checker: CheckerView,
  options: ListOptions,
): ListFrontendsResponse | Promise<ListFrontendsResponse> {
  const names = checker.frontendNames();
  if (!options.details) return create(ListFrontendsResponseSchema, { frontendNames: [...names] });
  const find = (name: string) => {
    const frontend = checker.frontend(name);
    return frontend && frontendToProto(frontend, (backend) => checker.backend(backend)?.state);
  };
  return gather<FrontendInfo>(names, frontendsField, find, options)
    .then(({ names: frontendNames, infos: frontends, $unknown }) =>
      Object.assign(create(ListFrontendsResponseSchema), { frontendNames, frontends, $unknown })
    );
}

/** What a list with details holds. */
interface Gathered<Info> {
  readonly names: string[];
  readonly infos: Info[];
  readonly $unknown: UnknownField[];
}

/**
 * Looks everything up in slices. For a binary response each entry is encoded at once, so that
 * encoding thousands does not hold the loop either; what has gone meanwhile is left out.
 */
async function gather<Info extends Message>(
  names: readonly string[],
  field: EntryField,
  find: (name: string) => Info | undefined,
  { binary, clock }: ListOptions,
): Promise<Gathered<Info>> {
  const gathered: Gathered<Info> = { names: [], infos: [], $unknown: [] };
  await inSlices(names, clock, (name) => {
    const info = find(name);
    if (!info) return;
    gathered.names.push(name);
    if (binary) gathered.$unknown.push(encodedField(field.number, field.schema, info));
    else gathered.infos.push(info);
  });
  return gathered;
}
