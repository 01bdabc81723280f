import assert from "node:assert/strict";
import fc from "fast-check";
import { messageTable } from "../../lib/sim/messages.ts";
import { Client } from "./support/client.ts";
import { clientFrame, RawClient } from "./support/raw_client.ts";
import { withVpp } from "./support/with_vpp.ts";

const seed = 90210;

/** Ids that VPP knows, as often as ones that it does not. */
const id = fc.oneof(
  fc.constantFrom(...messageTable.map((entry) => entry.id)),
  fc.integer({ min: 0, max: 0xffff }),
);

const message = fc.tuple(id, fc.uint8Array({ maxLength: 200 })).map(([number, rest]) => {
  const bytes = new Uint8Array(2 + rest.length);
  bytes.set([number >> 8, number & 0xff]);
  bytes.set(rest, 2);
  return bytes;
});

Deno.test("whatever messages come, VPP lives or dies as a whole and starts again", async () => {
  await withVpp(async ({ vpp, apiPath }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        using hostile = await RawClient.connect(apiPath);
        await hostile.send(...messages.map((bytes) => clientFrame(bytes)));
        if (vpp.running) {
          using client = await Client.connect(apiPath);
          await client.expectNothingButPing();
        }
        vpp.start();
      }),
      { seed, numRuns: 200 },
    );
  });
});

Deno.test("whatever bytes come, other clients are served", async () => {
  await withVpp(async ({ apiPath }) => {
    using client = await Client.connect(apiPath);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        using hostile = await RawClient.connect(apiPath);
        await hostile.send(bytes);
        await client.expectNothingButPing();
      }),
      { seed, numRuns: 200 },
    );
    assert.ok(client.ids.size > 800);
  });
});
