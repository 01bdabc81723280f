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
