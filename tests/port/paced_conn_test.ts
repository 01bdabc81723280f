import assert from "node:assert/strict";
import { PacedConn } from "../../lib/port/paced_conn.ts";
import { FakeClock, TurnQuota } from "../../lib/time/mod.ts";

/** A connection that has one octet for each read, then its end. */
function conn(octets: number) {
  const told: string[] = [];
  return {
    told,
    read: () => Promise.resolve(octets-- > 0 ? 1 : null),
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(void told.push("end")),
    close() {
      told.push("close");
      if (told.filter((each) => each === "close").length > 1) throw new Error("closed twice");
    },
  };
}

/** A quota of one piece a turn, of a loop that comes round when told to. */
function oneATurn() {
  const clock = new FakeClock();
  const rounds: (() => void)[] = [];
  clock.turn = { isOver: false, next: () => new Promise((resolve) => void rounds.push(resolve)) };
  return { quota: new TurnQuota(clock, { pieces: 1, ms: 10 }), rounds };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await undefined;
}

Deno.test("what connections say waits for its turn, their ends do not", async () => {
  const { quota, rounds } = oneATurn();
  const read: string[] = [];
  const buffer = new Uint8Array(8);
  const [a, b, c] = [1, 1, 0].map((octets) => new PacedConn(conn(octets), quota));
  for (const [name, each] of Object.entries({ a, b, c })) {
    void each?.read(buffer).then((count) => read.push(`${name} ${count}`));
  }
  await settle();
  assert.deepEqual(read.toSorted(), ["a 1", "c null"]);
  rounds.shift()?.();
  await settle();
  assert.deepEqual(read.at(-1), "b 1");
});

Deno.test("who is sent much has turns for it as well, who is sent little has none", async () => {
  const { quota, rounds } = oneATurn();
  const raw = conn(0);
  const sizes: number[] = [];
  const write = raw.write;
  raw.write = (bytes) => {
    sizes.push(bytes.length);
    return write(bytes);
  };
  const [much, little] = [raw, conn(0)].map((each) => new PacedConn(each, quota));
  const chunk = new Uint8Array(100_000);
  assert.equal(await much?.write(chunk), 65_536, "the first turn is free");
  const second = much?.write(chunk);
  await settle();
  assert.deepEqual([quota.waiting, sizes], [1, [65_536, 65_536]]);
  for (let i = 0; i < 6; i++) await little?.write(chunk.subarray(0, 10_000));
  rounds.shift()?.();
  assert.equal(await second, 65_536);
  for (let i = 0; i < 3; i++) await much?.write(chunk.subarray(0, 20_000));
  const last = much?.write(chunk.subarray(0, 20_000));
  await settle();
  assert.equal(quota.waiting, 1, "80,000 octets since");
  much?.close();
  assert.equal(await last, 20_000);
});

Deno.test("so much is written in one turn, to the octet", async () => {
  const { quota, rounds } = oneATurn();
  const paced = new PacedConn(conn(0), quota);
  await quota.next();
  const most = 65_536;
  for (let time = 0; time < 2; time++) {
    assert.equal(await paced.write(new Uint8Array(most - 1)), most - 1);
    const last = paced.write(new Uint8Array(1));
    await settle();
    assert.equal(quota.waiting, 1);
    rounds.shift()?.();
    assert.equal(await last, 1);
  }
});

Deno.test("it is closed once, however often that is asked for", async () => {
  const raw = conn(0);
  const paced = new PacedConn(raw, oneATurn().quota);
  assert.equal(await paced.write(new Uint8Array(3)), 3);
  await paced.closeWrite();
  paced.close();
  paced.close();
  assert.deepEqual(raw.told, ["end", "close"]);
});

Deno.test("who has had its turn does not leave the queue when it is closed", async () => {
  let left = 0;
  const join = (enter: () => void) => {
    enter();
    return () => void left++;
  };
  const paced = new PacedConn(conn(1), { join } as TurnQuota);
  assert.equal(await paced.read(new Uint8Array(8)), 1);
  paced.close();
  assert.equal(left, 0);
});

Deno.test("who is closed waits for no turn any more", async () => {
  const { quota } = oneATurn();
  const [a, b] = [1, 1].map((octets) => new PacedConn(conn(octets), quota));
  await a?.read(new Uint8Array(8));
  const read = b?.read(new Uint8Array(8));
  await settle();
  assert.equal(quota.waiting, 1);
  b?.close();
  assert.deepEqual([await read, quota.waiting], [1, 0]);
});
