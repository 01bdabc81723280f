import assert from "node:assert/strict";
import { OwnLoop } from "../../lib/net/loop.ts";
import { Connection, Engine } from "../../lib/net/mod.ts";
import { Poller } from "../../lib/net/poller.ts";
import { ip } from "../support/ip.ts";
import { nextError } from "../support/next_error.ts";
import { EPOLLIN, Signals } from "./support/poller_stage.ts";
import { RawServer } from "./support/raw_server.ts";

/** A poller that does not sleep, but notes for how long it was to. */
class Noting extends Poller {
  readonly slept: number[] = [];

  constructor(loop: OwnLoop, readonly onSleep: () => void = () => loop.stop()) {
    super(loop.clock, true);
    loop.attach(this);
  }
  override sleep(longestMs: number): void {
    this.slept.push(longestMs);
    this.onSleep();
  }
}

const never = () => false;

Deno.test("a loop tells what is ready, for as long as it is not stopped", async () => {
  const loop = new OwnLoop(never);
  const poller = new Poller(loop.clock, true);
  loop.attach(poller);
  using signals = new Signals();
  let told = 0;
  const fd = signals.make();
  poller.watch(fd, EPOLLIN, {
    ready: () => {
      signals.clear(fd);
      if (++told === 3) loop.stop();
      else loop.clock.after(0, () => signals.raise(fd));
    },
  });
  signals.raise(fd);
  await loop.run();
  assert.equal(told, 3);
  await poller.close();
});

Deno.test("a loop sleeps until the next timer, and for a second at most", async () => {
  const loop = new OwnLoop(never);
  let isDue = false;
  const poller = new Noting(loop, () => {
    if (poller.slept.length === 1) loop.clock.after(900, () => isDue = true);
    else loop.stop();
  });
  await loop.run();
  const [idle = 0, timed = 0] = poller.slept;
  assert.equal(idle, 1000);
  // This process may have been stopped for so long.
  assert.ok(isDue || timed > 0 && timed <= 900, String(timed));
  await poller.close();
});

Deno.test("what is due, and what it puts off as a microtask, is done before the sleep", async () => {
  const loop = new OwnLoop(never);
  const seen: string[] = [];
  const poller = new Noting(loop, () => {
    seen.push("sleep");
    loop.stop();
  });
  loop.clock.after(0, () => {
    seen.push("timer");
    queueMicrotask(() => seen.push("microtask"));
  });
  await loop.run();
  assert.deepEqual(seen, ["timer", "microtask", "sleep"]);
  await poller.close();
});

Deno.test("each turn is settled after its microtasks, as one of several while a timer is due", async () => {
  const loop = new OwnLoop(never);
  const seen: (boolean | string | undefined)[] = [];
  class Settling extends Noting {
    override settle(isMore?: boolean): void {
      seen.push(isMore);
    }
  }
  loop.clock.after(0, () => {
    queueMicrotask(() => seen.push("microtask"));
    loop.clock.after(0, () => seen.push("next"));
  });
  const poller = new Settling(loop, () => poller.slept.length === 2 && loop.stop());
  await loop.run();
  assert.deepEqual(seen, ["microtask", true, "next", false]);
  await poller.close();
});

Deno.test("a timer that throws is heard of and ends nothing", async () => {
  const loop = new OwnLoop(never);
  loop.clock.after(0, () => {
    throw new Error("from a timer");
  });
  let others = 0;
  loop.clock.after(0, () => others++);
  const poller = new Noting(loop);
  const running: Promise<void>[] = [];
  assert.match(String(await nextError(() => running.push(loop.run()))), /from a timer/);
  await Promise.all(running);
  assert.equal(others, 1);
  await poller.close();
});

Deno.test("the runtime has a turn when it has messages, instead of the sleep", async () => {
  let messages = 2;
  const loop = new OwnLoop(() => messages > 0);
  let turns = 0;
  const onTurn = () => {
    turns++;
    if (--messages > 0) setTimeout(onTurn);
  };
  setTimeout(onTurn);
  const poller = new Noting(loop);
  await loop.run();
  assert.equal(turns, 2);
  assert.equal(poller.slept.length, 1);
  await poller.close();
});

Deno.test("without messages the runtime has no turn", async () => {
  const loop = new OwnLoop(never);
  let turns = 0;
  const timeout = setTimeout(() => turns++);
  const poller = new Noting(loop, () => {
    if (poller.slept.length === 50) loop.stop();
  });
  await loop.run();
  assert.equal(turns, 0);
  clearTimeout(timeout);
  await poller.close();
});

Deno.test("a loop without sockets has timers all the same", async () => {
  const loop = new OwnLoop(never);
  loop.clock.after(1, () => loop.stop());
  await loop.run();
});

Deno.test("an engine sleeps in the loop of its thread", async () => {
  const loop = new OwnLoop(never);
  const engine = new Engine(loop.clock, { loop });
  using server = new RawServer();
  using signals = new Signals();
  const seen: string[] = [];
  const connection = engine.connect({
    ...{ address: ip("127.0.0.1"), port: server.port, source: undefined },
    ...{ netns: "", suspect: false },
  }, {
    connected: () => assert.fail("it was at once"),
    failed: ({ reason }) => assert.fail(reason),
    readable: () => {
      seen.push("readable");
      engine.deadline(engine.clock.now() + 1, () => {
        seen.push("deadline");
        loop.stop();
        // It is in a turn, which ends with a sleep.
        signals.raise(engine.wakeDescriptor);
      });
    },
  });
  assert.ok(connection instanceof Connection);
  assert.equal(connection.send(new Uint8Array(1), 1n), 1);
  server.send("x", [server.accept()]);
  connection.watchReading();
  await loop.run();
  assert.deepEqual(seen, ["readable", "deadline"]);
  assert.equal(connection.receive(), 1);
  connection[Symbol.dispose]();
  await engine.close();
});
