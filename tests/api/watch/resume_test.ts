import fc from "fast-check";
import assert from "node:assert/strict";
import type { SharedEvent } from "../../../lib/api/watch/stream.ts";
import type { EventQueue } from "../../../lib/rpc/queue.ts";
import { steer } from "../../support/steer.ts";
import { CheckerBed } from "../support/checker_bed.ts";
import { smallConfig } from "../support/small_config.ts";
import { drain, type HubBed, hubBed, take } from "../support/watch.ts";

const streamId = "this-run";

Deno.test("a stream of changes begins by saying where, and says when the opening state is over", async () => {
  using beds = hubBed();
  beds.bed.move("web0", "up");
  const queue = await beds.watch({ changes: true, frontend: false });
  beds.bed.move("web1", "up");
  assert.deepEqual(drain(queue), [
    "present from 5",
    "web0 up-up",
    "web1 unknown-unknown",
    "web2 unknown-unknown",
    "web3 unknown-unknown",
    "heartbeat 5",
    "6: web1 unknown-up",
    "7: api/web1 kept-100",
    "8: www/web1 kept-100",
  ]);
});

Deno.test("who goes on gets what it missed and nothing else, then what happens", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.move("web0", "up");
  steer(bed.checker).disable("web1", { name: "operator", from: "192.0.2.7" });
  const queue = await beds.watch({ changes: true, since: { streamId, seq: 4n } });
  steer(bed.checker).enable("web1");
  assert.deepEqual(drain(queue), [
    "resumed from 4",
    "5: www unknown-up",
    "6: disable web1",
    "7: web1 unknown-disabled",
    "8: api/web1 kept-0",
    "9: www/web1 kept-0",
    "heartbeat 9",
    "10: enable web1",
    "11: web1 disabled-unknown",
  ]);
});

Deno.test("what is missed is filtered as what happens is", async () => {
  using beds = hubBed();
  beds.bed.move("web0", "up");
  steer(beds.bed.checker).disable("web1");
  const queue = await beds.watch({
    ...{ changes: true, kinds: ["operator"], backend: false },
    since: { streamId, seq: 0n },
  });
  assert.deepEqual(drain(queue), [
    "resumed from 0",
    "3: api unknown-up",
    "5: www unknown-up",
    "6: disable web1",
    "heartbeat 9",
  ]);
});

Deno.test("who goes on where nothing happened since waits for what happens", async () => {
  using beds = hubBed();
  for (const name of ["", "web0"]) {
    if (name) steer(beds.bed.checker).disable(name);
    const seq = BigInt(beds.bed.journal.newestSeq);
    const queue = await beds.watch({ since: { streamId, seq } });
    assert.deepEqual(drain(queue), [`resumed from ${seq}`, `heartbeat ${seq}`]);
  }
});

for (
  const [what, since, reason] of [
    ["another run", { streamId: "older", seq: 2n }, "maglevd was restarted meanwhile"],
    [
      "the far past",
      { streamId, seq: 1n },
      "not all events behind 1 are kept",
    ],
    ["the future", { streamId, seq: 15n }, "event 15 has not happened yet: the last one is 14"],
    ["beyond all numbers", { streamId, seq: 2n ** 64n - 1n }, "has not happened yet"],
  ] as const
) {
  Deno.test(`who asks for ${what} is told why it gets the present state`, async () => {
    using beds = hubBed({ bed: new CheckerBed(smallConfig(2), 4) });
    for (const name of ["web0", "web1"]) steer(beds.bed.checker).disable(name);
    steer(beds.bed.checker).enable("web0");
    const [first = "", ...rest] = drain(await beds.watch({ frontend: false, since }));
    assert.ok(first.startsWith("present from 14: "), first);
    assert.ok(first.includes(reason), first);
    assert.deepEqual(rest, [
      "web0 unknown-unknown",
      "web1 disabled-disabled",
      "heartbeat 14",
    ]);
  });
}

Deno.test("a client that asks for signs of life alone hears where the stream begins", async () => {
  using beds = hubBed();
  const off = { log: false, backend: false, frontend: false };
  assert.deepEqual(drain(await beds.watch({ ...off, heartbeat: true })), [
    "present from 0",
    "heartbeat 0",
  ]);
  assert.deepEqual(drain(await beds.watch({ ...off, changes: true, heartbeat: false })), [
    "present from 0",
  ]);
});

Deno.test("wherever a client breaks off, going on tells it every event exactly once", async () => {
  const seed = 20261122;
  const states = ["up", "down", "paused", "disabled", "unknown"] as const;
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ backend: fc.nat(3), to: fc.constantFrom(...states) }) },
    { weight: 3, arbitrary: fc.record({ read: fc.nat(12) }) },
    { weight: 2, arbitrary: fc.constant("break" as const) },
    { weight: 1, arbitrary: fc.constantFrom("hold" as const, "tell" as const, "release" as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      using beds = hubBed();
      const client = new Client(beds);
      await client.connect();
      for (const each of steps) {
        if (each === "hold") beds.bed.hold();
        else if (each === "tell") beds.bed.tellOne();
        else if (each === "release") beds.bed.release();
        else if (each === "break") await client.connect();
        else if ("read" in each) client.read(each.read);
        else beds.bed.move(`web${each.backend}`, each.to);
      }
      beds.bed.release();
      await client.connect();
      client.read(Infinity);
      assert.deepEqual(client.seen, beds.bed.events.map(({ seq }) => seq));
    }),
    { seed, numRuns: 100 },
  );
});

/** A client that goes on behind the last event that it has read. */
class Client {
  readonly seen: number[] = [];
  #queue: EventQueue<SharedEvent> | undefined;

  constructor(private readonly beds: HubBed) {}

  async connect(): Promise<void> {
    await this.#queue?.return();
    const seq = BigInt(this.seen.at(-1) ?? 0);
    this.#queue = await this.beds.watch({ log: false, changes: true, since: { streamId, seq } });
    const opening = this.#queue.poll()?.plain.event;
    assert.ok(opening?.case === "opening" && opening.value.resumed);
    assert.equal(opening.value.seq, seq);
  }

  read(count: number): void {
    for (let i = 0; i < count; i++) {
      const event = this.#queue?.poll()?.plain;
      if (!event) return;
      if (event.seq !== 0n) this.seen.push(Number(event.seq));
    }
  }
}

Deno.test("a stream that is read to its end holds nothing back", async () => {
  using beds = hubBed();
  const queue = await beds.watch({ changes: true });
  take(queue);
  beds.bed.move("web3", "up");
  assert.equal(take(queue).length, beds.bed.events.length);
});
