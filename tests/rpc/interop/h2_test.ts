import { create, toBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { WatchRequestSchema } from "../../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { havePythonModules, needing } from "../../support/programs.ts";
import { serve } from "../../api/support/harness.ts";
import type { Harness } from "../../api/support/harness.ts";
import { PythonPeer } from "./python.ts";

const available = havePythonModules("h2");
const needed = (name: string) => needing(available, "python3-h2", name);

/** Runs a test against a server with python3-h2 as its client. */
function h2Test(
  name: string,
  run: (peer: PythonPeer, harness: Harness) => Promise<void>,
  options: Parameters<typeof serve>[0] = {},
): void {
  Deno.test({
    ...needed(`python3-h2: ${name}`),
    async fn() {
      await using harness = await serve(options);
      await using peer = new PythonPeer("h2_peer.py", harness.address);
      await run(peer, harness);
    },
  });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const logsOnly = hex(
  toBinary(WatchRequestSchema, create(WatchRequestSchema, { backend: false, frontend: false })),
);

/** With a snapshot of two events: when they have come, the watcher is in place. */
function logsAndFrontends(logLevel: string): string {
  const request = create(WatchRequestSchema, { backend: false, logLevel });
  return hex(toBinary(WatchRequestSchema, request));
}

const nothing = hex(
  toBinary(
    WatchRequestSchema,
    create(WatchRequestSchema, { backend: false, frontend: false, log: false }),
  ),
);

h2Test("a watcher that stops reading is cut off and told so; others go on", async (peer, h) => {
  const watch = (logLevel: string) => {
    return { method: "WatchEvents", message: logsAndFrontends(logLevel) };
  };
  await peer.do("connect", { window: 300 });
  const { stream } = await peer.do("call", watch("debug"));
  await peer.do("messages", { stream, count: 2 });
  await using other = new PythonPeer("h2_peer.py", h.address);
  await other.do("connect");
  const reading = await other.do("call", watch("info"));
  await other.do("messages", { ...reading, count: 2 });
  for (let count = 3; h.log.listeners === 2; count++) {
    h.log.info("hello", { text: "x".repeat(50) });
    assert.deepEqual(await other.do("messages", { ...reading, count }), { messages: count });
  }
  await peer.do("open_window", { stream, increment: 1_000_000 });
  const { trailers } = await peer.do("finish", { stream }) as { trailers: Record<string, string> };
  assert.equal(trailers["grpc-status"], "8");
  assert.match(decodeURIComponent(trailers["grpc-message"] ?? ""), /^watcher too slow: 51 events/);
  assert.equal(h.observer.count("handled maglev.Maglev/WatchEvents ResourceExhausted"), 1);
}, { watchLimits: { count: 50, bytes: 1_000_000 } });

h2Test("a stream's header goes out at once, before there is anything to say", async (peer) => {
  await peer.do("connect");
  const { stream } = await peer.do("call", { method: "WatchEvents", message: nothing });
  assert.partialDeepStrictEqual(await peer.do("headers", { stream }), { ":status": "200" });
});

h2Test("a watcher that resets its stream is let go, the connection stays", async (peer, h) => {
  await peer.do("connect");
  const { stream } = await peer.do("call", { method: "WatchEvents", message: logsOnly });
  await peer.do("headers", { stream });
  await peer.do("cancel", { stream });
  await h.observer.until("handled maglev.Maglev/WatchEvents Canceled");
  await h.log.untilListeners(0);
  const { stream: next } = await peer.do("call", { method: "ListBackends" });
  assert.partialDeepStrictEqual(await peer.do("finish", { stream: next }), {
    trailers: { "grpc-status": "0" },
  });
});

h2Test("watchers whose client vanishes are let go", async (peer, h) => {
  await peer.do("connect");
  for (let i = 0; i < 20; i++) {
    const call = await peer.do("call", { method: "WatchEvents", message: logsOnly });
    await peer.do("headers", call);
  }
  await peer.do("vanish");
  await h.observer.until("handled maglev.Maglev/WatchEvents Canceled", 20);
  await h.log.untilListeners(0);
});

h2Test("unknown methods are a header and no more for gRPC, 404 for others", async (peer) => {
  await peer.do("connect");
  const grpc = await peer.do("call", { method: "Nope" });
  assert.deepEqual(await peer.do("finish", grpc), {
    bytes: 0,
    trailers: {
      ":status": "200",
      "content-type": "application/grpc",
      "grpc-status": "12",
      "grpc-message": "unknown%20method%20%2Fmaglev.Maglev%2FNope",
    },
  });
  const json = await peer.do("call", { method: "Nope", content_type: "application/json" });
  assert.partialDeepStrictEqual(await peer.do("headers", json), { ":status": "404" });
});

Deno.test({
  ...needed("python3-h2: a stream lives an hour of fake time, with long gaps and keepalives"),
  async fn() {
    const clock = new FakeClock();
    const harness = await serve({ clock });
    try {
      await using peer = new PythonPeer("h2_peer.py", harness.address);
      await peer.do("connect");
      const call = await peer.do("call", { method: "WatchEvents", message: logsOnly });
      await peer.do("headers", call);
      for (let pings = 1, events = 0; clock.now() < 3_600_000; pings++) {
        clock.advance(31_000);
        assert.deepEqual(await peer.do("await_ping", { count: pings }), { pings });
        await peer.do("ping");
        if (pings % 20 !== 0) continue;
        harness.log.info("still here");
        assert.deepEqual(await peer.do("messages", { ...call, count: ++events }), {
          messages: events,
        });
      }
    } finally {
      const over = harness.server.shutdown();
      await clock.advanceAsync(10_000);
      await over;
    }
  },
});

Deno.test({
  name: "python3-h2: a stream lives a minute of real time, with gaps (SKIPPED unless MAGLEV_SLOW)",
  ignore: !available || !Deno.env.has("MAGLEV_SLOW"),
  async fn() {
    await using harness = await serve();
    await using peer = new PythonPeer("h2_peer.py", harness.address);
    await peer.do("connect");
    const call = await peer.do("call", { method: "WatchEvents", message: logsOnly });
    await peer.do("headers", call);
    for (const [i, seconds] of [10, 35, 15].entries()) {
      const expected = { messages: i + 1 };
      // The peer waits for the message, and answers keepalives meanwhile.
      const coming = peer.do("messages", { ...call, count: i + 1 });
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      harness.log.info("still here");
      assert.deepEqual(await coming, expected);
    }
  },
});
