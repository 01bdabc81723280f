import type { DescMethodBiDiStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  BytesValueSchema,
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import type { BytesValue } from "@bufbuild/protobuf/wkt";
import { bidiStream, type Rpc, unary } from "../../../lib/rpc/rpc.ts";

const type = ".google.protobuf.BytesValue";

const file = create(FileDescriptorProtoSchema, {
  name: "echo.proto",
  package: "test",
  syntax: "proto3",
  dependency: ["google/protobuf/wrappers.proto"],
  service: [{
    name: "Echo",
    method: [
      { name: "Unary", inputType: type, outputType: type },
      {
        name: "Bidi",
        inputType: type,
        outputType: type,
        clientStreaming: true,
        serverStreaming: true,
      },
    ],
  }],
});

const registry = createFileRegistry(file, (name) => {
  return name === "google/protobuf/wrappers.proto" ? file_google_protobuf_wrappers : undefined;
});

/** A service of the tests' own, whose file has a dependency: it sends back what it gets. */
export const echoService = registry.getService("test.Echo") ?? fail();

function fail(): never {
  throw new Error("test.Echo is not registered");
}

type Schema = typeof BytesValueSchema;

/** The rows of the echo service. */
export function echoRpcs(): readonly Rpc[] {
  const [first, second] = echoService.methods;
  const copy = ({ value }: BytesValue) => create(BytesValueSchema, { value });
  return [
    unary(first as DescMethodUnary<Schema, Schema>, copy),
    bidiStream(second as DescMethodBiDiStreaming<Schema, Schema>, async function* (requests) {
      for await (const request of requests) yield copy(request);
    }),
  ];
}
