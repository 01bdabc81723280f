import { type Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  type Http2SessionManager,
} from "@connectrpc/connect-node";
import type { DescMethod } from "@bufbuild/protobuf";

type Make = (baseUrl: string, sessionManager: Http2SessionManager) => Transport;

/** Ways to ask, each by the client that Connect has for it. */
export const makers: Readonly<Record<string, Make>> = {
  "gRPC": (baseUrl, sessionManager) => createGrpcTransport({ baseUrl, sessionManager }),
  "gRPC-Web": (baseUrl, sessionManager) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "2", sessionManager }),
  "Connect": (baseUrl, sessionManager) =>
    createConnectTransport({ baseUrl, httpVersion: "2", sessionManager }),
};

async function* nothing(): AsyncGenerator<never> {}

async function* once(): AsyncGenerator<Record<string, unknown>> {
  yield await Promise.resolve({});
}

/** What a call ends with, or 0 as soon as it has told something. */
export async function codeOf(transport: Transport, method: DescMethod): Promise<Code | 0> {
  const abort = new AbortController();
  try {
    if (method.methodKind === "unary") {
      await transport.unary(method as never, abort.signal, undefined, undefined, {});
      return 0;
    }
    const requests = method.methodKind === "server_streaming" ? once() : nothing();
    const { message } = await transport.stream(
      ...[method as never, abort.signal, undefined, undefined, requests] as const,
    );
    await message[Symbol.asyncIterator]().next();
    return 0;
  } catch (error) {
    return ConnectError.from(error).code;
  } finally {
    abort.abort();
  }
}
