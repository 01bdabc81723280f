/** The way to VPP: when it is tried, and that nothing ends it for good. */

import assert from "node:assert/strict";
import { NetError } from "../../lib/net/mod.ts";
import { portsOf } from "../../lib/sim/mod.ts";
import { FatalError, Supervisor } from "../../lib/supervisor/mod.ts";
import { FakeClock, type Timer } from "../../lib/time/mod.ts";
import { createVpp, type StatsSegment } from "../../lib/vpp/mod.ts";
import { SegmentError } from "../../lib/vpp/stats/mod.ts";
import { within } from "../support/deadline.ts";
import { Bed } from "./bed.ts";
import type { ConfigWish } from "./wishes.ts";

const web: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2" },
  frontends: { web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }] } },
};
const inStep = "192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=50";

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
  const vpp = createVpp({
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

/** Segments that say something else about when VPP was started. */
function withBootTime(seconds: number | undefined, bed: () => Bed) {
  return async (...args: Parameters<ReturnType<typeof portsOf>["openSegment"]>) => {
    const segment = await portsOf(bed().sim).openSegment(...args);
    const odd: StatsSegment = {
      read: (look) =>
        segment.read((view) =>
          look({
            ...view,
            scalar: (name) => name === "/sys/boottime" ? seconds : view.scalar(name),
          })
        ),
      [Symbol.dispose]: () => segment[Symbol.dispose](),
    };
    return odd;
  };
}

Deno.test("an absurd boot time does not keep maglevd from VPP", async () => {
  for (const seconds of [NaN, Infinity, 2 ** 63, 2 ** 33, -1]) {
    await using bed: Bed = new Bed(web, {
      access: { openSegment: withBootTime(seconds, () => bed) },
    });
    await bed.start();
    assert.equal(bed.vpp.info()?.bootTime, 0);
    assert.equal(bed.log.named("vpp-connect")[0]?.boottime, "unknown");
    assert.deepEqual(bed.log.named("task-failed"), []);
  }
});

Deno.test("a boot time that can be is told", async () => {
  for (const seconds of [1, 2 ** 33 - 1]) {
    await using bed: Bed = new Bed(web, {
      access: { openSegment: withBootTime(seconds, () => bed) },
    });
    await bed.start();
    assert.equal(bed.vpp.info()?.bootTime, 1000 * seconds);
    const told = String(bed.log.named("vpp-connect")[0]?.boottime);
    assert.equal(Date.parse(told), 1000 * seconds);
  }
});

Deno.test("a boot time that is missing is a reason to try again", async () => {
  await using bed: Bed = new Bed(web, {
    access: { openSegment: withBootTime(undefined, () => bed) },
  });
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(500);
  const [record] = bed.log.named("vpp-connect-failed");
  assert.equal(record?.err, "the stats segment has no /sys/boottime");
  assert.equal(bed.sim.segmentsOpen, 0);
});

Deno.test("a mistake of our own ends one connection, is told, and never the link", async () => {
  let mistakes = 3;
  await using bed: Bed = new Bed(web, {
    access: {
      openSegment: async (path, options) => {
        if (mistakes-- > 0) throw new TypeError("undefined is not a function");
        return await portsOf(bed.sim).openSegment(path, options);
      },
    },
  });
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => mistakes === 2);
  await bed.pass(10);
  assert.equal(bed.vpp.info(), undefined);
  assert.equal(bed.vpp.complaint(), undefined);
  await bed.becomes(inStep);
  const [record] = bed.log.named("task-failed");
  assert.deepEqual([record?.task, record?.err], ["vpp-link", "undefined is not a function"]);
  assert.match(String(record?.stack), /link_test/);
});

Deno.test("mistakes that keep maglevd from VPP for over a minute are complained of, and told", async () => {
  let error: Error | undefined = new TypeError("undefined is not a function");
  await using bed: Bed = new Bed(web, {
    access: {
      openSegment: async (path, options) => {
        if (error) throw error;
        return await portsOf(bed.sim).openSegment(path, options);
      },
    },
  });
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(60_000);
  assert.equal(bed.vpp.complaint(), undefined);
  assert.deepEqual(bed.log.named("vpp-neglected"), []);
  // Whatever it is, unless it is known to come of VPP.
  error = new Error("this cannot be");
  await bed.pass(70_000);
  assert.match(
    bed.vpp.complaint() ?? "",
    /^mistakes of maglevd have kept it from VPP for 130 s: this cannot be$/,
  );
  const told = bed.log.records.filter(({ msg }) => msg === "vpp-neglected");
  assert.deepEqual(told.map(({ level }) => level), ["error", "error"], "once a minute");
  assert.deepEqual(bed.log.named("vpp-connect-failed"), []);
  error = undefined;
  await bed.becomes(inStep);
  await bed.pass(31_000);
  assert.equal(bed.vpp.complaint(), undefined);
});

Deno.test("a VPP that cannot be looked after for reasons of its own is not complained of", async () => {
  const reasons = [
    new SegmentError("the stats segment has version 3"),
    new NetError("cannot map the stats segment", 12),
    new Deno.errors.NotFound("No such file or directory (os error 2)"),
  ];
  for (const reason of reasons) {
    await using bed: Bed = new Bed(web, {
      access: { openSegment: () => Promise.reject(reason) },
    });
    bed.sim.start();
    bed.vpp.start();
    await bed.pass(100_000);
    assert.equal(bed.vpp.complaint(), undefined);
    assert.equal(bed.log.named("vpp-connect-failed")[0]?.err, reason.message);
    assert.deepEqual(bed.log.named("task-failed"), []);
  }
});

function fails(): never {
  throw new ReferenceError("no such thing");
}

Deno.test("mistakes while VPP is looked after are complained of as those before", async () => {
  await using bed = new Bed(web);
  bed.checker.frontend = fails;
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(90_000);
  assert.match(bed.vpp.complaint() ?? "", /have kept it from VPP for 90 s: no such thing$/);
});

Deno.test("mistakes in counting are complained of, though VPP is brought in step each time", async () => {
  await using bed: Bed = new Bed(web, {
    access: {
      openSegment: async (path, options) => {
        const segment = await portsOf(bed.sim).openSegment(path, options);
        const read = segment.read.bind(segment);
        // The first reading is for who VPP is.
        let readings = 0;
        segment.read = (look) => readings++ === 0 ? read(look) : fails();
        return segment;
      },
    },
  });
  await bed.start();
  await bed.pass(90_000);
  assert.match(bed.vpp.complaint() ?? "", /have kept it from VPP for 90 s: no such thing$/);
  assert.deepEqual(bed.state(), [inStep]);
});

Deno.test("what the process has to end for is no mere end of a connection", async () => {
  const fatal = new FatalError("cannot leave network namespace dp");
  await using bed: Bed = new Bed(web, {
    access: { openSegment: () => Promise.reject(fatal) },
  });
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => bed.fatal.length > 0);
  assert.deepEqual(bed.fatal, [fatal]);
});

Deno.test("a mistake while VPP is looked after closes the connection and begins another", async () => {
  await using bed = new Bed(web);
  await bed.start();
  let isBroken = true;
  const frontend = bed.checker.frontend.bind(bed.checker);
  bed.checker.frontend = (name) => {
    if (isBroken) throw new RangeError("no such index");
    return frontend(name);
  };
  bed.checker.pause("b1");
  await bed.until(() => bed.vpp.info() === undefined);
  assert.equal(bed.vppEvents().at(-1), "lost no such index");
  isBroken = false;
  await bed.becomesAsWanted();
  assert.equal(bed.log.named("task-failed")[0]?.err, "no such index");
  assert.equal(bed.vpp.info() !== undefined, true);
});

Deno.test("nothing to do for long is no reason to complain", async () => {
  await using bed = new Bed({ ...web, lb: { syncIntervalMs: 3_600_000 } });
  await bed.start();
  await bed.pass(200_000);
  assert.equal(bed.vpp.complaint(), undefined);
});

Deno.test("stopping while VPP is being connected to is no failure", async () => {
  for (let afterMs = 0; afterMs < 10; afterMs++) {
    await using bed = new Bed(web);
    bed.sim.start();
    bed.vpp.start();
    await bed.pass(afterMs);
    await bed.while(bed.vpp.close());
    await bed.while(bed.vpp.close());
    assert.deepEqual(bed.log.named("vpp-connect-failed"), []);
    assert.deepEqual(bed.log.records.filter(({ level }) => level === "warn"), []);
    assert.equal(bed.log.named("vpp-reconciler-stop").length, 1);
  }
});

Deno.test("a link that has not come round for a minute is complained of", async () => {
  let isStuck = false;
  await using bed: Bed = new Bed(web, {
    access: {
      connect: async (path, signal) => {
        return await portsOf(bed.sim).connect(path, signal);
      },
      socketIdentity: async () => {
        if (isStuck) await new Promise(() => {});
        return "socket";
      },
    },
  });
  await bed.start();
  assert.equal(bed.vpp.complaint(), undefined);
  isStuck = true;
  bed.sim.kill();
  await bed.pass(50_000);
  assert.equal(bed.vpp.complaint(), undefined);
  await bed.pass(15_000);
  assert.match(bed.vpp.complaint() ?? "", /did not come for 6\d s$/);
  await bed.pass(935_000);
  assert.match(bed.vpp.complaint() ?? "", /did not come for 1000 s$/);
});
