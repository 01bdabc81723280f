import assert from "node:assert/strict";
import type { H2Handler } from "../../lib/h2/mod.ts";
import { Connections } from "../../lib/rpc/connections.ts";
import type { AcceptedConn, ConnectionOptions } from "../../lib/rpc/connections.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { MemoryConn } from "../support/memory_conn.ts";
import { FakeLog } from "./fake_log.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const emptySettings = "\0\0\0\x04\0\0\0\0\0";
const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/** Connections whose handlers say how they were asked. */
function setUp(options: Partial<ConnectionOptions> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const told: string[] = [];
  const asked: string[] = [];
  const handler = (protocol: string): H2Handler => ({ scheme, peer, path }) => {
    asked.push(`${protocol} ${scheme} ${peer} ${path}`);
    return Promise.resolve({ status: 204, headers: [] });
  };
  const connections = new Connections({
    name: "grpc",
    clock,
    log,
    observer: {
      opened: () => void told.push("opened"),
      closed: () => void told.push("closed"),
      refused: () => void told.push("refused"),
      failed: () => void told.push("failed"),
    },
    handlers: { http1: handler("h1"), http2: handler("h2") },
    limits: { connections: 10, connectionsPerPeer: 10 },
    h1: {},
    h2: {},
    handshakeMs: 5000,
    ...options,
  });
  const visit = (tls?: AcceptedConn["handshake"]) => {
    const [client, conn] = MemoryConn.pair();
    const accepted: AcceptedConn = tls ? Object.assign(conn, { handshake: tls }) : conn;
    return { client, conn, over: connections.serve(accepted, "192.0.2.1") };
  };
  return { clock, log, told, asked, connections, visit };
}

Deno.test("refused connections are closed, and logged with the limit every 10 s at most", async () => {
  const limits = { connections: 0, connectionsPerPeer: 1 };
  const { connections, clock, log, told } = setUp({ limits });
  let closed = 0;
  const knock = (peer: string) =>
    connections.serve({
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(0),
      close: () => void closed++,
    }, peer);
  for (const peer of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) await knock(peer);
  await clock.advanceAsync(10_000);
  await knock("192.0.2.4");
  assert.equal(closed, 4);
  const reason = "the limit of 0 connections is reached";
  assert.deepEqual(log.lines, [
    `warn grpc-connection-refused peer=192.0.2.1 reason=${reason}`,
    `warn grpc-connection-refused peer=192.0.2.4 reason=${reason} suppressed=2`,
  ]);
  assert.deepEqual(told, ["refused", "refused", "refused", "refused"]);
  await connections.shutdown(0);
  await knock("192.0.2.5");
  assert.deepEqual([log.records.length, closed, told.length], [2, 5, 4]);
});

Deno.test("each protocol has its handler, and requests say whose they are", async () => {
  const { connections, asked, told, visit } = setUp();
  const first = visit();
  await first.client.say(get);
  assert.match(await first.client.text(), /^HTTP\/1\.1 204 /);
  assert.deepEqual([asked, connections.size], [["h1 http 192.0.2.1 /"], 1]);
  await first.client.closeWrite();
  await first.over;
  assert.equal(first.conn.closed, true);
  const second = visit();
  await second.client.say(preface + emptySettings);
  assert.notEqual(await second.client.text(), "(end)");
  second.client.close();
  await second.over;
  assert.deepEqual([told, connections.size], [["opened", "closed", "opened", "closed"], 0]);
});

Deno.test("TLS tells the protocol, or leaves it to the client", async () => {
  const { asked, visit, log } = setUp();
  const h2 = visit(() => Promise.resolve({ alpnProtocol: "h2" }));
  assert.notEqual(await h2.client.text(), "(end)");
  h2.client.close();
  await h2.over;
  for (const alpnProtocol of ["http/1.1", null]) {
    const h1 = visit(() => Promise.resolve({ alpnProtocol }));
    await h1.client.say(get);
    assert.match(await h1.client.text(), /^HTTP\/1\.1 204 /);
    h1.client.close();
    await h1.over;
  }
  assert.deepEqual(asked, ["h1 https 192.0.2.1 /", "h1 https 192.0.2.1 /"]);
  assert.deepEqual(log.lines, []);
});

Deno.test("a handshake that fails is said, and ends the connection", async () => {
  const { visit, log, told } = setUp();
  const { client, over, conn } = visit(() => Promise.reject(new Error("no shared cipher")));
  await over;
  assert.equal(conn.closed, true);
  assert.deepEqual(log.lines, [
    "warn grpc-handshake-failed peer=192.0.2.1 err=no shared cipher",
  ]);
  assert.deepEqual(told, ["opened", "closed"]);
  client.close();
});

Deno.test("a client that does not say in time what it speaks is let go", async () => {
  const { visit, clock } = setUp();
  const silent = visit();
  const dribbling = visit();
  await dribbling.client.say("PRI * HT");
  const shaking = visit(() => new Promise(() => {}));
  await clock.advanceAsync(4999);
  assert.deepEqual([silent.conn.closed, dribbling.conn.closed, shaking.conn.closed], [
    false,
    false,
    false,
  ]);
  await clock.advanceAsync(1);
  assert.deepEqual([silent.conn.closed, dribbling.conn.closed, shaking.conn.closed], [
    true,
    true,
    true,
  ]);
  await Promise.all([silent.over, dribbling.over]);
  assert.equal(clock.pending, 0);
});

Deno.test("shutting down closes what says nothing, drains what is asked, and cuts what lasts", async () => {
  const gate = Promise.withResolvers<void>();
  let aborted = false;
  const slow: H2Handler = async ({ path, signal }) => {
    signal.addEventListener("abort", () => aborted = true);
    if (path === "/short") await gate.promise;
    else await new Promise(() => {});
    return { status: 204, headers: [] };
  };
  const { connections, visit, clock } = setUp({ handlers: { http1: slow, http2: slow } });
  const [silent, idle, short, long] = [visit(), visit(), visit(), visit()];
  await idle.client.say("GET");
  await short.client.say(get.replace("/", "/short"));
  await long.client.say(get);
  await clock.advanceAsync(0);
  const ended = connections.shutdown(1000);
  await Promise.all([silent.over, idle.over]);
  assert.deepEqual([short.conn.closed, long.conn.closed], [false, false]);
  gate.resolve();
  assert.match(await short.client.text(), /^HTTP\/1\.1 204 [^]*\r\nconnection: close\r\n/);
  await short.client.closeWrite();
  await short.over;
  await clock.advanceAsync(999);
  assert.deepEqual([long.conn.closed, aborted], [false, false]);
  await clock.advanceAsync(1);
  await ended;
  assert.deepEqual([long.conn.closed, aborted, connections.size, clock.pending], [
    true,
    true,
    0,
    0,
  ]);
});

/** Whether there is a frame of type GOAWAY among these, which have no payload with its number. */
function hasGoaway(frames: string): boolean {
  return [...frames].some((character) => character.charCodeAt(0) === 7);
}

Deno.test("shutting down ends HTTP/2 with a GOAWAY at once", async () => {
  const { connections, visit, clock } = setUp();
  const { client, over } = visit();
  await client.say(preface + emptySettings);
  await client.text();
  const ended = connections.shutdown(1000);
  assert.ok(hasGoaway(await client.text()));
  client.close();
  await Promise.all([over, ended]);
  await clock.advanceAsync(0);
  assert.equal(clock.pending, 0);
});

Deno.test("a defect over HTTP/2 is logged as well, and requests say whose they are", async () => {
  const asked: string[] = [];
  const broken: H2Handler = ({ peer, path }) => {
    asked.push(`${peer} ${path}`);
    return Promise.reject(new Error("a defect"));
  };
  const { visit, log, clock } = setUp({ handlers: { http1: broken, http2: broken } });
  const { client, over } = visit();
  // HEADERS of stream 1: GET, http, "/" from the static table, with END_STREAM and END_HEADERS.
  const get = Uint8Array.of(0, 0, 3, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84);
  await client.say(preface + emptySettings);
  await client.write(get);
  for (let turn = 0; turn < 10; turn++) await clock.advanceAsync(0);
  assert.deepEqual(asked, ["192.0.2.1 /"]);
  assert.match(log.lines.join("|"), /^error grpc-handler-error err=Error: a defect\n[^|]*$/);
  client.close();
  await over;
});

Deno.test("a defect of ours is logged with its stack, at most every 10 s, and costs one request", async () => {
  const broken: H2Handler = () => Promise.reject(new Error("a defect"));
  const { visit, log, clock } = setUp({ handlers: { http1: broken, http2: broken } });
  for (let i = 0; i < 3; i++) {
    const { client, over } = visit();
    await client.say(get);
    assert.match(await client.text(), /^HTTP\/1\.1 500 /);
    client.close();
    await over;
  }
  await clock.advanceAsync(10_000);
  const { client, over } = visit();
  await client.say(get);
  await client.text();
  client.close();
  await over;
  const records = log.records.map((
    { level, msg, attributes },
  ) => [level, msg, attributes.suppressed]);
  assert.deepEqual(records, [
    ["error", "grpc-handler-error", undefined],
    ["error", "grpc-handler-error", 2],
  ]);
  assert.match(String(log.records[0]?.attributes.err), /^Error: a defect\n +at /);
});

Deno.test("a connection that throws what none should is logged, and closed", async () => {
  const { connections, log, told } = setUp();
  let closed = 0;
  await connections.serve({
    read: () => {
      throw new Error("out of turn");
    },
    write: () => Promise.resolve(0),
    close: () => void closed++,
  }, "192.0.2.1");
  assert.deepEqual([closed, told, connections.size], [1, ["opened", "closed"], 0]);
  assert.match(log.lines.join("|"), /^error grpc-handler-error err=Error: out of turn\n[^|]*$/);
});
