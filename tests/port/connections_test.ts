import assert from "node:assert/strict";
import type { H2Handler } from "../../lib/h2/mod.ts";
import { serverIdentity } from "../support/certificates.ts";
import { MemoryConn } from "../support/memory_conn.ts";
import { uncounted } from "./support/listening.ts";
import { sharesOf } from "./support/peer_shares_of.ts";
import { emptySettings, get, hasGoaway, preface, setUp } from "./support/connections_bed.ts";

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

Deno.test("a client that does not say in time what it speaks is let go", async () => {
  const { visit, clock } = setUp();
  const silent = visit();
  const dribbling = visit();
  await dribbling.client.say("PRI * HT");
  const shaking = visit(await serverIdentity());
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
