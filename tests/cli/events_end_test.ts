import assert from "node:assert/strict";
import { connectTo } from "../../lib/cli/client.ts";
import { watchEvents } from "../../lib/cli/events.ts";
import { collectGarbage } from "../support/garbage.ts";
import { serve } from "../api/support/harness.ts";

Deno.test("a stream can be ended after what is not in use was collected", async () => {
  await using maglevd = await serve();
  using connection = connectTo(maglevd.address);
  const wanted = new AbortController();
  const late: string[] = [];
  const request = { log: false, changes: true, heartbeat: true };
  for await (const { event } of watchEvents(connection.client, request, wanted.signal)) {
    if (wanted.signal.aborted) late.push(String(event.case));
    if (event.case !== "heartbeat" || wanted.signal.aborted) continue;
    // The stream waits for what comes next; in another turn all that could be forgotten is.
    setTimeout(() => {
      collectGarbage();
      wanted.abort();
    });
  }
  assert.deepEqual(late, []);
});
