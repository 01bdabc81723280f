import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import assert from "node:assert/strict";
import type { Event } from "../../../../lib/gen/maglev_pb.ts";
import { Maglev } from "../../../../lib/gen/maglev_pb.ts";
import { accessByRules } from "../../../../lib/access/mod.ts";
import { rulesOf } from "../../../access/support/auth_bed.ts";
import { certFile, keyFile, serverIdentity } from "../../../support/certificates.ts";
import { serve, unanswered } from "../../../api/support/harness.ts";

const m = Maglev.method;

/** grpc-js without generated code: paths and bytes. */
class GrpcJsClient implements AsyncDisposable {
  readonly #client: grpc.Client;

  constructor(address: string, credentials = grpc.credentials.createInsecure()) {
    this.#client = new grpc.Client(address, credentials);
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    request: MessageInitShape<I>,
    options: grpc.CallOptions = {},
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path(method),
        (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
        (bytes) => fromBinary(method.output, bytes),
        create(method.input, request),
        new grpc.Metadata(),
        options,
        (error, response) => error || !response ? reject(error) : resolve(response),
      );
    });
  }

  watch(options: grpc.CallOptions = {}): grpc.ClientReadableStream<Event> {
    return this.#client.makeServerStreamRequest(
      path(m.watchEvents),
      (message: MessageShape<typeof m.watchEvents.input>) =>
        Buffer.from(toBinary(m.watchEvents.input, message)),
      (bytes) => fromBinary(m.watchEvents.output, bytes),
      create(m.watchEvents.input, { log: false }),
      new grpc.Metadata(),
      options,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }
}

function path(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** Names of events until the stream ends, and how it did. */
async function follow(
  stream: grpc.ClientReadableStream<Event>,
  onEvent: (count: number) => void,
): Promise<{ count: number; code: number | undefined; details: string | undefined }> {
  let count = 0;
  try {
    for await (const _ of stream) onEvent(++count);
    return { count, code: 0, details: "" };
  } catch (error) {
    const { code, details } = error as Partial<grpc.ServiceError>;
    return { count, code, details };
  }
}

Deno.test({
  name: "grpc-js: unary calls, errors and deadlines",
  async fn() {
    await using harness = await serve({
      config: unanswered,
    });
    await using client = new GrpcJsClient(harness.address);
    const { backendNames } = await client.unary(m.listBackends, {});
    assert.deepEqual(backendNames, ["web0", "web1", "web2", "web3"]);
    await assert.rejects(client.unary(m.getBackend, { name: "nope" }), {
      code: grpc.status.NOT_FOUND,
      details: 'backend "nope" not found',
    });
    await assert.rejects(client.unary(m.checkConfig, {}, { deadline: Date.now() + 2_000 }), {
      code: grpc.status.DEADLINE_EXCEEDED,
    });
    const many = await Promise.all(
      Array.from({ length: 200 }, (_, i) => client.unary(m.getBackend, { name: `web${i % 4}` })),
    );
    assert.deepEqual(many.map(({ name }) => name), many.map((_, i) => `web${i % 4}`));
  },
});

Deno.test({
  name: "grpc-js: streams, cancelling them, and shutdown",
  async fn() {
    await using harness = await serve();
    await using client = new GrpcJsClient(harness.address);
    const cancelled = client.watch();
    const first = await follow(cancelled, (count) => {
      if (count === 6) harness.bed.move("web0", "down");
      if (count === 7) cancelled.cancel();
    });
    assert.partialDeepStrictEqual(first, { count: 7, code: grpc.status.CANCELLED });
    await harness.observer.until("handled maglev.Maglev/WatchEvents Canceled");
    const second = await follow(client.watch(), (count) => {
      if (count === 6) void harness.server.shutdown();
    });
    assert.deepEqual(second, {
      count: 6,
      code: grpc.status.UNAVAILABLE,
      details: "server shutting down",
    });
  },
});

Deno.test({
  name: "grpc-js: calls and a stream over TLS, by who it is by its certificate",
  async fn() {
    const entry = '{ subject: "CN=alice,O=Example", role: operate, name: alice }';
    const rules = rulesOf(`auth: { certificates: [${entry}] }`);
    const access = accessByRules(() => rules);
    await using harness = await serve({ tls: { identity: await serverIdentity(true) }, access });
    const address = `localhost:${harness.server.port}`;
    const [ca, key, cert] = [certFile("authority"), keyFile("alice"), certFile("alice")]
      .map((path) => Buffer.from(Deno.readFileSync(path)));
    await using alice = new GrpcJsClient(
      address,
      grpc.credentials.createSsl(ca ?? null, key, cert),
    );
    const { state } = await alice.unary(m.pauseBackend, { name: "web1" });
    assert.equal(state, "paused");
    assert.equal(harness.bed.events[0]?.actor?.name, "alice");
    const stream = alice.watch();
    const told = await follow(stream, () => stream.cancel());
    assert.equal(told.code, grpc.status.CANCELLED);
    await using nobody = new GrpcJsClient(address, grpc.credentials.createSsl(ca ?? null));
    await assert.rejects(nobody.unary(m.getBackend, { name: "web1" }), {
      code: grpc.status.UNAUTHENTICATED,
    });
    await using stranger = new GrpcJsClient(address, grpc.credentials.createSsl());
    const deadline = Date.now() + 60_000;
    await assert.rejects(stranger.unary(m.listBackends, {}, { deadline }), {
      code: grpc.status.UNAVAILABLE,
    });
  },
});
