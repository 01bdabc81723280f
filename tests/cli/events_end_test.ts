import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connectTo } from "../../lib/cli/client.ts";
import { watchEvents } from "../../lib/cli/events.ts";
import { serve } from "../rpc/harness.ts";

Deno.test("a stream can be ended after what is not in use was collected", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
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
      collect();
      wanted.abort();
    });
  }
  assert.deepEqual(late, []);
});
