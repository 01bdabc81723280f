/** The way to VPP: when it is tried, and that nothing ends it for good. */

import assert from "node:assert/strict";
import { portsOf } from "../../../lib/sim/mod.ts";
import { Supervisor } from "../../../lib/supervisor/mod.ts";
import { FakeClock, type Timer } from "../../../lib/time/mod.ts";
import { Vpp } from "../../../lib/vpp/mod.ts";
import { within } from "../../support/deadline.ts";
import { Bed } from "../support/bed.ts";
import { inStep, web } from "../support/sync.ts";

/** When it was tried to connect, in fake milliseconds from the first attempt. */
function attempts(at: readonly number[]): number[] {
  return at.map((each) => Math.round(each - (at[0] ?? 0)));
}

/** A bed whose API socket a test may see used, or make behave. */
function bedWith(connect: (bed: Bed) => void): { readonly bed: Bed; readonly at: number[] } {
  const at: number[] = [];
  const bed: Bed = new Bed(web, {
    access: {
      connect: async (path, signal) => {
        at.push(bed.clock.now());
        connect(bed);
        return await portsOf(bed.sim).connect(path, signal);
      },
    },
  });
  return { bed, at };
}

Deno.test("the next attempt comes after 50 ms, each further one after twice that, up to 5 s", async () => {
  const { bed, at } = bedWith(() => {
    throw new Error("nobody listens");
  });
  await using _ = bed;
  bed.vpp.start();
  await bed.pass(25_000);
  assert.deepEqual(
    attempts(at),
    [0, 50, 150, 350, 750, 1_550, 3_150, 6_350, 11_350, 16_350, 21_350],
  );
  assert.equal(bed.vpp.complaint(), undefined);
});

Deno.test("who asks is told since when there is no connection, why, and when the next try is", async () => {
  let refused = true;
  const { bed } = bedWith(() => {
    if (refused) throw new Error("nobody listens");
  });
  await using _ = bed;
  const begin = bed.clock.wall();
  bed.vpp.start();
  const just = { since: begin, reason: "maglevd has just been started" };
  assert.deepEqual(bed.vpp.away(), { ...just, nextTryAt: undefined });
  await bed.pass(6_400);
  const reason = "cannot connect to VPP at api.sock: nobody listens";
  assert.deepEqual(bed.vpp.away(), { since: begin, reason, nextTryAt: begin + 11_350 });
  refused = false;
  bed.sim.start();
  await bed.until(() => bed.vpp.away() === undefined);
  refused = true;
  const lost = bed.clock.wall();
  bed.sim.kill();
  await bed.until(() => bed.vpp.away() !== undefined);
  assert.match(bed.vpp.away()?.reason ?? "", /VPP/);
  assert.ok(Math.abs((bed.vpp.away()?.since ?? 0) - lost) < 50);
  await bed.pass(12_000);
  const { since = 0, reason: after } = bed.vpp.away() ?? {};
  assert.ok(Math.abs(since - lost) < 50, "a further attempt is no new loss");
  assert.equal(after, reason);
});

Deno.test("why there is no connection is said once a minute, and at once if it is another", async () => {
  let reason = "nobody listens";
  const { bed } = bedWith(() => {
    throw new Error(reason);
  });
  await using _ = bed;
  bed.vpp.start();
  const told = () => bed.log.named("vpp-connect-failed").map(({ err }) => err);
  await bed.pass(59_000);
  assert.deepEqual(told(), ["cannot connect to VPP at api.sock: nobody listens"]);
  reason = "permission denied";
  await bed.pass(6_000);
  assert.deepEqual(told().slice(1), ["cannot connect to VPP at api.sock: permission denied"]);
  await bed.pass(60_000);
  assert.equal(told().length, 3);
});

Deno.test("after a connection that held, the next attempts come at once and soon", async () => {
  const { bed, at } = bedWith(() => {});
  await using _ = bed;
  bed.vpp.start();
  await bed.pass(10_000);
  bed.sim.start();
  await bed.becomes(inStep);
  await bed.pass(5_000);
  at.length = 0;
  const diedAt = bed.clock.now();
  bed.sim.kill();
  await bed.pass(1_000);
  assert.ok((at[0] ?? 0) - diedAt <= 2, "at once");
  const [first, second, third] = attempts(at);
  // A refusal takes a millisecond.
  assert.deepEqual([first, second, third], [0, 51, 152]);
});

Deno.test("a VPP that hangs is not waited for before the next attempt", async () => {
  const { bed, at } = bedWith(() => {});
  await using _ = bed;
  await bed.start();
  await bed.pass(6_000);
  at.length = 0;
  bed.sim.hang();
  await bed.until(() => bed.vpp.info() === undefined);
  const lostAt = bed.clock.now();
  assert.equal(bed.sim.segmentsOpen, 0, "nothing in it means anything any more");
  await bed.pass(20);
  assert.ok((at[0] ?? Infinity) - lostAt < 10, "at once");
});

Deno.test("connections that do not hold are tried for at growing intervals", async () => {
  const { bed, at } = bedWith(() => {});
  await using _ = bed;
  bed.sim.start();
  bed.sim.misbehave({
    when: ({ name }) => name === "lb_conf",
    fault: { kind: "die", when: "before" },
  });
  const leave = bed.sim.journal.subscribe(({ kind }) => {
    if (kind === "died") bed.sim.start();
  });
  bed.vpp.start();
  await bed.pass(20_000);
  assert.ok(at.length < 15, `${at.length} attempts`);
  bed.sim.behave();
  await bed.becomes(inStep);
  leave();
});

Deno.test("a VPP that comes back is noticed and complete within 300 ms of its socket", async () => {
  for (const awayMs of [1, 400, 3_210, 60_000]) {
    let socket: string | undefined = "first";
    await using bed: Bed = new Bed(web, {
      access: { socketIdentity: () => Promise.resolve(socket) },
    });
    await bed.start();
    await bed.pass(7_000);
    bed.sim.kill();
    await bed.pass(awayMs);
    bed.sim.start();
    socket = "second";
    const tookMs = await bed.becomes(inStep);
    assert.ok(tookMs <= 300, `${tookMs} ms after ${awayMs} ms`);
  }
});

Deno.test("a socket that was there before is not waited for, and none is not one", async () => {
  let socket: string | undefined = "old";
  const { bed, at } = bedWith(() => {});
  await using _ = bed;
  const looked: string[] = [];
  const watching: Bed = new Bed(web, {
    access: {
      connect: (path, signal) => {
        at.push(watching.clock.now());
        return portsOf(watching.sim).connect(path, signal);
      },
      socketIdentity: (path) => {
        looked.push(path);
        return Promise.resolve(socket);
      },
    },
  });
  await using __ = watching;
  watching.vpp.start();
  await watching.pass(3_000);
  const before = at.length;
  assert.ok(before < 8, "an old socket is no reason to try more often");
  socket = undefined;
  await watching.pass(1_000);
  assert.ok(at.length <= before + 1, "nor is one that is gone");
  assert.ok(looked.every((path) => path === "api.sock"));
});

/** A clock that tells when somebody begins to wait for the next look at the socket. */
class WatchedClock extends FakeClock {
  #looking = Promise.withResolvers<void>();

  override after(delayMs: number, run: () => void): Timer {
    if (delayMs <= 50) this.#looking.resolve();
    return super.after(delayMs, run);
  }

  /** Turns the clock to the next look, and waits until that has been taken. */
  async look(): Promise<void> {
    this.#looking = Promise.withResolvers();
    this.advance(50);
    await within(20_000, "the next look at the socket", this.#looking.promise);
  }
}

Deno.test("a socket that somebody puts there is noticed by its file", async () => {
  const folder = await Deno.makeTempDir();
  const apiAddr = `${folder}/api.sock`;
  await using bed = new Bed(web);
  const clock = new WatchedClock();
  const { log, checker } = bed;
  let attempts = 0;
  log.warn = (msg) => void (msg === "vpp-connect-failed" && attempts++);
  const vpp = new Vpp({
    ...{ apiAddr, statsAddr: "", checker, log, clock, events: { emit: () => {} } },
    supervisor: new Supervisor({ clock, log, fatal: assert.fail }),
  });
  vpp.start();
  // The same reason is told once a minute, another one at once.
  for (let looks = 0; looks < 200; looks++) await clock.look();
  assert.equal(attempts, 1, "nothing is there");
  await Deno.writeTextFile(apiAddr, "");
  await clock.look();
  await clock.look();
  assert.equal(attempts, 2, "at once, though the next attempt was seconds away");
  await vpp.close();
  await Deno.remove(folder, { recursive: true });
});
