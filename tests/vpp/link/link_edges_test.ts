/** When exactly the way to VPP is tried, and what is left behind when it ends. */

import assert from "node:assert/strict";
import { portsOf } from "../../../lib/sim/mod.ts";
import { Supervisor } from "../../../lib/supervisor/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { NetError } from "../../../lib/net/mod.ts";
import type { Transport } from "../../../lib/vppclient/mod.ts";
import { Connection } from "../../../lib/vpp/link/connection.ts";
import { Vpp } from "../../../lib/vpp/mod.ts";
import { Bed } from "../support/bed.ts";
import { inStep, sent, web } from "../support/sync.ts";

/** A bed whose VPP is reached as usual, and when that was tried, in fake milliseconds. */
function watched(socketIdentity?: () => Promise<string | undefined>): {
  readonly bed: Bed;
  readonly at: number[];
} {
  const at: number[] = [];
  const bed: Bed = new Bed(web, {
    access: {
      connect: async (path, signal) => {
        at.push(bed.clock.now());
        return await portsOf(bed.sim).connect(path, signal);
      },
      ...socketIdentity && { socketIdentity },
    },
  });
  return { bed, at };
}

Deno.test("a connection has held when it lasted 5 s, to the millisecond", async () => {
  // That VPP has died is heard a millisecond later.
  for (const [lastedMs, firstMs] of [[4_998, 201], [4_999, 1]] as const) {
    const { bed, at } = watched();
    await using _ = bed;
    bed.vpp.start();
    await bed.pass(60);
    bed.sim.start();
    await bed.until(() => bed.vpp.info() !== undefined);
    await bed.pass((bed.vpp.info()?.connectedSince ?? 0) + lastedMs - bed.clock.wall());
    const lostAt = bed.clock.now();
    at.length = 0;
    bed.sim.kill();
    await bed.pass(1_000);
    // Two attempts have failed before it.
    assert.equal(Math.round((at[0] ?? Infinity) - lostAt), firstMs);
  }
});

Deno.test("the same reason is told again when a minute has passed, to the millisecond", async () => {
  for (const [afterMs, told] of [[59_950, 1], [60_000, 2]] as const) {
    let socket = "first";
    const at: number[] = [];
    await using bed: Bed = new Bed(web, {
      access: {
        connect: () => {
          at.push(bed.clock.now());
          throw new Error("nobody listens");
        },
        socketIdentity: () => Promise.resolve(socket),
      },
    });
    bed.vpp.start();
    await bed.pass(1);
    const toldAt = at[0] ?? 0;
    await bed.pass(toldAt + afterMs - 1 - bed.clock.now());
    const before = at.length;
    socket = "second";
    await bed.pass(2);
    assert.equal((at[before] ?? 0) - toldAt, afterMs);
    assert.equal(bed.log.named("vpp-connect-failed").length, told);
  }
});

Deno.test("after a connection the same reason is told anew", async () => {
  const { bed } = watched();
  await using _ = bed;
  bed.vpp.start();
  await bed.pass(10);
  bed.sim.start();
  await bed.becomes(inStep);
  await bed.pass(100);
  bed.sim.kill();
  await bed.pass(1_000);
  const errors = bed.log.named("vpp-connect-failed").map(({ err }) => err);
  assert.equal(errors.length, 2);
  assert.equal(errors[0], errors[1]);
});

Deno.test("at another socket attempts follow one another soon, should the first one fail", async () => {
  let socket = "first";
  const { bed } = watched(() => Promise.resolve(socket));
  await using _ = bed;
  bed.vpp.start();
  await bed.pass(60_000);
  socket = "second";
  await bed.pass(120);
  bed.sim.start();
  const tookMs = await bed.becomes(inStep);
  assert.ok(tookMs < 300, `${tookMs} ms`);
});

Deno.test("a millisecond that is left is waited for as well", async () => {
  const at: number[] = [];
  let isOver = false;
  await using bed: Bed = new Bed(web, {
    access: {
      connect: () => {
        at.push(bed.clock.now());
        throw new Error("nobody listens");
      },
      // A look takes 49 ms, and comes before each attempt as well.
      socketIdentity: () =>
        isOver
          ? Promise.resolve(undefined)
          : new Promise((resolve) => bed.clock.after(49, () => resolve(undefined))),
    },
  });
  bed.vpp.start();
  await bed.pass(500);
  // 50 ms are over with one look and 50 ms; of 100 ms 1 is left then, and looked at again.
  assert.deepEqual(attemptsIn(at).slice(0, 3), [0, 49 + 50 + 49, 148 + 49 + 50 + 49 + 1 + 49]);
  isOver = true;
  await bed.pass(100);
});

/** The times from the first one on. */
function attemptsIn(at: readonly number[]): number[] {
  return at.map((each) => Math.round(each - (at[0] ?? 0)));
}

Deno.test("an attempt that is overdue is told as one to come now", async () => {
  let look: Promise<undefined> = Promise.resolve(undefined);
  const connect = () => Promise.reject(new Error("nobody listens"));
  await using bed = new Bed(web, { access: { connect, socketIdentity: () => look } });
  bed.vpp.start();
  await bed.pass(1_600);
  look = new Promise(() => {});
  await bed.pass(10_000);
  assert.equal(bed.vpp.away()?.nextTryAt, bed.clock.wall());
});

Deno.test("what a stuck link waits for is named", async () => {
  let isStuck = false;
  const { bed } = watched(async () => {
    if (isStuck) await new Promise(() => {});
    return "socket";
  });
  await using _ = bed;
  await bed.start();
  isStuck = true;
  bed.sim.kill();
  await bed.pass(61_000);
  assert.equal(
    bed.vpp.complaint(),
    "the next attempt to connect to VPP did not come for 61 s",
  );
});

Deno.test("a connection that never ends is complained of", async () => {
  const never = new Promise<never>(() => {});
  let ending = false;
  await using bed: Bed = new Bed(web, {
    access: {
      connect: async (path, signal) => {
        const transport = await portsOf(bed.sim).connect(path, signal);
        const stuck: Transport = {
          read: async (into) => {
            const length = await transport.read(into).catch(() => null);
            return ending ? await never : length;
          },
          write: (bytes) => transport.write(bytes),
          close: () => transport.close(),
        };
        return stuck;
      },
    },
  });
  await bed.start();
  await bed.pass(100);
  ending = true;
  bed.sim.hang();
  // A ping each 10 s, which has 5 s.
  await bed.until(() => bed.vpp.info() === undefined);
  const lostAt = bed.clock.now();
  await bed.pass(60_000);
  assert.equal(bed.vpp.complaint(), undefined);
  await bed.pass(1_000);
  assert.match(
    bed.vpp.complaint() ?? "",
    /^the end of a connection to VPP did not come for 6\d s$/,
  );
  assert.ok(bed.clock.now() - lostAt > 60_000);
  void bed.vpp.close();
  // It would wait for ever.
  bed.vpp.close = () => Promise.resolve();
});

Deno.test("a file of this machine is not looked at when VPP is reached by other means", async () => {
  const folder = await Deno.makeTempDir();
  const apiAddr = `${folder}/api.sock`;
  await using bed = new Bed(web);
  const clock = new FakeClock();
  const { log, checker } = bed;
  let attempts = 0;
  const vpp = new Vpp({
    ...{ apiAddr, statsAddr: "", checker, log, clock, events: { emit: () => {} } },
    connect: () => {
      attempts++;
      return Promise.reject(new Error("nobody listens"));
    },
    supervisor: new Supervisor({ clock, log, fatal: assert.fail }),
  });
  vpp.start();
  await clock.advanceAsync(7_000, () => bed.settle());
  const before = attempts;
  await Deno.writeTextFile(apiAddr, "");
  for (let looks = 0; looks < 20; looks++) {
    // Long enough for the file to be looked at.
    await Deno.lstat(apiAddr);
    await clock.advanceAsync(50, () => bed.settle());
  }
  assert.equal(attempts, before);
  await vpp.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("connections that are over listen no more to the end of maglevd", async () => {
  let listeners = 0;
  let patched: AbortSignal | undefined;
  await using bed: Bed = new Bed(web, {
    access: {
      connect: (path, signal) => {
        if (signal && !patched) {
          patched = signal;
          const add = signal.addEventListener.bind(signal);
          const remove = signal.removeEventListener.bind(signal);
          signal.addEventListener = (...args: Parameters<typeof add>) => (
            listeners++, add(...args)
          );
          signal.removeEventListener = (...args: Parameters<typeof remove>) => (
            listeners--, remove(...args)
          );
        }
        return portsOf(bed.sim).connect(path, signal);
      },
    },
  });
  await bed.start();
  const held: number[] = [];
  for (let round = 0; round < 3; round++) {
    bed.sim.cut();
    await bed.until(() => bed.vpp.info() === undefined);
    await bed.until(() => bed.vpp.step()?.inStep === true);
    await bed.pass(20);
    held.push(listeners);
  }
  assert.deepEqual(held, Array(3).fill(held[0]));
});

Deno.test("maglevd stops at whatever step of connecting", async () => {
  let steps = 0;
  for (let stopAt = 0; stopAt <= steps; stopAt++) {
    await using bed = new Bed(web);
    bed.sim.start();
    let seen = 0;
    let stopping: Promise<void> | undefined;
    bed.moment = () => {
      if (bed.vpp.step()?.inStep) return;
      if (seen++ === stopAt) stopping = bed.vpp.close();
    };
    bed.vpp.start();
    await bed.pass(20);
    steps = Math.min(250, Math.max(steps, seen));
    bed.moment = undefined;
    await bed.pass(20);
    if (stopping) await bed.while(stopping);
    assert.equal(bed.sim.segmentsOpen, stopping ? 0 : 1);
  }
  assert.ok(steps > 50, `only ${steps} steps`);
});

Deno.test("the end of maglevd is no mistake, though it comes after some", async () => {
  const hanging = Promise.withResolvers<never>();
  let hangs = false;
  await using bed: Bed = new Bed(web, {
    access: {
      openSegment: (_, { signal }) => {
        if (!hangs) throw new TypeError("undefined is not a function");
        signal?.addEventListener("abort", () => hanging.reject(signal.reason));
        return hanging.promise;
      },
    },
  });
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(75_000);
  assert.equal(bed.log.named("vpp-neglected").length, 1);
  hangs = true;
  await bed.pass(100_000);
  await bed.while(bed.vpp.close());
  assert.equal(bed.log.named("vpp-neglected").length, 1);
});

Deno.test("a segment is given back before the good-bye, and so is the connection in the end", async () => {
  await using bed: Bed = new Bed(web, {
    access: {
      openSegment: async (path, options) => {
        const segment = await portsOf(bed.sim).openSegment(path, options);
        segment.read = () => Promise.reject(new NetError("read it", 5));
        return segment;
      },
    },
  });
  bed.sim.start();
  const open: number[] = [];
  const leave = bed.sim.journal.subscribe(() => {
    if (sent(bed, "sockclnt_delete") > open.length) open.push(bed.sim.segmentsOpen);
  });
  bed.vpp.start();
  await bed.pass(30);
  leave();
  assert.deepEqual(open, [0]);
  assert.equal(bed.sim.clients, 0);
});

Deno.test("what fails while a connection is closed does not cut the good-bye short", async () => {
  await using bed = new Bed(web);
  const { sim, clock, log } = bed;
  sim.start();
  const options = { apiAddr: "api.sock", statsAddr: "stats.sock", log, clock, ...portsOf(sim) };
  const connection = await bed.while(
    Connection.open(options, new AbortController().signal),
  );
  const closing = connection.close();
  connection.fail(new Error("too late"));
  await bed.while(closing);
  assert.equal(sent(bed, "sockclnt_delete"), 1);
  assert.equal((connection.signal.reason as Error).message, "maglevd is stopping");
});
