import assert from "node:assert/strict";
import { Budgets } from "../../lib/port/budget.ts";
import { Client } from "../../lib/port/caller.ts";
import { PeerShares } from "../../lib/port/peer_shares.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { type ClientOptions, serverIdentity, TlsClient } from "../support/certificates.ts";
import { get, setUp, told } from "./support/connections_bed.ts";
import { FakeLog } from "./support/fake_log.ts";
import { sharesOf } from "./support/peer_shares_of.ts";

Deno.test("TLS tells the protocol, or leaves it to the client", async () => {
  const { asked, visit, log } = setUp();
  const identity = await serverIdentity();
  const h2 = visit(identity);
  const speaker = new TlsClient(h2.client, { alpn: ["h2"] });
  assert.notEqual(await speaker.text(), "(end)");
  speaker.conn.close();
  await h2.over;
  for (const options of [{ alpn: ["http/1.1"] }, {}]) {
    const h1 = visit(identity);
    const client = new TlsClient(h1.client, options);
    await client.secured();
    await client.say(get);
    assert.match(await client.text(), /^HTTP\/1\.1 204 /);
    client.conn.close();
    await h1.over;
  }
  assert.deepEqual(asked, ["h1 https 192.0.2.1 /", "h1 https 192.0.2.1 /"]);
  assert.deepEqual(log.lines, []);
});

Deno.test("a handshake that fails is said, and ends the connection", async () => {
  const { visit, log, told } = setUp();
  const { client, over, conn } = visit(await serverIdentity());
  client.close();
  await over;
  assert.equal(conn.closed, true);
  assert.deepEqual(log.lines, [
    "warn grpc-handshake-failed peer=192.0.2.1 err=the client has left in the midst of the " +
    "handshake",
  ]);
  assert.deepEqual(told, ["opened", "closed"]);
});

Deno.test("who asks by HTTP where there is TLS is told so", async () => {
  const { visit } = setUp();
  const { client, over } = visit(await serverIdentity());
  await client.say(get);
  const answer = await told(client, "}");
  assert.match(answer, /^HTTP\/1\.1 400 .*\r\ncontent-type: application\/json\r\n/);
  const [, length, body] = /content-length: (\d+)\r\n.*\r\n\r\n([^]*)/.exec(answer) ?? [];
  assert.equal(Number(length), body?.length);
  assert.deepEqual(JSON.parse(body ?? ""), {
    code: "failed_precondition",
    message: "this port speaks TLS: ask it by https, or by maglevc --tls",
  });
  await over;
  client.close();
});

Deno.test("requests know the certificate of their connection", async () => {
  const seen: unknown[] = [];
  const { visit } = setUp({
    handlers: {
      http1: ({ connection }) => {
        seen.push(connection instanceof Client && connection.credentials);
        return Promise.resolve({ status: 204, headers: [] });
      },
      http2: () => Promise.reject(new Error("nobody speaks it")),
    },
  });
  const identity = await serverIdentity(true);
  for (const as of ["alice", "mallory", undefined] as const) {
    const options: ClientOptions = as ? { as } : {};
    const { client, over } = visit(identity);
    const speaker = new TlsClient(client, options);
    await speaker.secured();
    await speaker.say(get);
    assert.match(await speaker.text(), /^HTTP\/1\.1 204 /);
    speaker.conn.close();
    await over;
  }
  const alice = { kind: "certificate", subject: "CN=alice,O=Example" };
  const names = ["email:alice@example.net", "DNS:alice.example.net"];
  const problem = "is not a client's by an authority of --tls-client-ca";
  assert.deepEqual(seen, [
    { ...alice, names, problem: undefined },
    { ...alice, names, problem },
    undefined,
  ]);
});

Deno.test("only so many shake hands at a time, the newest of who has most gives way", async () => {
  const budgets = new Budgets(new FakeLog(), new FakeClock());
  const handshakes = new PeerShares(
    budgets.open({ name: "test", unit: "handshakes", limit: 3, reason: "so many" }),
    { perPrefix: 3, reserved: 0 },
  );
  const { visit, told, connections } = setUp({ handshakes });
  const identity = await serverIdentity();
  const [one, two, three] = [visit(identity), visit(identity), visit(identity)];
  const fourth = visit(identity);
  await fourth.over;
  assert.deepEqual([told.at(-1), handshakes.budget.refused, connections.size], ["refused", 1, 3]);
  const other = visit(identity, "198.51.100.1");
  await three.over;
  assert.deepEqual([handshakes.budget.used, one.conn.closed, three.conn.closed], [3, false, true]);
  const client = new TlsClient(other.client, {});
  await client.secured();
  await client.say(get);
  assert.match(await client.text(), /^HTTP\/1\.1 204 /);
  // It is over, and counts no more, while the connection goes on.
  assert.deepEqual([handshakes.budget.used, connections.size], [2, 3]);
  client.conn.close();
  for (const { client } of [one, two]) client.close();
  await Promise.all([one.over, two.over, other.over]);
  assert.equal(handshakes.budget.used, 0);
});

Deno.test("a connection that gets no slot holds no handshake", async () => {
  const limits = sharesOf({ total: 0, perPrefix: 1, reserved: 0 });
  const handshakes = sharesOf({ total: 1, perPrefix: 1, reserved: 0 });
  const { visit } = setUp({ connections: limits, handshakes });
  const { over } = visit(await serverIdentity());
  await over;
  assert.deepEqual([limits.budget.refused, handshakes.budget.used], [1, 0]);
});
