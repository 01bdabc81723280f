/** Fetching the stats segment from a peer that does not hand it out. */

import assert from "node:assert/strict";
import { listenSeqpacket } from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { openStatsSegment } from "../../lib/vpp/stats/mod.ts";

const options = { clock: new FakeClock(), names: [], deadlineMs: 600_000 };

Deno.test("whoever waits for a stats segment may give it up", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/stats.sock`;
  try {
    // Connected to by the kernel, and never answered.
    using listener = listenSeqpacket(path);
    const controller = new AbortController();
    const opening = openStatsSegment(path, { ...options, signal: controller.signal });
    controller.abort(new Error("maglevd is stopping"));
    await assert.rejects(opening, /maglevd is stopping/);
    await assert.rejects(
      openStatsSegment(path, { ...options, deadlineMs: 1 }),
      { name: "NetError" },
    );
    assert.ok(listener);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
