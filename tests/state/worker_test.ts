import assert from "node:assert/strict";
import { FileKeeping } from "../../lib/state/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { backend, batch } from "./fixtures.ts";

Deno.test("a worker keeps and reads the file, and ends", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    const first = new FileKeeping(folder, systemClock);
    const { isWritable, troubles } = await first.open();
    assert.deepEqual([isWritable, troubles], [true, []]);
    assert.deepEqual(await first.write(batch({ aliveAt: 5, backends: [backend("a")] })), {
      kind: "kept",
    });
    await first.close();
    const second = new FileKeeping(folder, systemClock);
    assert.deepEqual((await second.open()).state, {
      aliveAt: 5,
      backends: [backend("a")],
      weights: [],
    });
    await second.close();
    assert.deepEqual(await second.write(batch({})), {
      kind: "failed",
      reason: "it has been closed",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
