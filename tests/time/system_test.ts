import assert from "node:assert/strict";
import { systemClock } from "../../lib/time/mod.ts";

Deno.test("the system clock never calls before the delay has passed", async () => {
  for (const delay of [0, 0.4, 1.5, 3.7]) {
    const start = systemClock.now();
    await new Promise<void>((resolve) => systemClock.after(delay, resolve));
    assert.ok(systemClock.now() - start >= delay);
  }
});

Deno.test("a cancelled call of the system clock does not happen", async () => {
  let called = false;
  systemClock.after(1, () => called = true).cancel();
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  assert.equal(called, false);
});

Deno.test("a delay beyond what timers can count is a long one, not an instant one", async () => {
  let called = false;
  const timer = systemClock.after(1e12, () => called = true);
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  timer.cancel();
  assert.equal(called, false);
});

Deno.test("wall time is Unix time", () => {
  assert.ok(Math.abs(systemClock.wall() - Date.now()) < 1_000);
});

Deno.test("however many work in turns without end, sockets are looked at in between", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [client, server] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  using _client = client;
  using _server = server;
  let turns = 0;
  let over = false;
  const work = async () => {
    while (!over) {
      const start = systemClock.now();
      while (systemClock.now() - start < 5);
      turns++;
      await systemClock.turn.next();
    }
  };
  const working = [work(), work()];
  const echo = async () => {
    const buffer = new Uint8Array(1);
    await server.read(buffer);
    await server.write(buffer);
  };
  for (let i = 0; i < 3; i++) {
    const echoed = echo();
    await client.write(new Uint8Array(1));
    await client.read(new Uint8Array(1));
    await echoed;
  }
  over = true;
  await Promise.all(working);
  // Twelve or so; without a look 61 rounds of two pass for each read.
  assert.ok(turns < 61, `${turns} turns`);
});

/** Runs `work` with timers and clocks of the machine that a test turns by hand. */
function withMachine(work: (machine: Machine) => void): void {
  const machine = new Machine();
  const { setTimeout, clearTimeout } = globalThis;
  const [now, dateNow] = [performance.now, Date.now];
  try {
    globalThis.setTimeout = ((run: () => void, ms: number) => machine.set(run, ms)) as never;
    globalThis.clearTimeout = ((id: number) => machine.timers.delete(id)) as never;
    performance.now = () => machine.monotonic;
    Date.now = () => machine.calendar;
    work(machine);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    performance.now = now;
    Date.now = dateNow;
  }
}

class Machine {
  monotonic = 50;
  calendar = 2_000_000;
  readonly timers = new Map<number, { readonly run: () => void; readonly ms: number }>();
  #last = 0;

  set(run: () => void, ms: number): number {
    this.timers.set(++this.#last, { run, ms });
    return this.#last;
  }

  /** Ends the one timer that there is; how long it was. */
  end(): number {
    const timers = [...this.timers];
    assert.equal(timers.length, 1);
    const [[id, { run, ms }] = [0, { run: () => {}, ms: 0 }]] = timers;
    this.timers.delete(id);
    run();
    return ms;
  }
}

const longestMs = 2 ** 31 - 1;

Deno.test("a delay beyond what timers can count is waited for in parts", () => {
  withMachine((machine) => {
    let calls = 0;
    systemClock.after(2 * longestMs + 0.5, () => calls++);
    const waited = [machine.end(), machine.end()];
    assert.equal(calls, 0);
    waited.push(machine.end());
    assert.deepEqual([waited, calls], [[longestMs, longestMs, 1], 1]);
    assert.equal(machine.timers.size, 0);
    const timer = systemClock.after(longestMs + 7, () => calls++);
    machine.end();
    timer.cancel();
    assert.deepEqual([machine.timers.size, calls], [0, 1]);
  });
});

Deno.test("wall time has the fractions of the one clock and follows the other when that is set", () => {
  withMachine((machine) => {
    assert.equal(systemClock.wall(), 2_000_000);
    machine.monotonic += 1.25;
    assert.equal(systemClock.wall(), 2_000_001.25);
    for (const set of [3_600_000, -3_600_000, 2.5, -2.5]) {
      machine.calendar += set;
      machine.monotonic += set === 2.5 ? 0 : 0.25;
      const drift = systemClock.wall() - machine.calendar;
      assert.equal(drift, 0, `after it was set by ${set} ms`);
    }
    const before = systemClock.wall();
    for (const off of [2, -2]) {
      machine.calendar = before + off;
      assert.equal(systemClock.wall(), before, "they may differ a little");
    }
  });
});
