import {
  type AnyDesc,
  create,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  ServerReflection as V1,
  type ServerReflectionRequest as V1Request,
  ServerReflectionResponseSchema as V1Response,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ServerReflection as V1Alpha,
  type ServerReflectionRequest as V1AlphaRequest,
  ServerReflectionResponseSchema as V1AlphaResponse,
} from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { shortened } from "../port/mod.ts";
import { invalid } from "./errors.ts";
import { bidiStream, type Rpc } from "./rpc.ts";

/** The services of {@link reflectionRpcs}. */
export const reflectionServices: readonly DescService[] = [V1, V1Alpha];

/**
 * Server reflection for clients such as grpcurl. v1 and v1alpha differ in package name only, so
 * the same answers serve both. Requests are answered one by one, in order.
 */
export function reflectionRpcs(services: readonly DescService[]): readonly Rpc[] {
  const names = services.map(({ typeName }) => typeName).sort();
  const index = indexSymbols(services);
  const files = new Map<DescFile, Uint8Array[]>();
  const written = (file: DescFile) =>
    withDependencies(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  const describe: Describe = (file) => files.getOrInsertComputed(file, written);
  const reply = <R extends V1Request | V1AlphaRequest>(originalRequest: R) => ({
    originalRequest,
    validHost: originalRequest.host,
    // The question's type differs in its package name only, which no answer looks at.
    messageResponse: answer(originalRequest as V1Request, names, index, describe),
  });
  return [
    bidiStream(V1.method.serverReflectionInfo, async function* (requests) {
      for await (const request of requests) yield create(V1Response, reply(request));
    }),
    bidiStream(V1Alpha.method.serverReflectionInfo, async function* (requests) {
      for await (const request of requests) yield create(V1AlphaResponse, reply(request));
    }),
  ];
}

/** A file and all it depends on, as answers have it: written once, which takes a millisecond. */
type Describe = (file: DescFile) => Uint8Array[];

type Answer =
  | { case: "fileDescriptorResponse"; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: "allExtensionNumbersResponse"; value: { baseTypeName: string } }
  | { case: "listServicesResponse"; value: { service: { name: string }[] } }
  | { case: "errorResponse"; value: { errorCode: Code; errorMessage: string } };

function answer(
  { messageRequest: question }: V1Request,
  services: readonly string[],
  index: SymbolIndex,
  describe: Describe,
): Answer {
  const found = (file: DescFile | undefined, what: string): Answer =>
    file
      ? { case: "fileDescriptorResponse", value: { fileDescriptorProto: describe(file) } }
      : missing(what);
  switch (question.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: services.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return found(index.files.get(question.value), `file ${question.value}`);
    case "fileContainingSymbol":
      return found(index.symbols.get(question.value), `symbol ${question.value}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      return missing(`extension ${extensionNumber} of ${containingType}`);
    }
    case "allExtensionNumbersOfType":
      // proto3 has no extensions: a message that exists has none.
      return index.messages.has(question.value)
        ? { case: "allExtensionNumbersResponse", value: { baseTypeName: question.value } }
        : missing(`message ${question.value}`);
    case undefined:
      throw invalid("the reflection request asks nothing");
  }
}

function missing(what: string): Answer {
  return {
    case: "errorResponse",
    value: { errorCode: Code.NotFound, errorMessage: `${shortened(what)} not found` },
  };
}

/** Which file describes what, as reflection is asked about it. */
interface SymbolIndex {
  /** By name, with its extension: `maglev.proto`. */
  readonly files: ReadonlyMap<string, DescFile>;
  /** By full name: services, methods, messages, fields, oneofs, enums and their values. */
  readonly symbols: ReadonlyMap<string, DescFile>;
  /** Full names of messages. */
  readonly messages: ReadonlySet<string>;
}

/** Indexes the files of the services and all they depend on. */
function indexSymbols(services: readonly DescService[]): SymbolIndex {
  const files = new Map<string, DescFile>();
  const symbols = new Map<string, DescFile>();
  const messages = new Set<string>();
  for (const file of services.flatMap((service) => withDependencies(service.file))) {
    files.set(file.proto.name, file);
    for (const type of nestedTypes(file)) {
      if (type.kind === "message") messages.add(type.typeName);
      for (const name of fullNames(type)) symbols.set(name, file);
    }
  }
  return { files, symbols, messages };
}

/** A file and, after it, all it depends on, each once. */
function withDependencies(file: DescFile): readonly DescFile[] {
  const files = new Set([file]);
  for (const each of files) for (const dependency of each.dependencies) files.add(dependency);
  return [...files];
}

function fullNames(type: AnyDesc): readonly string[] {
  switch (type.kind) {
    case "message":
      return [type.typeName, ...memberNames(type)];
    case "service":
      return [type.typeName, ...type.methods.map(({ name }) => `${type.typeName}.${name}`)];
    case "enum": {
      // Values live beside their enum, not in it.
      const scope = type.typeName.slice(0, type.typeName.lastIndexOf(".") + 1);
      return [type.typeName, ...type.values.map(({ name }) => scope + name)];
    }
    case "extension":
      return [type.typeName];
    default:
      return [];
  }
}

function memberNames({ typeName, fields, oneofs }: DescMessage): readonly string[] {
  return [...fields, ...oneofs].map(({ name }) => `${typeName}.${name}`);
}
