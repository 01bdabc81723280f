import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection as ReflectionV1 } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ReflectionV1Alpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { Maglev } from "../gen/maglev_pb.ts";
import type { RpcMethod, RpcType } from "./types.ts";

const types: Readonly<Record<DescMethod["methodKind"], RpcType>> = {
  unary: "unary",
  client_streaming: "client_stream",
  server_streaming: "server_stream",
  bidi_streaming: "bidi_stream",
};

/** What metrics call a method of the wire contract. */
export function rpcMethod(method: DescMethod): RpcMethod {
  return {
    service: method.parent.typeName,
    method: method.name,
    type: types[method.methodKind],
  };
}

/** The services that maglevd answers for, by name. */
export function rpcServices(reflection: boolean): readonly DescService[] {
  return reflection ? [Health, ReflectionV1, ReflectionV1Alpha, Maglev] : [Health, Maglev];
}

/** Every method that maglevd answers, so that each has its series before its first call. */
export function rpcMethods(options: { readonly reflection: boolean }): readonly RpcMethod[] {
  return rpcServices(options.reflection).flatMap(({ methods }) => methods.map(rpcMethod));
}
