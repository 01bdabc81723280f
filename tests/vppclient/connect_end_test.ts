import assert from "node:assert/strict";
import { connectApi } from "../../lib/vppclient/connect.ts";
import { controlPing } from "../../lib/gen/vpp.ts";
import { framed, idOf, Line, Setup, turns, welcome } from "./support/line.ts";
import { ScriptedVpp } from "./support/scripted_vpp.ts";

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

Deno.test("a handshake without an answer ends after its deadline", async () => {
  const { clock, context } = new Setup();
  await using vpp = await ScriptedVpp.start({ greeted: () => clock.advance(5_000) });
  await assert.rejects(connectApi(vpp.path, context), {
    message: "VPP did not answer sockclnt_create within 5000 ms",
  });
  assert.equal(clock.pending, 0);
});

Deno.test("a handshake can be aborted, and ends with the peer", async () => {
  const controller = new AbortController();
  await using vpp = await ScriptedVpp.start({ greeted: () => controller.abort(new Error("stop")) });
  await assert.rejects(connectApi(vpp.path, new Setup().context, controller.signal), /stop/);
  await using rude = await ScriptedVpp.start({ greeted: (peer) => peer.close() });
  await assert.rejects(
    connectApi(rude.path, new Setup().context),
    /VPP closed the connection in the handshake/,
  );
});

Deno.test("no socket is an error that names the path", async () => {
  await assert.rejects(
    connectApi("/nonexistent/api.sock", new Setup().context),
    /^ConnectionError: cannot connect to VPP at \/nonexistent\/api.sock: No such file/,
  );
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
  assert.deepEqual(setup.log.named("vpp-api-orphan"), []);
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
