import assert from "node:assert/strict";
import { Scheduler } from "../../lib/probing/scheduler.ts";
import { FakeClock } from "../../lib/time/mod.ts";

function scheduler(clock = new FakeClock()) {
  const ran: { owner: number; at: number }[] = [];
  const scheduler = new Scheduler(clock, (owner) => ran.push({ owner, at: clock.now() }));
  return { clock, ran, scheduler };
}

Deno.test("a timer runs at most one tick after it is due", () => {
  const { clock, ran, scheduler: it } = scheduler();
  assert.deepEqual(it.punctuality(), { delayed: 0, late: 0, maxLatenessMs: 0, stalls: 0 });
  it.at(1, 101);
  clock.advance(1_000);
  assert.deepEqual(ran, [{ owner: 1, at: 110 }]);
  assert.deepEqual(it.punctuality(), { delayed: 0, late: 0, maxLatenessMs: 9, stalls: 0 });
});

Deno.test("an earlier timer set later pulls the alarm forward", () => {
  const { clock, ran, scheduler: it } = scheduler();
  it.at(1, 1_000);
  it.at(2, 100);
  clock.advance(2_000);
  assert.deepEqual(ran, [{ owner: 2, at: 100 }, { owner: 1, at: 1_000 }]);
});

Deno.test("it sleeps when nothing is due: one alarm, none when closed", () => {
  const { clock, scheduler: it } = scheduler();
  assert.equal(clock.pending, 0);
  for (let i = 0; i < 100; i++) it.at(i, 10_000 - i);
  assert.equal(clock.pending, 1);
  it.close();
  assert.equal(clock.pending, 0);
  it.at(1, 5);
  assert.equal(clock.pending, 0);
});

Deno.test("closing from within a run stops the batch", () => {
  const clock = new FakeClock();
  let ran = 0;
  const it: Scheduler = new Scheduler(clock, () => {
    ran++;
    it.close();
  });
  for (let i = 0; i < 10; i++) it.at(i, 10);
  clock.advance(1_000);
  assert.equal(ran, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("a run that throws does not end the schedule", () => {
  const clock = new FakeClock();
  let ran = 0;
  const it = new Scheduler(clock, () => {
    if (++ran === 1) throw new Error("a defect");
  });
  it.at(1, 10);
  it.at(2, 10);
  assert.throws(() => clock.advance(100), /a defect/);
  clock.advance(100);
  assert.equal(ran, 2);
  it.close();
});

Deno.test("what falls due at one moment runs in batches with the event loop in between", () => {
  const clock = new FakeClock();
  let turns = 0;
  const perTurn: number[] = [];
  const it = new Scheduler(
    {
      now: () => clock.now(),
      wall: () => clock.wall(),
      after: (delay, run) =>
        clock.after(delay, () => {
          turns++;
          run();
        }),
      turn: clock.turn,
    },
    () => perTurn[turns] = (perTurn[turns] ?? 0) + 1,
  );
  for (let i = 0; i < 1_000; i++) it.at(i, 50);
  clock.advance(100);
  assert.deepEqual(perTurn.filter(Boolean), [...Array(62).fill(16), 8]);
});

Deno.test("after a suspension the schedule goes on where it stood instead of bursting", () => {
  const { clock, ran, scheduler: it } = scheduler();
  for (let i = 0; i < 1_000; i++) it.at(i, 100 + i * 10);
  clock.advance(2_000);
  const before = ran.length;
  clock.jump(3_600_000);
  assert.ok(ran.length - before <= 2, `${ran.length - before} at once`);
  clock.advance(1_000);
  assert.ok(Math.abs(ran.length - before - 100) <= 2, `${ran.length - before} within a second`);
  clock.advance(7_500);
  assert.equal(ran.length, 1_000);
});

Deno.test("a suspension shows in the figures", () => {
  const { clock, scheduler: it } = scheduler();
  for (let i = 0; i < 10; i++) it.at(i, 1_000 + i * 100);
  clock.jump(1_600);
  assert.deepEqual(it.punctuality(), { delayed: 6, late: 6, maxLatenessMs: 600, stalls: 1 });
});

Deno.test("a timer that waits through one standstill after the other is late once", () => {
  const { clock, ran, scheduler: it } = scheduler();
  for (let i = 0; i < 100; i++) it.at(i, 1_000 + 5 * i);
  clock.advance(1_000);
  // Starved: each turn of the loop comes 150 ms after the one before, and runs a few timers.
  while (ran.length < 100) clock.jump(150);
  const { delayed, late, stalls } = it.punctuality();
  assert.ok(delayed >= late && delayed <= 100, `${delayed} of 100 delayed`);
  assert.ok(stalls > 3, `${stalls} stalls`);
  assert.ok(late > 50 && late < 100, `${late} of 100 late`);
  it.close();
});

Deno.test("only what counts is counted as late, whether it ran or waits", () => {
  const clock = new FakeClock();
  const it = new Scheduler(clock, () => {}, (owner) => owner % 2 === 1);
  for (let i = 0; i < 10; i++) it.at(i, 100 + i);
  clock.jump(180);
  assert.deepEqual([it.punctuality().delayed, it.punctuality().late], [5, 5]);
  for (let i = 0; i < 10; i++) it.at(i, 300);
  clock.jump(1_000);
  assert.deepEqual([it.punctuality().delayed, it.punctuality().late], [10, 10]);
  it.close();
});

Deno.test("a short hiccup is caught up with, and counts as late beyond 50 ms", () => {
  const { clock, ran, scheduler: it } = scheduler();
  it.at(1, 100);
  it.at(2, 140);
  clock.jump(180);
  assert.equal(ran.length, 2);
  assert.deepEqual(it.punctuality(), { delayed: 2, late: 1, maxLatenessMs: 80, stalls: 0 });
});

Deno.test("what is set right after a standstill, before its alarm, is not moved with the rest", () => {
  const clock = new FakeClock();
  const ran: { owner: number; at: number }[] = [];
  const it = new Scheduler(clock, (owner) => ran.push({ owner, at: clock.now() }));
  // A prober's timer falls due first when the process goes on.
  clock.after(50, () => it.at(2, it.now()));
  it.at(1, 1_000);
  clock.jump(3_600_000);
  clock.advance(100);
  assert.deepEqual(ran.find(({ owner }) => owner === 2), { owner: 2, at: 3_600_000 });
  const { stalls, maxLatenessMs } = it.punctuality();
  assert.deepEqual({ stalls, maxLatenessMs }, { stalls: 1, maxLatenessMs: 3_599_000 });
  it.close();
});

/** A clock, and how many alarms were set by it. */
function counting(run: (owner: number) => void = () => {}) {
  const clock = new FakeClock();
  let alarms = 0;
  const counted = {
    now: () => clock.now(),
    wall: () => clock.wall(),
    after: (delay: number, run: () => void) => {
      alarms++;
      return clock.after(delay, run);
    },
    turn: clock.turn,
  };
  const ran: [owner: number, at: number][] = [];
  const it = new Scheduler(counted, (owner) => {
    ran.push([owner, clock.now()]);
    run(owner);
  });
  return { clock, it, ran, alarms: () => alarms };
}

Deno.test("a timer of the tick that the alarm is set for sets no other alarm", () => {
  const { clock, it, ran, alarms } = counting();
  it.at(1, 19);
  it.at(2, 12);
  it.at(3, 30);
  assert.equal(alarms(), 1);
  it.at(4, 10);
  assert.equal(alarms(), 2);
  clock.advance(100);
  assert.deepEqual(ran, [[4, 10], [1, 20], [2, 20], [3, 30]]);
  it.close();
});

Deno.test("what is set after an hour without anything is waited for at once", () => {
  const { clock, it, ran, alarms } = counting();
  const hour = 3_600_000;
  clock.advance(hour);
  it.at(1, hour + 100);
  clock.advance(100);
  assert.deepEqual([ran, alarms()], [[[1, hour + 100]], 1]);
});

Deno.test("what is set within a batch is waited for when that is over, by one alarm", () => {
  const { clock, it, alarms } = counting((owner) => {
    if (clock.now() < 100) it.at(owner, 1_000 - 100 * owner);
  });
  for (let i = 0; i < 5; i++) it.at(i, 50);
  clock.advance(500);
  assert.equal(alarms(), 2);
  it.close();
});

Deno.test("a batch ends when 4 ms have passed", () => {
  const clock = new FakeClock();
  let spent = 0;
  const perTurn: number[] = [0];
  const it = new Scheduler(
    {
      now: () => clock.now() + spent,
      wall: () => clock.wall(),
      after: (delay, run) => {
        return clock.after(delay, () => {
          perTurn.push(0);
          run();
        });
      },
      turn: clock.turn,
    },
    () => {
      spent++;
      perTurn[perTurn.length - 1] = (perTurn.at(-1) ?? 0) + 1;
    },
  );
  for (let i = 0; i < 12; i++) it.at(i, 50);
  clock.advance(50);
  assert.deepEqual(perTurn.filter(Boolean), [5, 5, 2], "one more begins at the fourth");
  it.close();
});

Deno.test("late is what comes more than 50 ms after it was due, a standstill more than 100 ms", () => {
  const cases = [
    [50, { delayed: 1, late: 0, maxLatenessMs: 50, stalls: 0 }],
    [51, { delayed: 1, late: 1, maxLatenessMs: 51, stalls: 0 }],
    [100, { delayed: 1, late: 1, maxLatenessMs: 100, stalls: 0 }],
    [101, { delayed: 1, late: 1, maxLatenessMs: 101, stalls: 1 }],
  ] as const;
  for (const [byMs, figures] of cases) {
    const { clock, ran, scheduler: it } = scheduler();
    it.at(1, 1_000);
    it.at(2, 2_000);
    clock.jump(1_000 + byMs);
    assert.deepEqual(it.punctuality(), figures);
    clock.advance(2_000);
    const next = figures.stalls > 0 ? 2_000 + byMs : 2_000;
    assert.deepEqual(ran[1], { owner: 2, at: next }, "only a standstill moves the schedule");
  }
});

Deno.test("delayed is what comes more than 10 ms after its tick, also in a standstill", () => {
  const cases = [
    // Due at a tick's end: 10 ms later is in time, and more is not.
    { due: 1_000, at: 1_010, delayed: 0 },
    { due: 1_000, at: 1_010.5, delayed: 1 },
    // Due within a tick, it cannot come before that ends.
    { due: 991, at: 1_010, delayed: 0 },
    { due: 991, at: 1_010.5, delayed: 1 },
    { due: 1_001, at: 1_010.5, delayed: 0 },
  ];
  for (const { due, at, delayed } of cases) {
    const { clock, scheduler: it } = scheduler();
    it.at(1, due);
    clock.jump(at);
    assert.equal(it.punctuality().delayed, delayed, `${due} at ${at}`);
    // In a standstill it may still wait when it is counted: behind what is found out first.
    const other = scheduler();
    other.scheduler.at(1, 500);
    other.scheduler.at(2, due);
    other.clock.jump(at);
    assert.equal(other.scheduler.punctuality().delayed, 1 + delayed, `${due} at ${at}, waiting`);
  }
});

Deno.test("time that is asked for in a standstill is time without it", () => {
  for (const [byMs, now] of [[100, 1_100], [101, 1_000]] as const) {
    const { clock, scheduler: it } = scheduler();
    assert.equal(it.now(), 0);
    it.at(1, 1_000);
    clock.after(0, () => assert.equal(it.now(), now));
    clock.jump(1_000 + byMs);
    it.close();
  }
});

Deno.test("what a run sets counts from when its batch looked at the clock, however long it takes", () => {
  const clock = new FakeClock();
  const due: number[] = [];
  const it: Scheduler = new Scheduler(clock, (timer) => {
    if (timer > 2) return;
    clock.advance(3);
    it.at(3, 0);
    it.after(4, 100);
    due.push(it.due(3), it.due(4));
    it.clear(3);
    it.clear(4);
  });
  it.at(1, 10);
  clock.advance(10);
  assert.deepEqual(due, [10, 110]);
});
