import assert from "node:assert/strict";
import type { BroadcastLimits } from "../../lib/web/broadcast.ts";
import { BroadcastBed, link, messageOf } from "./support/broadcast_bed.ts";

Deno.test("of one maglevd 500 outcomes are told a second, unless said otherwise", async () => {
  using bed = new BroadcastBed();
  bed.follow("e-0");
  const pulses = Array.from({ length: 700 }, (_, i) => [`${i}`, true, "L7OK", 1] as const);
  bed.broadcast.publish("rtr1", { kind: "pulses", at: 0, pulses });
  await bed.clock.advanceAsync(2_000);
  const counts = bed.sent.flatMap((text) =>
    messageOf(text).told.map(([, each]) => each.kind === "pulses" ? each.pulses.length : 0)
  );
  assert.deepEqual(counts, [500, 200]);
});

Deno.test("replays are bounded in octets as well", async () => {
  using bed = new BroadcastBed({ replayBytes: 1_000 });
  for (let i = 0; i < 5; i++) {
    bed.broadcast.publish("rtr1", link("x".repeat(300)));
    await bed.clock.advanceAsync(100);
  }
  const sent: string[] = [];
  bed.follow("e-0", sent);
  assert.match(sent[0] ?? "", /^event: resync/);
  bed.follow("e-3", sent);
  assert.equal(sent.length, 3);
});

Deno.test("unless said otherwise messages of 30 s are sent again, 2,000 of them and 32 MiB", async () => {
  const isThere = (bed: BroadcastBed, id: string) => {
    const sent: string[] = [];
    bed.follow(id, sent)();
    return !sent.some((text) => text.startsWith("event: resync"));
  };
  const first = async (limits: Partial<BroadcastLimits>, reason = "") => {
    const bed = new BroadcastBed(limits);
    bed.broadcast.publish("rtr1", link(reason));
    await bed.clock.advanceAsync(10);
    return bed;
  };
  {
    using bed = await first({});
    bed.clock.advance(30_000);
    assert.equal(isThere(bed, "e-0"), true);
    bed.clock.advance(1);
    assert.equal(isThere(bed, "e-0"), false);
  }
  {
    using bed = await first({ togetherMs: 0, companyMs: 0 });
    for (let i = 0; i < 2_000; i++) {
      bed.broadcast.publish("rtr1", link(""));
      await bed.clock.advanceAsync(0);
    }
    assert.deepEqual([isThere(bed, "e-1"), isThere(bed, "e-0")], [true, false]);
  }
  const mebi = 1024 * 1024;
  for (
    const [limits, most] of [[{}, mebi], [{ messageBytes: Infinity }, 32 * mebi]] as const
  ) {
    using short = await first(limits);
    const sent: string[] = [];
    short.follow("e-0", sent);
    const room = most - (sent[0]?.length ?? 0);
    using fits = await first(limits, "x".repeat(room));
    using exceeds = await first(limits, "x".repeat(room + 1));
    assert.deepEqual([isThere(fits, "e-0"), isThere(exceeds, "e-0")], [true, false]);
  }
});

Deno.test("of the journal 30 entries go into a message, unless said otherwise", async () => {
  using bed = new BroadcastBed();
  bed.follow("e-0");
  for (let i = 1; i <= 40; i++) {
    const names = { kind: "audit", backend: "", frontend: "", actor: "", to: "" };
    // An older maglevd does not number them.
    const seq = 0;
    bed.broadcast.publish("rtr1", {
      ...{ kind: "event", about: "audit" },
      event: { seq, atUnixNs: i * 1e6, actor: undefined, event: { case: undefined } } as never,
      entry: () => ({ seq, at: 0, ...names, what: "", why: "" }),
    });
  }
  await bed.clock.advanceAsync(100);
  const entries = messageOf(bed.sent[0]).told.flatMap(([, each]) =>
    each.kind === "delta" ? each.entries ?? [] : []
  );
  assert.equal(entries.length, 30);
  const more = entries.find(({ kind }) => kind === "more");
  assert.match(more?.what ?? "", /^11 more events/);
  assert.deepEqual([more?.seq, more?.at], [0, 11]);
});

Deno.test("what was too long for everybody takes no room from what may be sent again", async () => {
  const told = async (limits: Partial<BroadcastLimits>) => {
    using bed = new BroadcastBed({ messageBytes: 1_000, ...limits });
    bed.follow("e-0");
    for (const length of [100, 2_000, 100, 100]) {
      bed.broadcast.publish("rtr1", link("x".repeat(length)));
      await bed.clock.advanceAsync(100);
    }
    const again: string[] = [];
    bed.follow("e-2", again);
    return { sent: bed.sent, again };
  };
  const { sent } = await told({});
  const replayBytes = sent.slice(2).join("").length;
  const { again } = await told({ replayBytes });
  assert.deepEqual(again, sent.slice(2));
  // An octet less, and the older of the two is forgotten.
  assert.match((await told({ replayBytes: replayBytes - 1 })).again.join(""), /^event: resync/);
});

Deno.test("a message longer than it should be is none: everybody reads anew", async () => {
  using bed = new BroadcastBed({ messageBytes: 1_000 });
  bed.follow("e-0");
  bed.broadcast.publish("rtr1", link("short"));
  await bed.clock.advanceAsync(100);
  bed.broadcast.publish("rtr1", link("x".repeat(2_000)));
  await bed.clock.advanceAsync(100);
  bed.broadcast.publish("rtr1", link("short again"));
  await bed.clock.advanceAsync(100);
  const [first, second, third] = bed.sent.map((text) => text.split("\n", 1)[0]);
  assert.deepEqual([first, second, third], ["id: e-1", "event: resync", "id: e-3"]);
  // Nobody can go on behind what was not sent.
  const sent: string[] = [];
  bed.follow("e-1", sent);
  assert.match(sent[0] ?? "", /^event: resync/);
  assert.equal(bed.broadcast.state("rtr1")?.link.reason, "short again");
});
