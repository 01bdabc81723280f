import { Code, createClient } from "@connectrpc/connect";
import type { Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import assert from "node:assert/strict";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";
import { serve, unanswered } from "../../api/support/harness.ts";

type Make = (baseUrl: string, sessionManager: Http2SessionManager) => Transport;

const transports: Readonly<Record<string, Make>> = {
  "gRPC": (baseUrl, sessionManager) => createGrpcTransport({ baseUrl, sessionManager }),
  "gRPC, compressed": (baseUrl, sessionManager) =>
    createGrpcTransport({ baseUrl, sessionManager, compressMinBytes: 1 }),
  "gRPC-Web, HTTP/2": (baseUrl, sessionManager) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "2", sessionManager }),
  "Connect, HTTP/2": (baseUrl, sessionManager) =>
    createConnectTransport({ baseUrl, httpVersion: "2", sessionManager }),
  "Connect JSON, HTTP/2": (baseUrl, sessionManager) =>
    createConnectTransport({ baseUrl, httpVersion: "2", sessionManager, useBinaryFormat: false }),
  "gRPC-Web, HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect, HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
};

for (const [name, make] of Object.entries(transports)) {
  Deno.test({
    name: `connect-node, ${name}: unary, errors, deadline, stream, cancel, shutdown`,
    async fn() {
      await using harness = await serve({
        config: unanswered,
      });
      const baseUrl = `http://${harness.address}`;
      const session = new Http2SessionManager(baseUrl);
      const client = createClient(Maglev, make(baseUrl, session));
      const { backendNames } = await client.listBackends({});
      assert.deepEqual(backendNames, ["web0", "web1", "web2", "web3"]);
      await assert.rejects(client.getBackend({ name: "nope" }), {
        code: Code.NotFound,
        rawMessage: 'backend "nope" not found',
      });
      await assert.rejects(client.checkConfig({}, { timeoutMs: 2_000 }), {
        code: Code.DeadlineExceeded,
      });
      await client.pauseBackend({ name: "web3" });
      await client.resumeBackend({ name: "web3" });
      const actors = harness.bed.events.map(({ actor }) => `${actor?.name} ${actor?.from}`);
      assert.deepEqual(new Set(actors), new Set(["operator 127.0.0.1"]));
      const abort = new AbortController();
      await assert.rejects(
        count(client.watchEvents({ log: false }, { signal: abort.signal }), (events) => {
          if (events === 6) harness.bed.move("web0", "down");
          if (events === 7) abort.abort();
        }),
        { code: Code.Canceled },
      );
      await harness.observer.until("handled maglev.Maglev/WatchEvents Canceled");
      await assert.rejects(
        count(client.watchEvents({ log: false }), (events) => {
          if (events === 6) void harness.server.shutdown();
        }),
        { code: Code.Unavailable, rawMessage: "server shutting down" },
      );
      session.abort();
    },
  });
}

async function count(items: AsyncIterable<unknown>, each: (count: number) => void): Promise<void> {
  let seen = 0;
  for await (const _ of items) each(++seen);
}
