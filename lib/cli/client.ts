import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Maglev } from "../gen/maglev_pb.ts";
import { answerMeter } from "./answer_meter.ts";
import type { ClientTls } from "./credentials.ts";
import { CommandFailure, exitCodes, isUnreachable, speaksOnlyHttp2 } from "./errors.ts";
import type { MaglevClient } from "./node.ts";
import { type Endpoint, hostField, parseEndpoint } from "./servers.ts";

/**
 * How long an answer, or the first sign of a stream, may take before the operator is told, in
 * milliseconds.
 */
export const callTimeoutMs = 10_000;

/**
 * The same of a call for which maglevd reads its file, works out what comes of something, or has it
 * carried out: with ten thousand backends, on a busy machine, that takes a while.
 */
export const workTimeoutMs = 60_000;

/** A client with the connections that it has open. */
export interface Connection extends Disposable {
  /** Connects when first used. */
  readonly client: MaglevClient;
}

/**
 * A client for a server as {@link parseEndpoint} takes it, which shows a token if there is one, and
 * secures what goes over networks if there is something to do so with. It
 * speaks the Connect protocol over fetch, and gRPC to a server that knows nothing else. `through`
 * may have answers read in another way. Throws CommandFailure when that is no server, or the token
 * would travel in the clear.
 */
export function connectTo(
  server: string,
  token?: string,
  tls?: ClientTls,
  through: (transport: Transport) => Transport = (transport) => transport,
): Connection {
  const endpoint = parseEndpoint(server);
  const secured = endpoint.kind === "unix" ? undefined : tls;
  if (token !== undefined) checkTokenWay(endpoint, secured !== undefined);
  const transport = new EitherTransport({ endpoint, token, tls: secured });
  return {
    client: createClient(Maglev, through(transport)),
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

/** Throws CommandFailure where others on the way could read a token. */
export function checkTokenWay(endpoint: Endpoint, isSecured = false): void {
  if (isSecured || endpoint.kind === "unix" || isLoopback(endpoint.hostname)) return;
  throw new CommandFailure(
    `the token is not sent to ${endpoint.hostname} in the clear: others could read it on the ` +
      "way; --tls secures it",
    exitCodes.usage,
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

/** How a server is reached. */
interface Way {
  readonly endpoint: Endpoint;
  readonly token: string | undefined;
  readonly tls: ClientTls | undefined;
}

/** Where fetch is to send what it would send to the host of a URL. */
interface Line extends Disposable {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * A line to the endpoint. In the clear, the URL has neither the port, since fetch refuses some (the
 * "bad ports" of fetch.spec.whatwg.org), nor a path of the file system: where to connect is said
 * beside it. There the runtime speaks no TLS, so that with TLS the URL says it.
 */
function openLine({ endpoint, token, tls }: Way, version: 1 | 2): Line {
  const versions = { http1: version === 1, http2: version === 2 };
  const client = Deno.createHttpClient(
    tls
      ? { ...versions, caCerts: tls.caCerts, ...tls.own }
      : { ...versions, proxy: proxyOf(endpoint), allowHost: true },
  );
  return {
    baseUrl: tls ? `https://${hostField(endpoint)}` : `http://${bareHost(endpoint)}`,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      // HTTP/2 has the authority of the URL instead; both would contradict each other.
      if (version === 1 && !tls) headers.set("host", hostField(endpoint));
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      return endedBy(init?.signal, await fetch(input, { ...init, headers, client }));
    },
    [Symbol.dispose]: () => client.close(),
  };
}

function proxyOf(endpoint: Endpoint): Deno.Proxy {
  return endpoint.kind === "unix"
    ? { transport: "unix", path: endpoint.path }
    : { transport: "tcp", hostname: endpoint.hostname, port: endpoint.port };
}

function bareHost(endpoint: Endpoint): string {
  return endpoint.kind === "unix" ? "localhost" : endpoint.hostname;
}

/**
 * Connect over HTTP/1.1 first. Whoever greets that with HTTP/2, as a server of nothing but gRPC
 * does, has not read the request, so it is sent again, and all others, by gRPC.
 */
class EitherTransport implements Transport, Disposable {
  readonly #way: Way;
  readonly #line: Line;
  readonly #connect: Transport;
  #grpc: Promise<{ readonly transport: Transport; readonly line: Line }> | undefined;

  constructor(way: Way) {
    this.#way = way;
    this.#line = openLine(way, 1);
    this.#connect = createConnectTransport({
      baseUrl: this.#line.baseUrl,
      useBinaryFormat: true,
      defaultTimeoutMs: callTimeoutMs,
      fetch: this.#line.fetch,
    });
  }

  readonly unary: Transport["unary"] = (...call) =>
    this.#either((transport) => transport.unary(...call));

  readonly stream: Transport["stream"] = async (method, signal, timeout, header, input, values) => {
    // To be sent a second time, if need be.
    const messages = await Array.fromAsync(input);
    return await this.#either((transport) =>
      transport.stream(method, signal, timeout, header, each(messages), values)
    );
  };

  [Symbol.dispose](): void {
    this.#line[Symbol.dispose]();
    // It cannot fail: a module that was not to be had has thrown where it was asked for.
    this.#grpc?.then(({ line }) => line[Symbol.dispose](), () => {});
  }

  async #either<T>(call: (transport: Transport) => Promise<T>): Promise<T> {
    if (this.#grpc) return await call((await this.#grpc).transport);
    try {
      return await call(this.#connect);
    } catch (error) {
      if (!speaksOnlyHttp2(error)) throw error;
      this.#grpc ??= this.#openGrpc();
      const { transport, line } = await this.#grpc;
      return await call(transport).catch((second: unknown) => {
        // No HTTP at all: what was seen first says so.
        if (!isUnreachable(second)) throw second;
        this.#grpc = undefined;
        line[Symbol.dispose]();
        throw error;
      });
    }
  }

  async #openGrpc() {
    const { createGrpcTransport } = await import("./grpc_transport.ts");
    const line = openLine(this.#way, 2);
    const { baseUrl, fetch } = line;
    return { line, transport: createGrpcTransport({ baseUrl, fetch, timeoutMs: callTimeoutMs }) };
  }
}

async function* each<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

/**
 * A response whose body ends when `signal` is aborted, with its connection, or has more than a
 * message of maglevd's ({@link answerMeter}); a read that is waiting rejects. fetch itself promises
 * the former, but Deno 2.9.6 holds the signal of a response whose head has come by a weak reference
 * only: after the next collection of garbage nothing ends the body.
 */
export function endedBy(signal: AbortSignal | null | undefined, response: Response): Response {
  const { body, status, statusText, headers } = response;
  if (!signal || !body) return response;
  const reader = body.getReader();
  const meter = answerMeter(headers.get("content-type") ?? "");
  let over = () => {};
  const ended = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const end = () => {
        controller.error(signal.reason);
        // What ends with it has been said; why the connection may fail on top of that has no reader.
        void Promise.allSettled([reader.cancel(signal.reason)]);
      };
      over = () => signal.removeEventListener("abort", end);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
    },
    async pull(controller) {
      try {
        const { value, done } = await reader.read();
        if (signal.aborted) return;
        if (value) {
          meter(value);
          return controller.enqueue(withoutRoom(value));
        }
        if (done) controller.close();
      } catch (error) {
        if (!signal.aborted) controller.error(error);
        // One that was broken off by the other side cannot be left any more.
        void Promise.allSettled([reader.cancel(error)]);
      }
      over();
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return new Response(ended, { status, statusText, headers });
}

/** The same octets, where they are few, without the 64 KiB that the runtime has read them into. */
function withoutRoom(octets: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return octets.length < octets.buffer.byteLength / 2 ? octets.slice() : octets;
}
