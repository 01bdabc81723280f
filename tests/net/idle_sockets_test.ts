import assert from "node:assert/strict";
import { NetnsSockets } from "../../lib/net/mod.ts";
import { ip } from "../support/ip.ts";
import { descriptorsOf, openDescriptors } from "./support/descriptors.ts";
import { Stage, untold } from "./support/tcp_stage.ts";

Deno.test("no more are kept than may be", async () => {
  await using stage = new Stage({ idleSockets: 2 });
  stage.use(4);
  assert.equal(stage.idle, 2);
  await using none = new Stage({ idleSockets: 0 });
  none.use(4);
  assert.equal(none.idle, 0);
  // 42 descriptors leave two for probes, and none for later.
  await using few = new Stage({ descriptorLimit: 42 });
  few.use(2);
  assert.equal(few.idle, 0);
});

Deno.test("what is idle makes room for what is needed", async () => {
  await using stage = new Stage({ descriptorLimit: 42, idleSockets: 2 });
  const before = openDescriptors();
  stage.use(2);
  assert.equal(stage.idle, 2);
  const [fd] = descriptorsOf(() => stage.connect({ source: ip("127.0.0.9") }));
  // The number of one that was closed for it.
  assert.equal(fd, undefined);
  assert.equal(stage.idle, 1);
  assert.equal(openDescriptors(), before + 2);
});

Deno.test("who is idle takes nothing from those who are not, and has what they leave", async () => {
  // 46 descriptors leave five for probes.
  await using stage = new Stage({ descriptorLimit: 46, idleSockets: 2 });
  stage.use(2);
  const idle = [1, 2, 3, 4].map((host) => {
    stage.connect({ source: ip(`127.0.0.${host + 10}`) });
    return stage.idle;
  });
  assert.deepEqual(idle, [2, 2, 2, 1]);
});

/** Sockets of which the next ones are refused, and how many were idle when each was asked for. */
class Refusing extends NetnsSockets {
  readonly asked: number[] = [];
  refusals: boolean[] = [];
  idle = () => 0;

  override open(...args: Parameters<NetnsSockets["open"]>) {
    this.asked.push(this.idle());
    const isOwn = this.refusals.shift();
    return isOwn === undefined ? super.open(...args) : { reason: "no socket", isOwn };
  }
}

async function withRefusing(run: (stage: Stage, sockets: Refusing) => void): Promise<void> {
  const sockets = new Refusing();
  await using stage = new Stage({ sockets });
  sockets.idle = () => stage.idle;
  run(stage, sockets);
}

const source = ip("127.0.0.9");

Deno.test("for our own lack one idle socket is closed, and another is tried", () =>
  withRefusing((stage, sockets) => {
    // Only the one with a source is idle.
    stage.use(1, { source });
    sockets.refusals = [true];
    using _connection = stage.connect();
    assert.deepEqual(sockets.asked, [0, 1, 0]);
    assert.equal(stage.idle, 0);
  }));

Deno.test("without an idle one, or for another reason, nothing is tried again", () =>
  withRefusing((stage, sockets) => {
    const target = { address: ip("127.0.0.1"), port: stage.server.port, netns: "", suspect: false };
    const connect = (isOwn: boolean) => {
      sockets.refusals = [isOwn];
      const failure = stage.engine.connect({ ...target, source: undefined }, untold);
      assert.deepEqual(failure, { reason: "no socket", isOwn });
    };
    connect(true);
    stage.use(1, { source });
    connect(false);
    assert.deepEqual(sockets.asked, [0, 0, 1]);
    assert.equal(stage.idle, 1);
  }));

Deno.test("a new socket on which a connection fails at once is not asked for twice", () =>
  withRefusing((stage, sockets) => {
    const address = ip("255.255.255.255");
    const target = { address, port: 80, source: undefined, netns: "", suspect: false };
    assert.ok("reason" in stage.engine.connect(target, untold));
    assert.equal(sockets.asked.length, 1);
  }));

Deno.test("those that were there all the time go, not who came back since", () =>
  withRefusing((stage, sockets) => {
    const held = stage.connect();
    stage.use(5);
    assert.equal(stage.tendAfter(10_000), 5);
    sockets.refusals = [true];
    using _other = stage.connect({ source });
    assert.equal(stage.idle, 4);
    held[Symbol.dispose]();
    assert.equal(stage.idle, 5);
    // Four were of no use since the last time.
    assert.equal(stage.tendAfter(10_000), 1);
  }));

Deno.test("a socket whose origin was forgotten while it was used is not kept", async () => {
  await using stage = new Stage();
  const held = stage.connect({ source });
  assert.equal(stage.tendAfter(10_000), 0);
  held[Symbol.dispose]();
  assert.equal(stage.idle, 0);
  stage.use(1, { source });
  assert.equal(stage.idle, 1);
});

Deno.test("IPv6 sockets are kept, and closed, as those of IPv4 are", async () => {
  const before = openDescriptors();
  {
    await using stage = new Stage({}, 6);
    stage.use(3);
    assert.equal(stage.tendAfter(10_000), 3);
    stage.use(1);
    assert.equal(stage.tendAfter(10_000), 1);
    stage.use(1);
  }
  assert.equal(openDescriptors(), before);
});

Deno.test("after ten seconds in which they were of no use they are closed", async () => {
  await using stage = new Stage();
  const source = ip("127.0.0.9");
  stage.use(5);
  stage.use(5, { source });
  assert.equal(stage.tendAfter(9_999), 10);
  // At one time since the start there was none.
  assert.equal(stage.tendAfter(1), 10);
  stage.use(3);
  assert.equal(stage.tendAfter(9_999), 10);
  assert.equal(stage.tendAfter(1), 3);
  assert.equal(stage.tendAfter(10_000), 0);
  stage.use(1, { source });
  assert.equal(stage.idle, 1);
  assert.equal(stage.tendAfter(10_000), 1);
  assert.equal(stage.tendAfter(10_000), 0);
});
