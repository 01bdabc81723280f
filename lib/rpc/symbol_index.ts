import type { AnyDesc, DescFile, DescMessage, DescService } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";

/** Which file describes what, as reflection is asked about it. */
export interface SymbolIndex {
  /** By name, with its extension: `maglev.proto`. */
  readonly files: ReadonlyMap<string, DescFile>;
  /** By full name: services, methods, messages, fields, oneofs, enums and their values. */
  readonly symbols: ReadonlyMap<string, DescFile>;
  /** Full names of messages. */
  readonly messages: ReadonlySet<string>;
}

/** Indexes the files of the services and all they depend on. */
export function indexSymbols(services: readonly DescService[]): SymbolIndex {
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
export function withDependencies(file: DescFile): readonly DescFile[] {
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
