import assert from "node:assert/strict";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";
import { callBudgets } from "../../../lib/rpc/limits.ts";
import { Budget } from "../../../lib/port/budget.ts";
import { Intake } from "../../../lib/rpc/intake.ts";
import { Budgets } from "../../../lib/port/mod.ts";
import { Outbox } from "../../../lib/port/outbox.ts";
import { serveRpcs } from "../../../lib/rpc/server.ts";
import { systemClock } from "../../../lib/time/mod.ts";
import { havePrograms, havePythonModules, needing } from "../../support/programs.ts";
import { steer } from "../../support/steer.ts";
import { unread } from "../support/callers.ts";
import { CheckerBed } from "../../api/support/checker_bed.ts";
import { echoRpcs } from "../support/echo.ts";
import { FakeLog } from "../../port/support/fake_log.ts";
import { FakeObserver, serve, unanswered } from "../../api/support/harness.ts";
import type { Harness } from "../../api/support/harness.ts";
import { testSupervisor, uncounted } from "../../port/support/listening.ts";
import { smallConfig } from "../../api/support/small_config.ts";
import { makeStubs, PythonPeer } from "./python.ts";

const available = havePythonModules("grpc", "google.protobuf") && havePrograms("protoc");
const needed = (name: string) => needing(available, "python3-grpcio and protoc", name);

/** Runs a test against a server with grpcio as its client. */
function grpcioTest(
  name: string,
  run: (peer: PythonPeer, harness: Harness) => Promise<void>,
  options: Parameters<typeof serve>[0] = {},
  { config = smallConfig(), contract = "present" }: {
    readonly config?: ReturnType<typeof smallConfig>;
    readonly contract?: Parameters<typeof makeStubs>[0];
  } = {},
): void {
  Deno.test({
    ...needed(`grpcio: ${name}`),
    async fn() {
      const stubs = await makeStubs(contract);
      try {
        await using harness = await serve(options, new CheckerBed(config));
        await using peer = new PythonPeer("grpcio_peer.py", stubs, harness.address);
        await run(peer, harness);
      } finally {
        await Deno.remove(stubs, { recursive: true });
      }
    },
  });
}

grpcioTest("unary calls, their errors and their compression", async (peer, { observer, bed }) => {
  assert.partialDeepStrictEqual(await peer.do("get_backend", { name: "web1" }), {
    name: "web1",
    address: "198.51.0.2",
    state: "unknown",
  });
  assert.partialDeepStrictEqual(await peer.do("get_backend", { name: "web1", compress: true }), {
    name: "web1",
  });
  assert.deepEqual(await peer.do("get_backend", { name: "nope" }), {
    code: "NOT_FOUND",
    details: 'backend "nope" not found',
  });
  assert.deepEqual(await peer.do("pause", { name: "größer" }), {
    code: "FAILED_PRECONDITION",
    details: 'cannot pause backend "größer": no such backend',
  });
  assert.partialDeepStrictEqual(await peer.do("pause", { name: "web1" }), { state: "paused" });
  assert.partialDeepStrictEqual(bed.events[0], { actor: { name: "operator", from: "127.0.0.1" } });
  assert.equal(observer.count("started maglev.Maglev/GetBackend"), 3);
  assert.equal(observer.count("handled maglev.Maglev/GetBackend OK"), 2);
  assert.equal(observer.count("handled maglev.Maglev/GetBackend NotFound"), 1);
  assert.equal(observer.count("sent maglev.Maglev/GetBackend"), 2);
  assert.equal(observer.count("received maglev.Maglev/GetBackend"), 3);
});

grpcioTest("unknown methods and services are unimplemented, and not counted", async (peer, h) => {
  for (const path of ["/maglev.Maglev/Nope", "/nope.Nope/Nope"]) {
    assert.deepEqual(await peer.do("unknown", { path }), {
      code: "UNIMPLEMENTED",
      details: `unknown method ${path}`,
    });
  }
  assert.equal(h.observer.counts.size, 0);
});

grpcioTest(
  "large answers, compressed on the way",
  async (peer) => {
    assert.deepEqual(await peer.do("list_backends", { details: false }), {
      names: 5000,
      details: 0,
      agree: false,
    });
    assert.deepEqual(await peer.do("list_backends", { details: true }), {
      names: 5000,
      details: 5000,
      agree: true,
    });
  },
  {},
  { config: smallConfig(5000) },
);

grpcioTest("a deadline ends a unary call that takes too long", async (peer, { observer }) => {
  const answer = await peer.do("check_config", { timeout: 2 });
  assert.equal(answer.code, "DEADLINE_EXCEEDED");
  await observer.until("started maglev.Maglev/CheckConfig");
  // Whichever end's clock is first: the server's timer, or the client's RST_STREAM.
  while (observer.counts.size < 3) await observer.next();
  const codes = [...observer.counts.keys()].filter((key) => key.startsWith("handled"));
  assert.match(codes.join(), /^handled maglev.Maglev\/CheckConfig (DeadlineExceeded|Canceled)$/);
}, { config: unanswered });

grpcioTest("a watcher sees the state, then changes in order, and cancels", async (peer, h) => {
  h.bed.move("web1", "up");
  await peer.do("watch", { id: "w" });
  assert.deepEqual(await peer.do("read", { id: "w", count: 6 }), {
    events: [
      "backend web0 unknown-unknown",
      "backend web1 up-up",
      "backend web2 unknown-unknown",
      "backend web3 unknown-unknown",
      "frontend api up-up",
      "frontend www up-up",
    ],
  });
  h.bed.move("web0", "down");
  h.log.warn("vpp-disconnect");
  h.log.debug("probe-done");
  h.bed.move("web1", "down");
  assert.deepEqual(await peer.do("read", { id: "w", count: 5 }), {
    events: [
      "backend web0 unknown-down",
      "log warn vpp-disconnect",
      "backend web1 up-down",
      "frontend api up-unknown",
      "frontend www up-unknown",
    ],
  });
  await peer.do("cancel", { id: "w" });
  await h.observer.until("handled maglev.Maglev/WatchEvents Canceled");
  await h.log.untilListeners(0);
});

/** Something of every kind that a stream may tell. */
async function everything({ bed }: Harness): Promise<void> {
  bed.logEvents();
  for (const name of ["web0", "web2"]) bed.move(name, "up");
  bed.move("web0", "down");
  steer(bed.checker).setWeight("www", "fallback", "web2", 7, true, {
    name: "operator",
    from: "here",
  });
  bed.stream.emit([
    { kind: "vpp", change: "lost", detail: "reset", cause: { kind: "vpp" } },
    { kind: "probing", change: "impaired", detail: "no buffers", cause: { kind: "start" } },
  ]);
  const config = smallConfig();
  const www = [...config.frontends].filter(([name]) => name === "www");
  await bed.reload({ ...config, frontends: new Map(www) });
  bed.log.info("config-reload-done");
}

grpcioTest(
  "a client of the earlier contract is told what it knows",
  async (peer, h) => {
    await peer.do("watch", { id: "w" });
    await peer.do("read", { id: "w", count: 6 });
    await everything(h);
    const lines: string[] = [];
    while (lines.at(-1) !== "log info config-reload-done") {
      const { events } = await peer.do("read", { id: "w", count: 1 });
      lines.push(...events as string[]);
    }
    assert.deepEqual(lines.filter((line) => !line.startsWith("log ")), [
      "backend web0 unknown-up",
      "frontend api unknown-up",
      "frontend www unknown-up",
      "backend web2 unknown-up",
      "backend web0 up-down",
      "frontend api up-removed",
    ]);
    assert.ok(lines.includes("log info backend-transition"));
  },
  {},
  { contract: "earlier" },
);

grpcioTest("a client of the present contract is told everything, once", async (peer, h) => {
  await everything(h);
  const { events: listed } = await peer.do("list_events", { limit: 1000, oldest_first: true });
  assert.ok(Array.isArray(listed));
  assert.equal(listed.length, h.bed.events.length);
  await peer.do("watch", { id: "w", changes: true, since: { stream_id: "x" } });
  const opening = await peer.do("read", { id: "w", count: 7 });
  assert.deepEqual((opening.events as string[]).map((line) => line.split(" ")[0]), [
    ...["opening", "backend", "backend", "backend", "backend", "frontend", "heartbeat"],
  ]);
  steer(h.bed.checker).disable("web3");
  const { events } = await peer.do("read", { id: "w", count: 2 });
  assert.deepEqual(events, [
    `operator ${h.bed.journal.newestSeq - 2}`,
    "backend web3 unknown-disabled",
  ]);
});

grpcioTest("a watcher's deadline ends its stream", async (peer, h) => {
  await peer.do("watch", { id: "w", timeout: 2, backend: false, frontend: false });
  assert.partialDeepStrictEqual(await peer.do("read", { id: "w", count: 1 }), {
    code: "DEADLINE_EXCEEDED",
  });
  await h.observer.until("started maglev.Maglev/WatchEvents");
  await h.log.untilListeners(0);
});

grpcioTest("500 watchers on one connection all see the same", async (peer, h) => {
  await peer.do("many_watchers", { count: 500, events: 9 });
  // What was sent says less: grpcio may try a stream again, whose snapshot is then sent twice.
  assert.deepEqual(await peer.do("many_snapshots", { count: 6 }), { watchers: 500 });
  h.bed.move("web2", "up");
  const expected = [
    "backend web0 unknown-unknown",
    "backend web1 unknown-unknown",
    "backend web2 unknown-unknown",
    "backend web3 unknown-unknown",
    "frontend api unknown-unknown",
    "frontend www unknown-unknown",
    "backend web2 unknown-up",
    "frontend api unknown-up",
    "frontend www unknown-up",
  ];
  assert.deepEqual(await peer.do("many_results"), { distinct: [expected] });
  await h.observer.until("handled maglev.Maglev/WatchEvents Canceled", 500);
});

grpcioTest("shutdown ends streams with UNAVAILABLE", async (peer, h) => {
  await peer.do("watch", { id: "w", log: false });
  await peer.do("read", { id: "w", count: 6 });
  await peer.do("health_watch", { id: "h", service: "maglev.Maglev" });
  assert.deepEqual(await peer.do("health_read", { id: "h" }), { status: "SERVING" });
  await h.server.shutdown();
  const over = { code: "UNAVAILABLE", details: "server shutting down" };
  assert.deepEqual(await peer.do("read", { id: "w", count: 1 }), { events: [], ...over });
  assert.deepEqual(await peer.do("health_read", { id: "h" }), { status: "NOT_SERVING" });
  assert.deepEqual(await peer.do("health_read", { id: "h" }), over);
});

grpcioTest("health knows the server and its service, and no other", async (peer) => {
  assert.deepEqual(await peer.do("health", { service: "" }), { status: "SERVING" });
  assert.deepEqual(await peer.do("health", { service: "maglev.Maglev" }), { status: "SERVING" });
  assert.deepEqual(await peer.do("health", { service: "nope" }), {
    code: "NOT_FOUND",
    details: 'service "nope" not found',
  });
  await peer.do("health_watch", { id: "h", service: "nope" });
  assert.deepEqual(await peer.do("health_read", { id: "h" }), { status: "SERVICE_UNKNOWN" });
});

grpcioTest("reflection describes everything, in both versions", async (peer) => {
  for (const version of ["v1", "v1alpha"]) {
    assert.deepEqual(await peer.do("reflect", { version }), {
      services: [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "maglev.Maglev",
      ],
      methods: Maglev.methods.map(({ name }) => name),
      by_name: 1,
      errors: [5, 5, 5, 5],
      extensions_of: "maglev.Event",
      method_found: 1,
    });
  }
});

grpcioTest("reflection can be off", async (peer) => {
  assert.match(String((await peer.do("reflect", { version: "v1" })).code), /UNIMPLEMENTED/);
}, { reflection: false });

Deno.test({
  ...needed("grpcio: messages of 32 MB up and down, compressed ones, and many small ones"),
  async fn() {
    const log = new FakeLog();
    const counting = {
      intake: new Intake(new Budget({ ...callBudgets.requests, limit: 1e9 }), 1e9),
      outbox: new Outbox(new Budget({ ...callBudgets.answers, limit: 1e9 }), 1e9),
    };
    const port = serveRpcs(echoRpcs(), {
      budgets: new Budgets(log, systemClock),
      connections: uncounted,
      supervisor: testSupervisor(log),
      addr: "127.0.0.1:0",
      audit: unread(),
      observer: new FakeObserver(),
      clock: systemClock,
      log,
      limits: { messages: { readMaxBytes: 2 ** 26, writeMaxBytes: 2 ** 26 } },
      countingOf: () => counting,
    });
    const stubs = await makeStubs();
    try {
      await using peer = new PythonPeer("grpcio_peer.py", stubs, port.addresses[0] ?? "");
      assert.deepEqual(await peer.do("echo", { size: 2 ** 25 }), { equal: true });
      assert.deepEqual(await peer.do("echo", { size: 2 ** 22, compress: true }), { equal: true });
      assert.deepEqual(await peer.do("ping_pong", { count: 300, size: 1000 }), { equal: 300 });
    } finally {
      await port.shutdown();
      await Deno.remove(stubs, { recursive: true });
    }
  },
});
