/** The way from a socket to a client, by a transport that a test holds the other end of. */

import assert from "node:assert/strict";
import { connectApi } from "../../lib/vppclient/connect.ts";
import { maxUnsent, type Transport } from "../../lib/vppclient/transport.ts";
import { nameCrc } from "../../lib/binapi/mod.ts";
import { allMessages, cliInband, controlPing, lbAsSetWeight, lbConf } from "../../lib/gen/vpp.ts";
import { ip } from "../support/ip.ts";
import { framed, idOf, Setup, turns, welcome } from "./support/line.ts";

Deno.test("the greeting is written whole, in pieces if need be, and told like any message", async () => {
  const setup = new Setup();
  setup.line.most = 7;
  const opening = setup.open();
  setup.line.say(welcome());
  const client = await opening;
  const { written } = setup.line;
  assert.deepEqual(written.slice(0, 26), [
    ...[0, 0, 0, 0, 0, 0, 0, 0],
    ...[0, 0, 0, 70, 0, 0, 0, 0],
    ...[0, 15, 0, 0, 0, 1],
    ...new TextEncoder().encode("vpp-"),
  ]);
  assert.equal(written.length, 16 + 2 + 4 + 64);
  assert.deepEqual(setup.seen, [
    "sockclnt_create send success",
    "sockclnt_create_reply recv success",
  ]);
  assert.deepEqual(setup.log.named("vpp-api-send"), [{
    message: "sockclnt_create",
    name: "vpp-maglev",
  }]);
  assert.deepEqual(setup.log.named("vpp-api-recv"), [{
    message: "sockclnt_create_reply",
    ...{ response: 0, index: 0x80000007, count: allMessages.length },
  }]);
  assert.equal(setup.clock.pending, 0, "the deadline is over");
  client.abandon(new Error("enough"));
});

Deno.test("a handshake that VPP refuses, or answers with something else, is an error", async () => {
  const refused = new Setup();
  const opening = refused.open();
  refused.line.say(welcome(-1));
  await assert.rejects(opening, {
    name: "RetvalError",
    message: "VPP refused sockclnt_create: -1 (UNSPECIFIED)",
  });
  assert.deepEqual(refused.seen[1], "sockclnt_create_reply recv failure");
  const odd = new Setup();
  const other = odd.open();
  odd.line.say(welcome(0, 17));
  await assert.rejects(other, {
    name: "ConnectionError",
    message: "VPP answered the handshake with message 17",
  });
  for (const { line, clock } of [refused, odd]) {
    assert.deepEqual([line.closed > 0, clock.pending], [true, 0]);
  }
});

Deno.test("with a signal aborted before nothing is connected to", async () => {
  const { context } = new Setup();
  let attempts = 0;
  const connect = () => {
    attempts++;
    return new Promise<never>(() => {});
  };
  const stopped = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(connectApi("api.sock", context, stopped, connect), /stopped/);
  assert.equal(attempts, 0);
});

Deno.test("a connection that comes too late is closed", async () => {
  const { context, line, clock } = new Setup();
  const late = Promise.withResolvers<Transport>();
  const opening = connectApi("api.sock", context, undefined, () => late.promise);
  const failure = assert.rejects(opening, {
    name: "TimeoutError",
    message: "VPP did not answer sockclnt_create within 5000 ms",
  });
  clock.advance(5_000);
  await failure;
  late.resolve(line);
  await turns();
  assert.equal(line.closed, 1);
});

Deno.test("that connecting was given up is the reason, whatever the socket says of it", async () => {
  const { context } = new Setup();
  const controller = new AbortController();
  const opening = connectApi("api.sock", context, controller.signal, () => {
    controller.abort(new Error("maglevd is stopping"));
    return Promise.reject(new Error("interrupted"));
  });
  await assert.rejects(opening, { message: "maglevd is stopping" });
});

Deno.test("a connected client has let go of the signal that could have ended its handshake", async () => {
  const setup = new Setup();
  const controller = new AbortController();
  const opening = setup.open(controller.signal);
  setup.line.say(welcome());
  const client = await opening;
  controller.abort(new Error("too late"));
  await turns();
  assert.equal(setup.line.closed, 0);
  client.abandon(new Error("enough"));
  assert.equal(setup.line.closed, 1);
});

Deno.test("what VPP does not read is refused from 8 MiB on", async () => {
  const setup = new Setup();
  const client = await setup.client();
  setup.line.most = 0;
  const lost: Promise<unknown>[] = [];
  const send = (cmd: string) => {
    const asking = client.request(cliInband, { cmd });
    lost.push(asking.catch(() => {}));
    return asking;
  };
  send("on its way for ever");
  await turns();
  // The frame, id, client index, context and length take 30 bytes.
  send("x".repeat(maxUnsent - 30));
  send("the last one");
  await assert.rejects(send("one too many"), {
    name: "ConnectionError",
    message: "VPP does not read: 8388608 bytes wait to be sent",
  });
  client.abandon(new Error("enough"));
  await Promise.all(lost);
});

const server = {
  pfx: { address: ip("192.0.2.1"), len: 32 },
  ...{ protocol: 6, port: 80, as_address: ip("10.0.0.1"), is_flush: false },
};

Deno.test("of a request that cannot be sent nothing is left", async () => {
  const setup = new Setup();
  const client = await setup.client();
  await assert.rejects(client.request(lbAsSetWeight, { ...server, weight: 101 }));
  const conf = {
    ...{ ip4_src_address: ip("fd00::1"), ip6_src_address: ip("fd00::1") },
    ...{ sticky_buckets_per_core: 1, flow_timeout: 1 },
  };
  await assert.rejects(client.request(lbConf, conf), {
    name: "EncodeError",
    message: "lb_conf.ip4_src_address: fd00::1 is not IPv4",
  });
  await turns();
  assert.equal(client.inFlight, 0);
  assert.deepEqual([setup.line.written, setup.seen], [[], []]);
  assert.equal(setup.clock.pending, 1, "the look at what is overdue, once");
  client.abandon(new Error("enough"));
  assert.equal(setup.clock.pending, 0);
});

Deno.test("what fits no request is told with what is known of it", async () => {
  const setup = new Setup();
  const client = await setup.client();
  const { line, log } = setup;
  const message = (id: number, ...rest: number[]) =>
    line.say(framed(Uint8Array.of(id >> 8, id & 255, ...rest)));
  message(9_999, 1, 2, 3);
  await turns();
  assert.deepEqual(log.named("vpp-api-unexpected"), [{ id: 9_999, message: "", bytes: 5 }]);
  // Too short for a context, then as short as can be.
  message(idOf("control_ping_reply"), 0, 0, 0);
  await turns();
  assert.equal(log.named("vpp-api-unexpected").length, 2);
  assert.deepEqual(log.named("vpp-api-orphan"), []);
  message(idOf("control_ping_reply"), 0, 0, 0, 77);
  await turns();
  assert.equal(log.named("vpp-api-unexpected").length, 2);
  assert.deepEqual(log.named("vpp-api-orphan"), [{ message: "control_ping_reply", context: 77 }]);
  client.abandon(new Error("enough"));
});

Deno.test("an unexpected message is told by VPP's name for it", async () => {
  const setup = new Setup();
  const client = await setup.client();
  // A request, which VPP never sends.
  setup.line.say(framed(Uint8Array.of(0, idOf("control_ping"), 0, 0, 0, 1, 0, 0, 0, 1)));
  await turns();
  assert.deepEqual(setup.log.named("vpp-api-unexpected"), [{
    ...{ id: idOf("control_ping"), message: nameCrc(controlPing.request), bytes: 10 },
  }]);
  client.abandon(new Error("enough"));
});

Deno.test("a good-bye is waited for a second at most", async () => {
  const setup = new Setup();
  const client = await setup.client();
  let isClosed = false;
  const closing = client.close().then(() => isClosed = true);
  await setup.clock.advanceAsync(999);
  assert.deepEqual([isClosed, setup.line.closed], [false, 0]);
  assert.equal(setup.line.written[17], idOf("sockclnt_delete"));
  await assert.rejects(client.request(controlPing, {}), /the connection to VPP is closed/);
  await setup.clock.advanceAsync(1);
  await closing;
  assert.deepEqual([isClosed, setup.line.closed, setup.clock.pending], [true, 1, 0]);
  assert.deepEqual(setup.seen, [
    "sockclnt_delete send success",
    "sockclnt_delete_reply recv failure",
  ]);
});

Deno.test("orphans that come after the good-bye are not told", async () => {
  const setup = new Setup();
  const client = await setup.client();
  const closing = client.close();
  setup.line.say(framed(Uint8Array.of(0, idOf("control_ping_reply"), 0, 0, 0, 77)));
  await turns();
  assert.deepEqual(setup.log.named("vpp-api-orphan"), []);
  setup.line.say(new Uint8Array());
  await closing;
  assert.equal(await client.ended, undefined);
});

Deno.test("an abandoned client rejects what waits with the reason, and reads nothing more", async () => {
  const setup = new Setup();
  const client = await setup.client();
  const asking = client.request(controlPing, {});
  const reason = new Error("VPP hangs");
  client.abandon(reason);
  client.abandon(new Error("again"));
  await assert.rejects(asking, reason);
  assert.equal(await client.ended, reason);
  assert.deepEqual([setup.line.closed, setup.clock.pending, client.inFlight], [1, 0, 0]);
  await client.close();
  assert.equal(setup.line.closed, 1, "there is nothing left to close");
});
