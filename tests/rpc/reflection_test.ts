import { create, fromBinary, isMessage } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import type { ServerReflectionRequest } from "../../lib/gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ExtensionRequestSchema,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../../lib/gen/grpc/reflection/v1/reflection_pb.ts";
import type { ServerReflectionResponse } from "../../lib/gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ServerReflectionRequestSchema as V1AlphaRequestSchema,
  ServerReflectionResponseSchema as V1AlphaResponseSchema,
} from "../../lib/gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { Health } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { reflectionRpcs } from "../../lib/rpc/reflection.ts";
import { echoService } from "./support/echo.ts";
import { operatorAt } from "./support/callers.ts";

type Question = ServerReflectionRequest["messageRequest"];

/** Asks on one stream; the answers, in order. */
async function ask(...questions: readonly Question[]): Promise<ServerReflectionResponse[]> {
  const [rpc] = reflectionRpcs([Maglev, Health, echoService]);
  assert.ok(rpc?.kind === "stream");
  const requests = (async function* () {
    for (const messageRequest of questions) {
      yield await Promise.resolve(
        create(ServerReflectionRequestSchema, { host: "h", messageRequest }),
      );
    }
  })();
  const context = { signal: new AbortController().signal, principal: operatorAt(), binary: true };
  const answers = await Array.fromAsync(rpc.call(requests, context));
  return answers.map((answer) => {
    assert.ok(isMessage(answer, ServerReflectionResponseSchema));
    return answer;
  });
}

function files({ messageResponse }: ServerReflectionResponse | { messageResponse: undefined }) {
  assert.ok(messageResponse?.case === "fileDescriptorResponse");
  return messageResponse.value.fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes).name
  );
}

const nobody = { messageResponse: undefined };

Deno.test("a file comes with all it depends on", async () => {
  const [bySymbol, byName, wrapped] = await ask(
    { case: "fileContainingSymbol", value: "test.Echo" },
    { case: "fileByFilename", value: "echo.proto" },
    { case: "fileContainingSymbol", value: "google.protobuf.BytesValue.value" },
  );
  assert.deepEqual(files(bySymbol ?? nobody), ["echo.proto", "google/protobuf/wrappers.proto"]);
  assert.deepEqual(files(byName ?? nobody), ["echo.proto", "google/protobuf/wrappers.proto"]);
  assert.deepEqual(files(wrapped ?? nobody), ["google/protobuf/wrappers.proto"]);
});

Deno.test("every kind of symbol is found", async () => {
  const symbols = [
    "maglev.Maglev",
    "maglev.Maglev.GetBackend",
    "maglev.BackendInfo",
    "maglev.BackendInfo.last_probe",
    "maglev.Event.event",
    "maglev.BackendInfo.name",
  ];
  const answers = await ask(
    ...symbols.map((value): Question => ({ case: "fileContainingSymbol", value })),
  );
  assert.deepEqual(answers.map(files), symbols.map(() => ["maglev.proto"]));
});

Deno.test("services are listed by name", async () => {
  const [answer] = await ask({ case: "listServices", value: "*" });
  assert.ok(answer?.messageResponse.case === "listServicesResponse");
  const names = answer.messageResponse.value.service.map(({ name }) => name);
  assert.deepEqual(names, ["grpc.health.v1.Health", "maglev.Maglev", "test.Echo"]);
  assert.equal(answer.validHost, "h");
  assert.equal(answer.originalRequest?.messageRequest.case, "listServices");
});

Deno.test("what does not exist is not found, in words", async () => {
  const answers = await ask(
    { case: "fileContainingSymbol", value: "a.B" },
    { case: "fileByFilename", value: "a.proto" },
    { case: "allExtensionNumbersOfType", value: "a.B" },
    { case: "allExtensionNumbersOfType", value: "maglev.Maglev" },
    { case: "fileContainingSymbol", value: "grpc.health.v1.SERVING" },
    {
      case: "fileContainingExtension",
      value: create(ExtensionRequestSchema, { containingType: "a.B", extensionNumber: 7 }),
    },
  );
  assert.deepEqual(
    answers.map(({ messageResponse: { case: kind, value } }) =>
      kind === "errorResponse" && [value.errorCode, value.errorMessage]
    ),
    [
      [5, "symbol a.B not found"],
      [5, "file a.proto not found"],
      [5, "message a.B not found"],
      [5, "message maglev.Maglev not found"],
      [5, "symbol grpc.health.v1.SERVING not found"],
      [5, "extension 7 of a.B not found"],
    ],
  );
});

Deno.test("a request that asks nothing ends the stream", async () => {
  await assert.rejects(ask({ case: undefined }), /invalid_argument.*asks nothing/);
});

Deno.test("an enum is found by its name, its values beside it, and a message has no extensions", async () => {
  const within = "grpc.health.v1.HealthCheckResponse";
  const [byEnum, byValue, byMessage] = await ask(
    { case: "fileContainingSymbol", value: `${within}.ServingStatus` },
    { case: "fileContainingSymbol", value: `${within}.SERVING` },
    { case: "allExtensionNumbersOfType", value: within },
  );
  for (const answer of [byEnum, byValue]) {
    assert.equal(files(answer ?? nobody).length, 1);
  }
  assert.partialDeepStrictEqual(byMessage?.messageResponse, {
    case: "allExtensionNumbersResponse",
    value: { baseTypeName: within, extensionNumber: [] },
  });
});

Deno.test("clients that speak v1alpha get the same", async () => {
  const [, rpc] = reflectionRpcs([Maglev]);
  assert.ok(rpc?.kind === "stream");
  const requests = (async function* () {
    const messageRequest = { case: "listServices", value: "*" } as const;
    yield await Promise.resolve(create(V1AlphaRequestSchema, { host: "h", messageRequest }));
  })();
  const context = { signal: new AbortController().signal, principal: operatorAt(), binary: true };
  const [answer] = await Array.fromAsync(rpc.call(requests, context));
  assert.ok(isMessage(answer, V1AlphaResponseSchema));
  assert.equal(answer.validHost, "h");
  assert.equal(answer.originalRequest?.host, "h");
  assert.partialDeepStrictEqual(answer.messageResponse, {
    case: "listServicesResponse",
    value: { service: [{ name: "maglev.Maglev" }] },
  });
});
