import assert from "node:assert/strict";
import type { H2Handler } from "../../lib/h2/mod.ts";
import { Connections } from "../../lib/rpc/connections.ts";
import type { AcceptedConn, ConnectionOptions } from "../../lib/rpc/connections.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { MemoryConn } from "../support/memory_conn.ts";
import { Budgets } from "../../lib/rpc/budget/mod.ts";
import { PeerShares } from "../../lib/rpc/peer_shares.ts";
import { FakeLog } from "./fake_log.ts";
import { uncounted } from "./listening.ts";
import { sharesOf } from "./peer_shares_of.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const emptySettings = "\0\0\0\x04\0\0\0\0\0";
const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/** Connections whose handlers say how they were asked. */
function setUp(options: Partial<ConnectionOptions> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const budgets = new Budgets(log, clock);
  const open = (unit: string, limit: number) =>
    budgets.open({ name: `test-${unit}`, unit, limit, reason: "so many" });
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
      displaced: () => void told.push("displaced"),
      failed: () => void told.push("failed"),
    },
    handlers: { http1: handler("h1"), http2: handler("h2") },
    connections: new PeerShares(open("connections", 10), { perPrefix: 10, reserved: 0 }),
    requests: new PeerShares(open("requests", 10), { perPrefix: 10, reserved: 0 }),
    leaving: 2,
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

Deno.test("refused connections are closed, and counted with who they are", async () => {
  const limits = sharesOf({ total: 0, perPrefix: 1, reserved: 0 });
  const { connections, told } = setUp({ connections: limits });
  let closed = 0;
  const knock = (peer: string) =>
    connections.serve({
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(0),
      close: () => void closed++,
    }, peer);
  for (const peer of ["192.0.2.1", "192.0.2.2"]) await knock(peer);
  assert.deepEqual([closed, limits.budget.refused], [2, 2]);
  assert.deepEqual(told, ["refused", "refused"]);
  await connections.shutdown(0);
  await knock("192.0.2.5");
  assert.deepEqual([closed, told.length], [3, 2]);
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
  let isOver = false;
  const ended = connections.shutdown(1000).then(() => isOver = true);
  await Promise.all([silent.over, idle.over]);
  assert.deepEqual([short.conn.closed, long.conn.closed], [false, false]);
  gate.resolve();
  assert.match(await short.client.text(), /^HTTP\/1\.1 204 [^]*\r\nconnection: close\r\n/);
  await short.client.closeWrite();
  await short.over;
  await clock.advanceAsync(999);
  assert.deepEqual([long.conn.closed, aborted, isOver], [false, false, false]);
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
  assert.match(log.lines.join("|"), /^warn grpc-handler-error err=Error: a defect\n[^|]*$/);
  client.close();
  await over;
});

Deno.test("a defect of ours is logged with its stack, and costs one request", async () => {
  const broken: H2Handler = () => Promise.reject(new Error("a defect"));
  const { visit, log } = setUp({ handlers: { http1: broken, http2: broken } });
  const { client, over } = visit();
  await client.say(get);
  assert.match(await client.text(), /^HTTP\/1\.1 500 /);
  client.close();
  await over;
  const records = log.records.map(({ level, msg }) => [level, msg]);
  assert.deepEqual(records, [["warn", "grpc-handler-error"]]);
  assert.match(String(log.records[0]?.attributes.err), /^Error: a defect\n +at /);
});

Deno.test("a defect is logged, whatever is thrown", async () => {
  const stackless = Object.assign(new Error("no stack"), { stack: undefined });
  for (const [thrown, err] of [["a text", "a text"], [stackless, "no stack"]]) {
    const broken: H2Handler = () => Promise.reject(thrown);
    const { visit, log } = setUp({ handlers: { http1: broken, http2: broken } });
    const { client, over } = visit();
    await client.say(get);
    assert.match(await client.text(), /^HTTP\/1\.1 500 /);
    client.close();
    await over;
    assert.deepEqual(log.lines, [`warn grpc-handler-error err=${err}`]);
  }
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
  assert.match(log.lines.join("|"), /^warn grpc-handler-error err=Error: out of turn\n[^|]*$/);
});

Deno.test("what many say at once waits for later turns, strangers apart from this machine", async () => {
  const delayed: string[] = [];
  const roomy = sharesOf({ total: 100, perPrefix: 100, reserved: 0 });
  const { connections } = setUp({
    connections: roomy,
    observer: { ...uncounted, delayed: (clients) => void delayed.push(clients) },
  });
  const say = async (peer: string, count: number) => {
    const visits = Array.from({ length: count }, () => {
      const [client, conn] = MemoryConn.pair();
      return { client, over: connections.serve(conn, peer) };
    });
    await Promise.all(visits.map(({ client }) => client.say("P")));
    return visits;
  };
  const visits = [...await say("192.0.2.1", 40), ...await say("127.0.0.1", 20)];
  for (const { client } of visits) client.close();
  await Promise.all(visits.map(({ over }) => over));
  assert.deepEqual(new Set(delayed), new Set(["strangers"]));
  assert.equal(delayed.length, 8, "32 are a turn");
});

/** What a connection says up to where `end` is seen. */
async function told(client: MemoryConn, end: string): Promise<string> {
  let text = "";
  while (!text.includes(end)) text += await client.text();
  return text;
}

/** Fake time in which promises have their say, as often as a session needs it. */
async function settle(clock: FakeClock): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await clock.advanceAsync(0);
}

Deno.test("an idle connection gives way: HTTP/2 with GOAWAY, HTTP/1.1 by its end", async () => {
  const slots = sharesOf({ total: 3, perPrefix: 3, reserved: 0 });
  const { connections, visit, clock, log, told } = setUp({ connections: slots });
  const h2 = visit();
  await h2.client.say(preface + emptySettings);
  await h2.client.text();
  const h1 = visit();
  await h1.client.say(get);
  await h1.client.text();
  await settle(clock);
  const silent = visit();
  const newcomers = [visit()];
  const goodbye = await h2.client.text();
  assert.ok(hasGoaway(goodbye), "the longest idle one is the first");
  assert.equal(h2.conn.closed, false, "it has a moment");
  assert.deepEqual([slots.budget.used, connections.size], [3, 4]);
  newcomers.push(visit());
  await h1.over;
  newcomers.push(visit());
  await silent.over;
  assert.equal(slots.budget.used, 3);
  assert.deepEqual(
    log.lines,
    Array(3).fill(
      "info grpc-connection-displaced peer=192.0.2.1 for=192.0.2.1/32",
    ),
  );
  assert.equal(told.filter((each) => each === "displaced").length, 3);
  assert.equal(h2.conn.closed, false, "those that have left need no descriptor");
  h2.client.close();
  await h2.over;
  for (const { client } of newcomers) client.close();
  await Promise.all(newcomers.map(({ over }) => over));
  assert.deepEqual([connections.size, slots.budget.used], [0, 0]);
});

Deno.test("who has to leave and does not is cut off when others have to leave as well", async () => {
  const slots = sharesOf({ total: 1, perPrefix: 1, reserved: 0 });
  const { connections, visit, clock } = setUp({ connections: slots, leaving: 2 });
  const guests = [];
  for (let i = 0; i < 4; i++) {
    const guest = visit();
    guests.push(guest);
    await guest.client.say(preface + emptySettings);
    await guest.client.text();
    await settle(clock);
  }
  assert.deepEqual(guests.map(({ conn }) => conn.closed), [true, false, false, false]);
  assert.equal(connections.size, 3);
  // A second to leave, and one in which its last words arrive (lib/h2).
  await clock.advanceAsync(1999);
  assert.deepEqual(guests.map(({ conn }) => conn.closed), [true, false, false, false]);
  await clock.advanceAsync(1);
  assert.deepEqual(guests.map(({ conn }) => conn.closed), [true, true, true, false]);
  for (const { client, conn } of guests) if (!conn.closed) client.close();
  await Promise.all(guests.map(({ over }) => over));
});

Deno.test("a connection is busy until its answer has gone and its handler is done", async () => {
  const slots = sharesOf({ total: 1, perPrefix: 1, reserved: 0 });
  const gate = Promise.withResolvers<void>();
  const slow: H2Handler = async () => {
    await gate.promise;
    return { status: 204, headers: [] };
  };
  const { visit, clock } = setUp({ connections: slots, handlers: { http1: slow, http2: slow } });
  const asking = visit();
  await asking.client.say(get);
  await settle(clock);
  const refused = visit();
  await refused.over;
  assert.deepEqual([refused.conn.closed, slots.budget.refused], [true, 1]);
  gate.resolve();
  await asking.client.text();
  await settle(clock);
  const admitted = visit();
  await asking.over;
  assert.equal(admitted.conn.closed, false);
  admitted.client.close();
  await admitted.over;
});

Deno.test("one request too many is refused in the words of its protocol, the connection goes on", async () => {
  const requests = sharesOf({ total: 1, perPrefix: 1, reserved: 0 });
  const gate = Promise.withResolvers<void>();
  const slow: H2Handler = async ({ path }) => {
    if (path === "/slow") await gate.promise;
    return { status: 204, headers: [] };
  };
  const { visit, clock } = setUp({ requests, handlers: { http1: slow, http2: slow } });
  const first = visit();
  await first.client.say(get.replace("/", "/slow"));
  await settle(clock);
  const second = visit();
  const reason = "the limit of 1 connections of 192.0.2.1/32 is reached";
  await second.client.say(get);
  assert.match(
    await told(second.client, "\r\n0\r\n\r\n"),
    new RegExp(`^HTTP/1.1 429 [^]*${reason}`),
  );
  await second.client.say(get.replace("host", "content-type: application/json\r\nhost"));
  const json = JSON.stringify({ code: "resource_exhausted", message: reason });
  assert.ok((await told(second.client, "\r\n0\r\n\r\n")).includes(json));
  assert.deepEqual([requests.budget.used, requests.budget.refused], [1, 2]);
  gate.resolve();
  assert.match(await first.client.text(), /^HTTP\/1\.1 204 /);
  await settle(clock);
  assert.equal(requests.budget.used, 0);
  await second.client.say(get);
  assert.match(await second.client.text(), /^HTTP\/1\.1 204 /);
  for (const { client, over } of [first, second]) {
    client.close();
    await over;
  }
});
