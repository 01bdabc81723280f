import assert from "node:assert/strict";
import type { H2Handler } from "../../lib/h2/mod.ts";
import type { FakeClock } from "../../lib/time/mod.ts";
import { sharesOf } from "./support/peer_shares_of.ts";
import { emptySettings, get, hasGoaway, preface, setUp, told } from "./support/connections_bed.ts";

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
