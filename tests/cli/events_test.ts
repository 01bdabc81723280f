import assert from "node:assert/strict";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { connectTo } from "../../lib/cli/client.ts";
import { describeError } from "../../lib/cli/errors.ts";
import { defaultPatience, watchEvents } from "../../lib/cli/events.ts";
import type { CommandSession } from "../../lib/cli/node.ts";
import { runOnce } from "../../lib/cli/oneshot.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import { watch, watchOptions, type WatchTimes } from "../../lib/cli/commands/events.ts";
import { type EventSchema, Maglev, type StreamPosition } from "../../lib/gen/maglev_pb.ts";
import { settle } from "../support/until.ts";
import { firstLine } from "./support/first_line.ts";

const everything = watchOptions({ words: ["watch", "events"], values: new Map() });
const never = new AbortController().signal;

Deno.test("a server that does not open the stream is given up", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Promise((resolve) => request.signal.onabort = () => resolve(new Response())),
  );
  const address = `127.0.0.1:${server.addr.port}`;
  using connection = connectTo(address);
  const watched = watchEvents(connection.client, everything.request, never, {
    ...defaultPatience,
    openMs: 1,
  });
  await assert.rejects(watched.next(), (error) => {
    assert.equal(describeError(error, "there"), "maglevd at there did not answer in time");
    return true;
  });
});

for (
  const [what, answer, reason] of [
    ["a web page", () => new Response("hello"), "unsupported content type text/plain"],
    ["an HTTP error", () => new Response("", { status: 405 }), "HTTP 405"],
  ] as const
) {
  Deno.test(`a server that answers with ${what} is not taken for maglevd`, async () => {
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
    const address = `127.0.0.1:${server.addr.port}`;
    assert.match(
      await failure(address),
      new RegExp(`^error: what answers at ${address} is not maglevd's API: ${reason}`),
    );
  });
}

Deno.test("a server that does not speak HTTP is not taken for maglevd", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const greeting = (async () => {
    // By HTTP/1.1, and then by HTTP/2.
    for (let i = 0; i < 2; i++) {
      using connection = await listener.accept();
      await connection.write(new TextEncoder().encode("SSH-2.0-server\r\n"));
      await connection.read(new Uint8Array(1000));
    }
  })();
  const address = `127.0.0.1:${listener.addr.port}`;
  const said = await failure(address);
  await greeting;
  assert.equal(
    said,
    `error: what answers at ${address} is not maglevd's API: it does not speak HTTP`,
  );
});

Deno.test("a stream that breaks off is a closed connection", () => {
  const cause = new TypeError("error reading a body from connection");
  const error = new ConnectError(cause.message, Code.Unknown, undefined, undefined, cause);
  assert.equal(
    describeError(error, "there"),
    "cannot reach maglevd at there: the connection was closed",
  );
});

async function failure(server: string): Promise<string> {
  const flags = {
    ...{ server, color: false, json: false, yes: false, help: false, version: false },
    ...{ dryRun: false, keepGoing: false, timeout: undefined, tokenFile: "", security: {} },
  };
  const said: string[] = [];
  const output = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  assert.equal(await runOnce({ ...flags, words: ["show", "backends"] }, output, never), 4);
  return said.join("\n");
}

Deno.test("watch events ends quietly when nobody reads its output any more", async () => {
  const root = new URL("../../", import.meta.url).pathname;
  const run = (args: string[], stderr: "piped" | "null") =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...args],
      stdin: "null",
      stdout: "piped",
      stderr,
    }).spawn();
  const server = run([`${root}tests/cli/support/server.ts`], "null");
  try {
    const port = await firstLine(server.stdout);
    const watch = run(
      [root + "cli.ts", "--server", `127.0.0.1:${port}`, "watch", "events"],
      "piped",
    );
    await firstLine(watch.stdout);
    assert.equal(await new Response(watch.stderr).text(), "");
    assert.equal((await watch.status).code, 1);
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
});

type Reply = MessageInitShape<typeof EventSchema>;

const opening = (seq: bigint, resumed: boolean, reason = ""): Reply => ({
  event: { case: "opening", value: { streamId: "run", seq, resumed, reason } },
});
const heartbeat = (seq: bigint): Reply => ({
  event: { case: "heartbeat", value: { streamId: "run", seq } },
});
const present: Reply = {
  event: { case: "backend", value: { backendName: "b", transition: { from: "up", to: "up" } } },
};
const change = (seq: bigint): Reply => ({
  event: { case: "pool", value: { frontendName: "www" } },
  seq,
});
const gone = new ConnectError("server shutting down", Code.Unavailable);
const silent = new Promise<never>(() => {});

/** Watches a maglevd that tells one of these lists for each call, up to `limit` events. */
async function follow(
  limit: number,
  streams: readonly (readonly (Reply | ConnectError | Promise<void>)[])[],
  times: Partial<WatchTimes> = {},
  ...kinds: readonly string[]
) {
  const asked: (StreamPosition | undefined)[] = [];
  const printed: string[] = [];
  const notes: string[] = [];
  const transport = createRouterTransport((router) => {
    router.service(Maglev, {
      async *watchEvents({ since }, { signal }) {
        const stream = streams[asked.push(since) - 1] ?? [];
        for (const each of stream) {
          if (each instanceof ConnectError) throw each;
          if (!(each instanceof Promise)) yield each;
          else await Promise.race([each, new Promise<void>((end) => signal.onabort = () => end())]);
          if (signal.aborted) return;
        }
      },
    });
  });
  const words = ["watch", "events", "num", ...kinds];
  const session: CommandSession = {
    client: createClient(Maglev, transport),
    ...{ style: plainStyle, json: false, server: "there", signal: never, memory: new Map() },
    now: () => 0,
    print: (text) => void printed.push(text),
    note: (text) => void notes.push(text),
    dryRun: false,
    timeout: undefined,
    agree: () => Promise.resolve(true),
  };
  await watch(
    { words, values: new Map([["num", String(limit)]]) },
    session,
    { ...defaultPatience, retryMs: 0, ...times },
  );
  const since = asked.map((each) => each && `${each.streamId} ${each.seq}`);
  const seen = printed.map((line) => JSON.parse(line).seq ?? "present");
  return { since, seen, notes };
}

Deno.test("a watch that breaks off goes on behind what it has seen, and says so", async () => {
  const first = [opening(5n, false), present, heartbeat(5n), change(6n), heartbeat(7n), gone];
  const { since, seen, notes } = await follow(4, [
    first,
    [opening(7n, true), change(8n), change(9n), change(10n)],
  ]);
  assert.deepEqual(since, [undefined, "run 7"]);
  assert.deepEqual(seen, ["present", "6", "8", "9"]);
  assert.deepEqual(notes, [
    "server shutting down; trying again",
    "maglevd at there is back; what was missed follows",
  ]);
});

Deno.test("a watch that fell too far behind goes on, one that there is no room for is refused", async () => {
  const full = new ConnectError("too far behind", Code.ResourceExhausted);
  const { since, seen, notes } = await follow(2, [
    [opening(5n, false), heartbeat(5n), change(6n), full],
    [full],
    [opening(6n, true), change(7n)],
  ]);
  assert.deepEqual([since, seen], [[undefined, "run 6", "run 6"], ["6", "7"]]);
  assert.equal(notes[0], "too far behind; trying again");
  await assert.rejects(follow(2, [[full]]), { rawMessage: "too far behind" });
});

Deno.test("a watch goes on behind the last event where no sign of life came since", async () => {
  const { since } = await follow(3, [
    [opening(5n, false), heartbeat(5n), change(6n), change(7n), gone],
    [opening(7n, true), change(8n)],
  ]);
  assert.deepEqual(since, [undefined, "run 7"]);
});

Deno.test("a watch that breaks off as soon as it goes on knows its place still", async () => {
  const { since } = await follow(2, [
    [opening(5n, false), heartbeat(5n), change(6n), gone],
    [opening(6n, true), gone],
    [opening(7n, true), change(7n)],
  ]);
  assert.deepEqual(since, [undefined, "run 6", "run 6"]);
});

Deno.test("a watch that cannot go on says why, and begins again", async () => {
  const { since, seen, notes } = await follow(4, [
    [opening(5n, false), heartbeat(5n), change(6n), gone],
    [opening(2n, false, "maglevd was restarted meanwhile"), present, gone],
    [opening(2n, false), present, heartbeat(2n), change(3n)],
  ]);
  assert.deepEqual(since, [undefined, "run 6", undefined], "half a present state is none");
  assert.deepEqual(seen, ["6", "present", "present", "3"]);
  assert.deepEqual(notes, [
    "server shutting down; trying again",
    "maglevd at there is back, maglevd was restarted meanwhile; the present state follows",
    "server shutting down; trying again",
    "maglevd at there is back",
  ]);
});

Deno.test("a stream that falls silent is taken for a dead path", async () => {
  const { since, seen, notes } = await follow(2, [
    [opening(5n, false), heartbeat(5n), change(6n), silent],
    [opening(6n, true), change(7n)],
  ], { silenceMs: 1 });
  assert.deepEqual(since, [undefined, "run 6"]);
  assert.deepEqual(seen, ["6", "7"]);
  assert.equal(notes[0], "nothing was heard from it for 0.001 s; trying again");
});

Deno.test("a maglevd without signs of life may be silent, and is found again all the same", async () => {
  const { since, seen, notes } = await follow(3, [
    [present, settle(), present, gone],
    [present],
  ], { silenceMs: 0 });
  assert.deepEqual(since, [undefined, undefined]);
  assert.deepEqual(seen, ["present", "present", "present"]);
  assert.deepEqual(notes, ["server shutting down; trying again", "maglevd at there is back"]);
});

const audited = (seq: bigint, result: string, method = "PauseBackend"): Reply => ({
  event: { case: "audit", value: { method, result } },
  seq,
});

Deno.test("a watch leaves out audits of what other events tell, unless they are asked for", async () => {
  const stream = [opening(5n, false), audited(6n, "OK"), audited(7n, "Unavailable"), change(8n)];
  assert.deepEqual((await follow(2, [stream])).seen, ["7", "8"]);
  assert.deepEqual((await follow(2, [stream], {}, "audit")).seen, ["6", "7"]);
  // That a reload was rejected is an event of its own; that somebody may not reload is none.
  const reloads = ["FailedPrecondition", "PermissionDenied"].map((result, i) =>
    audited(6n + BigInt(i), result, "ReloadConfig")
  );
  assert.deepEqual((await follow(2, [[opening(5n, false), ...reloads, change(8n)]])).seen, [
    ...["7", "8"],
  ]);
});

Deno.test("a watch asks for the kinds that are named, or for all", () => {
  const { request } = watchOptions({ words: ["watch", "events"], values: new Map() });
  assert.partialDeepStrictEqual(request, {
    log: true,
    backend: true,
    frontend: true,
    changes: true,
  });
  const words = ["watch", "events", "pool", "backend", "vpp"];
  assert.partialDeepStrictEqual(watchOptions({ words, values: new Map() }).request, {
    ...{ log: false, backend: true, frontend: false, changes: true, heartbeat: true },
    kinds: ["pool", "vpp"],
  });
  const log = ["watch", "events", "log", "level", "debug"];
  assert.partialDeepStrictEqual(watchOptions({ words: log, values: new Map() }).request, {
    ...{ log: true, backend: false, frontend: false, changes: false, heartbeat: true },
    logLevel: "debug",
  });
});
