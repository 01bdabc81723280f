/** The way from a socket to a client, by a transport that a test holds the other end of. */

import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { type ApiClient, type ClientContext, connectApi } from "../../lib/vpp/client/mod.ts";
import type { Transport } from "../../lib/vpp/client/transport.ts";
import { maxUnsent } from "../../lib/vpp/client/outbox.ts";
import { encodeMessage, nameCrc, WireWriter } from "../../lib/vpp/codec/mod.ts";
import {
  allMessages,
  cliInband,
  controlPing,
  lbAsSetWeight,
  lbConf,
  sockclntCreateReply,
} from "../../lib/vpp/messages/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { ip } from "../support/ip.ts";

/** The ids of messages: their places in this list, and 100. */
const idOf = (name: string) => 100 + allMessages.findIndex((message) => message.name === name);

/** VPP's end of a connection, in a test's hands. */
class Line implements Transport {
  /** All that was written. */
  readonly written: number[] = [];
  closed = 0;
  /** Bytes that one write takes at most; 0 takes none, ever. */
  most = Infinity;
  #arrived: Uint8Array[] = [];
  #wake = Promise.withResolvers<void>();

  /** Lets bytes arrive; none is the end. */
  say(bytes: Uint8Array): void {
    this.#arrived.push(bytes);
    this.#wake.resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#arrived.length === 0) await this.#wake.promise;
    this.#wake = Promise.withResolvers();
    if (this.closed > 0) throw new Error("read after close");
    const bytes = this.#arrived.shift() ?? new Uint8Array();
    into.set(bytes);
    return bytes.length === 0 ? null : bytes.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.most === 0) return await new Promise(() => {});
    const piece = bytes.subarray(0, Math.min(bytes.length, this.most));
    this.written.push(...piece);
    return await Promise.resolve(piece.length);
  }

  close(): void {
    if (++this.closed > 1) throw new Deno.errors.BadResource("closed already");
    this.#wake.resolve();
  }
}

/** A frame with this message in it. */
function framed(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(16 + body.length);
  new DataView(frame.buffer).setUint32(8, body.length);
  frame.set(body, 16);
  return frame;
}

/** The reply to the handshake. */
function welcome(response = 0, id = 16): Uint8Array {
  const table = allMessages.map((message, i) => ({ index: 100 + i, name: nameCrc(message) }));
  const writer = new WireWriter();
  const header = { id, clientIndex: 0, context: 1 };
  encodeMessage(writer, sockclntCreateReply, header, {
    ...{ response, index: 0x80000007, count: table.length },
    message_table: table,
  });
  return framed(writer.written().slice());
}

/** What tests look at. */
class Setup {
  readonly clock = new FakeClock();
  readonly line = new Line();
  readonly log = new RecordedLog("debug");
  readonly seen: string[] = [];
  readonly context: ClientContext = {
    ...{ log: this.log, clock: this.clock, deadlineMs: 5_000 },
    observer: { apiMessage: (...args) => void this.seen.push(args.join(" ")) },
  };

  open(signal?: AbortSignal): Promise<ApiClient> {
    return connectApi("api.sock", this.context, signal, () => Promise.resolve(this.line));
  }

  /** A client after its handshake, of which nothing is kept here. */
  async client(): Promise<ApiClient> {
    const opening = this.open();
    this.line.say(welcome());
    const client = await opening;
    this.line.written.length = 0;
    this.seen.length = 0;
    this.log.records.length = 0;
    return client;
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

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
  assert.deepEqual(setup.line.written, []);
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
  assert.deepEqual(client.oddities, { unknown: 2, orphans: 0 });
  message(idOf("control_ping_reply"), 0, 0, 0, 77);
  await turns();
  assert.deepEqual(client.oddities, { unknown: 2, orphans: 1 });
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

Deno.test("orphans that come after the good-bye are counted, and not told", async () => {
  const setup = new Setup();
  const client = await setup.client();
  const closing = client.close();
  setup.line.say(framed(Uint8Array.of(0, idOf("control_ping_reply"), 0, 0, 0, 77)));
  await turns();
  assert.equal(client.oddities.orphans, 1);
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

/** A line whose reading, but for the first so many times, ends when a test says so. */
class SlowLine extends Line {
  readonly #end = Promise.withResolvers<number | null>();

  constructor(private quickReads: number) {
    super();
  }

  override read(into: Uint8Array): Promise<number | null> {
    return this.quickReads-- > 0 ? super.read(into) : this.#end.promise;
  }

  release(): void {
    this.#end.resolve(null);
  }
}

/** Whether the work has ended by now. */
async function hasEnded(work: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  const done = () => void (isOver = true);
  work.then(done, done);
  await turns();
  return isOver;
}

Deno.test("a client is closed when nothing of it reads any more", async () => {
  const { context } = new Setup();
  const line = new SlowLine(1);
  const opening = connectApi("api.sock", context, undefined, () => Promise.resolve(line));
  line.say(welcome());
  const client = await opening;
  client.abandon(new Error("VPP hangs"));
  const closing = client.close();
  assert.equal(await hasEnded(closing), false);
  line.release();
  await closing;
});

Deno.test("a handshake is given up after its deadline, with all that is left of it", async () => {
  const { context, clock } = new Setup();
  const line = new SlowLine(0);
  const opening = connectApi("api.sock", context, undefined, () => Promise.resolve(line));
  await turns();
  clock.advance(5_000);
  assert.equal(await hasEnded(opening), false, "it still reads");
  assert.ok(line.closed > 0);
  line.release();
  await assert.rejects(opening, { name: "TimeoutError" });
});

Deno.test("a handshake that is given up has the reason of whoever gave it up", async () => {
  const { context } = new Setup();
  const line = new Line();
  const controller = new AbortController();
  const opening = connectApi(
    "api.sock",
    context,
    controller.signal,
    () => Promise.resolve(line),
  );
  await turns();
  controller.abort(new Error("maglevd is stopping"));
  await assert.rejects(opening, { message: "maglevd is stopping" });
  assert.ok(line.closed > 0);
});

Deno.test("a connection that breaks in the handshake or later is told as one", async () => {
  const { context, log } = new Setup();
  const broken = "the connection to VPP broke: Broken pipe (os error 32)";
  const pipe = () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"));
  for (const broke of [{ read: pipe }, { write: pipe }]) {
    const line = Object.assign(new Line(), broke);
    const opening = connectApi("api.sock", context, undefined, () => Promise.resolve(line));
    await assert.rejects(opening, { name: "ConnectionError", message: broken });
  }
  assert.equal(log.named("vpp-api-send").length, 2, "what could not be written is told as well");
  const setup = new Setup();
  const client = await setup.client();
  setup.line.write = pipe;
  await assert.rejects(client.request(controlPing, {}), { message: broken });
  assert.equal((await client.ended)?.message, broken);
});

Deno.test("a handshake that cannot be read is told as what VPP sent", async () => {
  const setup = new Setup();
  const opening = setup.open();
  setup.line.say(framed(Uint8Array.of(0, 16, 0, 0)));
  await assert.rejects(opening, {
    name: "ConnectionError",
    message: "VPP sent what cannot be read: sockclnt_create_reply: " +
      "4 bytes are wanted at offset 2, only 2 are there",
  });
});

Deno.test("a connected client does not listen any more to who could have ended its handshake", async () => {
  const { context, line } = new Setup();
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (
    listeners--, remove(...args)
  );
  const opening = connectApi("api.sock", context, signal, () => Promise.resolve(line));
  assert.equal(listeners, 1);
  line.say(welcome());
  const client = await opening;
  assert.equal(listeners, 0);
  client.abandon(new Error("enough"));
});

Deno.test("what is asked for right before the end is not sent any more", async () => {
  const setup = new Setup();
  const client = await setup.client();
  const asking = client.request(controlPing, {});
  client.abandon(new Error("enough"));
  await assert.rejects(asking, /enough/);
  await turns();
  assert.deepEqual(setup.line.written, []);
});

/** The reply to a ping. */
function pong(context: number): Uint8Array {
  const id = idOf("control_ping_reply");
  const head = Uint8Array.of(id >> 8, id & 255, 0, 0, 0, context);
  return framed(Uint8Array.from([...head, ...Array(12).fill(0)]));
}

Deno.test("what came with the message that ended a connection is not looked at", async () => {
  const setup = new Setup();
  const client = await setup.client();
  const asking = client.request(controlPing, {});
  setup.seen.push = (...what) => {
    client.abandon(new Error("enough"));
    return what.length;
  };
  setup.line.say(Uint8Array.from([...pong(1), ...pong(77)]));
  await assert.rejects(asking, /enough/);
  await turns();
  assert.deepEqual(client.oddities, { unknown: 0, orphans: 0 });
});

Deno.test("many messages that come at once leave others their turn", async () => {
  const setup = new Setup();
  let turnsGiven = 0;
  setup.clock.turn = { isOver: true, next: () => Promise.resolve(void turnsGiven++) };
  const client = await setup.client();
  const before = turnsGiven;
  const asking = [1, 2, 3].map(() => client.request(controlPing, {}));
  setup.line.say(Uint8Array.from([1, 2, 3].flatMap((context) => [...pong(context)])));
  await Promise.all(asking);
  await turns();
  assert.equal(turnsGiven - before, 3);
  client.abandon(new Error("enough"));
});

Deno.test("messages are not taken apart for a log that does not want them", async () => {
  const setup = new Setup();
  const client = await setup.client();
  setup.log.enabled = () => false;
  setup.log.debug = () => assert.fail("it is not wanted");
  const asking = client.request(controlPing, {});
  setup.line.say(pong(1));
  await asking;
  client.abandon(new Error("enough"));
});
