import assert from "node:assert/strict";
import type { Fault, SimRequest } from "../../lib/sim/mod.ts";
import { controlPing, lbAddDelVipV2 } from "../../lib/gen/vpp.ts";
import { Client } from "./support/client.ts";
import { within } from "../support/deadline.ts";
import { type Bench, newVip, withVpp } from "./support/with_vpp.ts";

/** Runs a test in which the requests with context 7 meet a fault. */
async function withFault(
  fault: Fault,
  run: (client: Client, bench: Bench) => Promise<void>,
): Promise<void> {
  await withVpp(async (bench) => {
    using client = await Client.connect(bench.apiPath);
    bench.vpp.misbehave({ when: ({ context }) => context === 7, times: 1, fault });
    await run(client, bench);
  });
}

async function ping(client: Client, ...contexts: number[]): Promise<void> {
  for (const context of contexts) {
    await client.raw.send(frameOf(client.encode(controlPing, {}, context)));
  }
}

function frameOf(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(16 + payload.length);
  new DataView(frame.buffer).setUint32(8, payload.length);
  frame.set(payload, 16);
  return frame;
}

async function contexts(client: Client, count: number): Promise<(number | undefined)[]> {
  const result: (number | undefined)[] = [];
  for (let i = 0; i < count; i++) result.push((await client.receive())?.context);
  return result;
}

Deno.test("silence: the request is carried out, its reply never comes", async () => {
  await withFault({ kind: "silence" }, async (client) => {
    await ping(client, 6, 7, 8);
    assert.deepEqual(await contexts(client, 2), [6, 8]);
  });
});

Deno.test("duplicate: the reply comes twice", async () => {
  await withFault({ kind: "duplicate" }, async (client) => {
    await ping(client, 6, 7, 8);
    assert.deepEqual(await contexts(client, 4), [6, 7, 7, 8]);
  });
});

Deno.test("reorder: the reply comes behind the next one", async () => {
  await withFault({ kind: "reorder" }, async (client) => {
    await ping(client, 6, 7, 8, 9);
    assert.deepEqual(await contexts(client, 4), [6, 8, 7, 9]);
  });
});

Deno.test("late: the reply comes when the time has come", async () => {
  await withFault({ kind: "late", ms: 3000 }, async (client, { clock }) => {
    await ping(client, 7, 8);
    assert.deepEqual(await contexts(client, 1), [8]);
    clock.advance(2999);
    await ping(client, 9);
    assert.deepEqual(await contexts(client, 1), [9]);
    clock.advance(1);
    assert.deepEqual(await contexts(client, 1), [7]);
  });
});

Deno.test("retval: the request is refused and not carried out", async () => {
  await withFault({ kind: "retval", retval: -13 }, async (client, { vpp }) => {
    await client.raw.send(
      frameOf(client.encode(lbAddDelVipV2, newVip("192.0.2.1/32"), 7)),
    );
    assert.equal((await client.expect(lbAddDelVipV2)).retval, -13);
    assert.deepEqual(vpp.state(), []);
  });
});

Deno.test("wrong context: the reply is for nobody", async () => {
  await withFault({ kind: "wrong-context" }, async (client) => {
    await ping(client, 7, 8);
    const [wrong, right] = await contexts(client, 2);
    assert.notEqual(wrong, 7);
    assert.equal(right, 8);
  });
});

Deno.test("garbage and truncated: a good header with something else behind it", async () => {
  await withFault({ kind: "garbage" }, async (client) => {
    await ping(client, 7);
    assert.equal((await client.raw.receive())?.payload.length, 64);
  });
  await withFault({ kind: "truncated", bytes: 5 }, async (client) => {
    await ping(client, 7);
    assert.equal((await client.raw.receive())?.payload.length, 5);
  });
});

Deno.test("wrong length: the header lies", async () => {
  await withFault({ kind: "wrong-length", length: 0x1000_0000 }, async (client, { vpp }) => {
    await ping(client, 7);
    const reply = client.raw.receive();
    await ping(client, 8);
    vpp.kill();
    assert.equal(await reply, undefined, "the frame never ends");
  });
});

Deno.test("die: before, after, or some bytes into the reply", async () => {
  for (const [when, vips, bytes] of [["before", 0, 0], ["after", 1, 0], [20, 1, 20]] as const) {
    await withFault({ kind: "die", when }, async (client, { vpp }) => {
      let seen = 0;
      vpp.journal.subscribe((event) => {
        if (event.kind === "died") seen = vpp.journal.requests("lb_add_del_vip_v2").length;
      });
      await client.raw.send(
        frameOf(client.encode(lbAddDelVipV2, newVip("192.0.2.1/32"), 7)),
      );
      assert.equal(await client.raw.receive(), undefined);
      // The header of 16 bytes has been taken by then.
      assert.equal(client.raw.leftOver, Math.max(0, bytes - 16));
      assert.equal(vpp.running, false);
      assert.equal(seen, vips);
    });
  }
});

Deno.test("hang: clients are accepted and answered when it is over", async () => {
  await withVpp(async ({ vpp, apiPath }) => {
    using client = await Client.connect(apiPath);
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const when = ({ context }: SimRequest) => context === 7 && (reach(), true);
    vpp.misbehave({ when, times: 1, fault: { kind: "hang" } });
    await ping(client, 7, 8);
    await within(10_000, "the hang", reached);
    using other = await Deno.connect({ transport: "unix", path: apiPath });
    assert.ok(other);
    vpp.resume();
    assert.deepEqual(await contexts(client, 2), [7, 8]);
  });
});

Deno.test("hold: one client waits at a message of the test's choice, others do not", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await withFault({ kind: "hold", until: promise }, async (client, { vpp, apiPath }) => {
    await ping(client, 7);
    using other = await Client.connect(apiPath);
    await other.expectNothingButPing();
    assert.equal(vpp.journal.requests("control_ping").length, 1);
    resolve();
    assert.deepEqual(await contexts(client, 1), [7]);
  });
});

Deno.test("killing VPP in the middle of everything leaves nothing behind", async () => {
  await withVpp(async ({ vpp, apiPath }) => {
    for (let round = 0; round < 30; round++) {
      using client = await Client.connect(apiPath);
      if (round % 3 === 0) vpp.hang();
      if (round % 3 === 1) vpp.misbehave({ fault: { kind: "late", ms: 1000 } });
      await ping(client, 1, 2, 3);
      vpp.kill();
      vpp.behave();
      vpp.start();
    }
    assert.equal(vpp.journal.entries.filter(({ kind }) => kind === "died").length, 30);
  });
});
