import assert from "node:assert/strict";
import { chunkOf } from "../../lib/h1/answer.ts";
import { resync } from "../../lib/web/broadcast.ts";
import type { Backend, Change, WholeState } from "../../lib/web/wire.ts";
import { BroadcastBed, link, messageOf } from "./support/broadcast_bed.ts";

Deno.test("what changes within a tenth of a second is one message, for all the same octets", async () => {
  using bed = new BroadcastBed();
  const others: Uint8Array[] = [];
  const own: Uint8Array[] = [];
  bed.broadcast.subscribe({ send: (octets) => others.push(octets) }, "e-0");
  bed.broadcast.subscribe({ send: (octets) => own.push(octets) }, "e-0");
  bed.follow("e-0");
  // The first goes out with what follows from it,
  bed.broadcast.publish("rtr1", link("first"));
  await bed.clock.advanceAsync(9);
  bed.broadcast.publish("rtr2", link("its consequence"));
  assert.deepEqual(bed.sent, []);
  await bed.clock.advanceAsync(1);
  assert.equal(bed.sent.length, 1);
  assert.equal(messageOf(bed.sent[0]).told.length, 2);
  // all others a tenth of a second behind it.
  bed.broadcast.publish("rtr1", link("a"));
  await bed.clock.advanceAsync(99);
  bed.broadcast.publish("rtr2", link("b"));
  assert.equal(bed.sent.length, 1);
  await bed.clock.advanceAsync(1);
  assert.equal(bed.sent.length, 2);
  assert.match(bed.sent[1] ?? "", /^id: e-2\ndata: .*\n\n$/);
  assert.deepEqual(messageOf(bed.sent[1]).told, [["rtr1", link("a")], ["rtr2", link("b")]]);
  assert.equal(own[1], others[1]);
  // And framed once.
  assert.equal(chunkOf(own[1] ?? resync), chunkOf(others[1] ?? resync));
  assert.equal(bed.broadcast.state("rtr1")?.link.reason, "a");
  assert.equal(bed.broadcast.messages, 2);
  // Behind silence one waits for its company alone.
  await bed.clock.advanceAsync(95);
  bed.broadcast.publish("rtr1", link("late"));
  await bed.clock.advanceAsync(9);
  assert.equal(bed.sent.length, 2);
  await bed.clock.advanceAsync(1);
  assert.equal(bed.sent.length, 3);
});

Deno.test("whoever wants to know which maglevds are heard is told when that changes, and not else", async () => {
  using bed = new BroadcastBed();
  const pulses: Change = { kind: "pulses", at: 0, pulses: [["a", true, "L7OK", 1]] };
  bed.broadcast.publish("rtr1", pulses);
  await bed.clock.advanceAsync(1_000);
  assert.deepEqual([bed.broadcast.messages, bed.linked], [1, 0]);
  bed.broadcast.publish("rtr1", pulses);
  bed.broadcast.publish("rtr2", link("gone"));
  await bed.clock.advanceAsync(1_000);
  assert.equal(bed.linked, 1);
});

Deno.test("what changes nothing is not told", async () => {
  using bed = new BroadcastBed();
  bed.follow("e-0");
  bed.broadcast.publish("rtr1", { kind: "reading", goneBackends: ["nobody"] });
  await bed.clock.advanceAsync(1_000);
  assert.deepEqual([bed.sent, bed.broadcast.messages], [[], 0]);
  bed.broadcast.publish("rtr1", link("first"));
  await bed.clock.advanceAsync(1_000);
  assert.equal(bed.broadcast.messages, 1);
});

Deno.test("outcomes of probes wait for company, the newest of each backend, so many at a time", async () => {
  using bed = new BroadcastBed({ pulses: 2 });
  bed.follow("e-0");
  const pulse = (name: string, ms: number) => [name, true, "L7OK", ms] as const;
  bed.broadcast.publish("rtr1", { kind: "pulses", at: 0, pulses: [pulse("a", 1), pulse("b", 1)] });
  bed.broadcast.publish("rtr1", { kind: "pulses", at: 0, pulses: [pulse("a", 2), pulse("c", 1)] });
  await bed.clock.advanceAsync(999);
  assert.equal(bed.sent.length, 0);
  await bed.clock.advanceAsync(1);
  assert.partialDeepStrictEqual(messageOf(bed.sent[0]).told, [
    ["rtr1", { pulses: [["a", true, "L7OK", 2], ["b", true, "L7OK", 1]] }],
  ]);
  bed.broadcast.publish("rtr1", link("x"));
  await bed.clock.advanceAsync(100);
  const told = () => messageOf(bed.sent.at(-1)).told.map(([, { kind }]) => kind);
  assert.deepEqual(told(), ["link"], "no more in this second, whatever else is told");
  await bed.clock.advanceAsync(1_000);
  assert.equal(bed.sent.length, 3);
  assert.deepEqual(told(), ["pulses"]);
  bed.broadcast.publish("rtr1", { kind: "pulses", at: 0, pulses: [pulse("a", 3)] });
  bed.broadcast.publish("rtr1", link("y"));
  await bed.clock.advanceAsync(100);
  assert.deepEqual(told(), ["link", "pulses"], "one is left of this second");
  await bed.clock.advanceAsync(5_000);
  assert.equal(bed.sent.length, 4);
});

Deno.test("what is running does not wait for company, and whoever reads all has it as well", async () => {
  using bed = new BroadcastBed({ pulses: 2 });
  bed.follow("e-0");
  const about = { kind: "pulses", at: 0, pulses: [] } as const;
  const backend = (
    name: string,
  ) => ({ name, frontends: [], transitions: [] } as unknown as Backend);
  bed.broadcast.publish("rtr1", { kind: "reading", backends: ["a", "b", "c"].map(backend) });
  bed.broadcast.publish("rtr1", { ...about, running: [["a", 1], ["b", 2], ["c", 3]] });
  bed.broadcast.publish("rtr1", { ...about, running: [["a", 0]] });
  const next = async (ms: number) => {
    await bed.clock.advanceAsync(ms);
    const news = messageOf(bed.sent.pop()).told.map(([, each]) => each);
    assert.equal(bed.sent.length, 0);
    return news.flatMap((each) => each.kind === "pulses" ? [each] : []);
  };
  const known = () => [...bed.broadcast.state("rtr1")?.running ?? []];
  assert.partialDeepStrictEqual(await next(100), [{ running: [["a", 0], ["b", 2]] }]);
  assert.partialDeepStrictEqual(await next(1_000), [{ running: [["c", 3]] }]);
  assert.deepEqual(known(), [["b", 2], ["c", 3]]);
  const whole: WholeState = JSON.parse(new TextDecoder().decode(await bed.broadcast.whole()));
  assert.deepEqual(whole.servers[0]?.running, [["b", 2], ["c", 3]]);
  bed.broadcast.publish("rtr1", { ...about, running: [["b", 4]] });
  bed.broadcast.publish("rtr1", { ...about, running: [["c", 5]], isAnew: true });
  bed.broadcast.publish("rtr1", { ...about, running: [], isAnew: false });
  const [last] = await next(100);
  assert.deepEqual([last?.isAnew, last?.running], [true, [["c", 5]]]);
  assert.deepEqual(known(), [["c", 5]]);
  bed.broadcast.publish("rtr1", { ...about, isAnew: true });
  assert.partialDeepStrictEqual(await next(1_000), [{ isAnew: true }]);
  assert.deepEqual(known(), []);
  bed.broadcast.publish("rtr1", { ...about, pulses: [["a", true, "L7OK", 1]] });
  assert.deepEqual(Object.keys((await next(1_000))[0] ?? {}), ["kind", "at", "pulses"]);
});

Deno.test("what was missed is sent again for a while, else all is to be read anew", async () => {
  using bed = new BroadcastBed({ replayMs: 1_000, replayMessages: 3 });
  const publish = async (count: number) => {
    for (let i = 0; i < count; i++) {
      bed.broadcast.publish("rtr1", link(`${i}`));
      await bed.clock.advanceAsync(100);
    }
  };
  const behind = (id: string) => {
    const sent: string[] = [];
    bed.follow(id, sent)();
    return sent.map((text) => /^(?:id: (\S+)|event: (\S+))/.exec(text)?.slice(1).join(""));
  };
  await publish(2);
  assert.deepEqual(behind("e-0"), ["e-1", "e-2"]);
  assert.deepEqual(behind("e-2"), []);
  await publish(2);
  assert.deepEqual(behind("e-0"), ["resync"]);
  assert.deepEqual(behind("e-1"), ["e-2", "e-3", "e-4"]);
  for (const id of ["", "e", "e-", "e-5", "f-4", "e-1.5", "e--1"]) {
    assert.deepEqual(behind(id), ["resync"], id);
  }
  await bed.clock.advanceAsync(2_000);
  assert.deepEqual(behind("e-3"), ["resync"]);
  assert.deepEqual(behind("e-4"), []);
});

Deno.test("one probe that takes long is told at once, the news that none does is not", async () => {
  using bed = new BroadcastBed();
  bed.follow("e-0");
  const about = { kind: "pulses", at: 0, pulses: [["a", true, "L7OK", 1]] } as const;
  bed.broadcast.publish("rtr1", { ...about, running: [] });
  await bed.clock.advanceAsync(999);
  assert.equal(bed.sent.length, 0);
  await bed.clock.advanceAsync(1);
  assert.equal(bed.sent.length, 1);
  bed.broadcast.publish("rtr1", { ...about, running: [["a", 5]] });
  await bed.clock.advanceAsync(100);
  assert.equal(bed.sent.length, 2);
});

Deno.test("who has told everything waits for the next sign of life, and for nothing else", async () => {
  using bed = new BroadcastBed();
  bed.broadcast.publish("rtr1", link("first"));
  bed.broadcast.publish("rtr1", { kind: "pulses", at: 0, pulses: [["a", true, "L7OK", 1]] });
  await bed.clock.advanceAsync(1_000);
  assert.equal(bed.broadcast.messages, 1);
  assert.equal(bed.clock.pending, 1);
});

Deno.test("outcomes and running probes that did not fit in come with the next, as many as there are", async () => {
  using bed = new BroadcastBed({ pulses: 2 });
  bed.follow("e-0");
  const names = ["a", "b", "c"];
  bed.broadcast.publish("rtr1", {
    ...{ kind: "pulses", at: 0, pulses: names.map((name) => [name, true, "L7OK", 1]) },
    running: names.map((name) => [name, 1]),
  });
  bed.broadcast.publish("rtr2", { kind: "pulses", at: 0, pulses: [["a", true, "L7OK", 1]] });
  await bed.clock.advanceAsync(1_009);
  assert.equal(bed.sent.length, 1);
  await bed.clock.advanceAsync(1);
  const told = bed.sent.flatMap((text) => messageOf(text).told.map(([, each]) => each));
  assert.partialDeepStrictEqual(told, [
    { pulses: [["a"], ["b"]], running: [["a"], ["b"]] },
    { pulses: [["a"]] },
    { pulses: [["c"]], running: [["c"]] },
  ]);
});

Deno.test("the whole state is written once for all who ask, and is that of its number", async () => {
  using bed = new BroadcastBed();
  const read = async () => JSON.parse(new TextDecoder().decode(await bed.broadcast.whole()));
  const first = await bed.broadcast.whole();
  assert.equal(await bed.broadcast.whole(), first);
  assert.equal((await read()).id, "e-0");
  bed.broadcast.publish("rtr2", link("gone"));
  assert.equal(await bed.broadcast.whole(), first);
  await bed.clock.advanceAsync(100);
  const { id, servers } = await read();
  assert.deepEqual([id, servers[1].link.reason, servers[0].link.state], ["e-1", "gone", "new"]);
});

Deno.test("in slices of others' turns all is of one moment, and what is new meanwhile comes next", async () => {
  using bed = new BroadcastBed();
  const { broadcast, clock } = bed;
  const waiting: (() => void)[] = [];
  clock.turn = { isOver: true, next: () => new Promise((resolve) => void waiting.push(resolve)) };
  const give = async (until = () => false) => {
    for (let next = waiting.shift(); next; next = until() ? undefined : waiting.shift()) {
      next();
      await clock.advanceAsync(0);
    }
  };
  bed.follow("e-0");
  broadcast.publish("rtr1", link("a"));
  await clock.advanceAsync(100);
  broadcast.publish("rtr2", link("b"));
  await clock.advanceAsync(10_000);
  assert.deepEqual([bed.sent.length, broadcast.messages], [0, 0]);
  const before = broadcast.whole();
  assert.equal(broadcast.whole(), before);
  await give(() => broadcast.messages === 1);
  assert.equal(bed.sent.length, 1);
  assert.deepEqual(messageOf(bed.sent[0]).told, [["rtr1", link("a")]]);
  assert.equal(broadcast.whole(), before);
  // What is new has waited while the other was told.
  await give();
  assert.deepEqual([bed.sent.length, broadcast.messages], [2, 2]);
  assert.deepEqual(messageOf(bed.sent[1]).told, [["rtr2", link("b")]]);
  assert.deepEqual(bed.sent.map((text) => text.split("\n", 1)[0]), ["id: e-1", "id: e-2"]);
  const { id, servers } = JSON.parse(new TextDecoder().decode(await before));
  assert.deepEqual([id, servers[0].link.state], ["e-0", "new"]);
  assert.notEqual(broadcast.whole(), before);
  await give();
  // One that is closed meanwhile tells nothing any more, and sets no timer.
  broadcast.publish("rtr1", link("c"));
  await clock.advanceAsync(100);
  broadcast.publish("rtr1", link("d"));
  broadcast.close();
  await give();
  assert.deepEqual([bed.sent.length, clock.pending], [2, 0]);
});

Deno.test("many are sent a message in several turns, who comes meanwhile included, each once", async () => {
  using bed = new BroadcastBed();
  const { broadcast, clock } = bed;
  const waiting: (() => void)[] = [];
  clock.turn = { isOver: false, next: () => new Promise((resolve) => void waiting.push(resolve)) };
  let sent = 0;
  const come = (id: string) => broadcast.subscribe({ send: () => sent++ }, id);
  for (let i = 0; i < 250; i++) come("e-0");
  broadcast.publish("rtr1", link("a"));
  await clock.advanceAsync(100);
  assert.equal(sent, 100);
  come("e-0");
  come("e-1");
  assert.equal(sent, 101);
  for (const more of [100, 50]) {
    const before: number = sent;
    waiting.shift()?.();
    await clock.advanceAsync(0);
    assert.equal(sent, before + more);
  }
  assert.equal(waiting.length, 0);
});

Deno.test("a sign of life comes every 15 s", () => {
  using bed = new BroadcastBed();
  bed.follow("e-0");
  bed.clock.advance(30_000);
  assert.deepEqual(bed.sent, [": alive\n\n", ": alive\n\n"]);
});
