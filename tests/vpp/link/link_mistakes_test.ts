import assert from "node:assert/strict";
import { NetError } from "../../../lib/net/mod.ts";
import { portsOf } from "../../../lib/sim/mod.ts";
import { FatalError } from "../../../lib/supervisor/mod.ts";
import { SegmentError, type StatsSegment } from "../../../lib/vppclient/mod.ts";
import { steer } from "../../support/steer.ts";
import { Bed } from "../support/bed.ts";
import { inStep, web } from "../support/sync.ts";

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

Deno.test("a boot time that is missing is unknown", async () => {
  await using bed: Bed = new Bed(web, {
    access: { openSegment: withBootTime(undefined, () => bed) },
  });
  await bed.start();
  assert.equal(bed.vpp.info()?.bootTime, 0);
  assert.equal(bed.log.named("vpp-connect")[0]?.boottime, "unknown");
});

Deno.test("a VPP whose stats segment makes no sense is looked after all the same", async () => {
  const error = new SegmentError("the stats segment has version 3");
  await using bed: Bed = new Bed(web, { access: { openSegment: () => Promise.reject(error) } });
  await bed.start();
  await bed.pass(60_000);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
  assert.equal(bed.vpp.counters()?.at, 0);
  const told = bed.log.named("vpp-stats-unreadable");
  assert.deepEqual(told.map(({ err }) => err), [error.message, error.message]);
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
  assert.match(String(record?.stack), /link_mistakes_test/);
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
  steer(bed.checker).pause("b1");
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
