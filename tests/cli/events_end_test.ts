import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { EventSchema } from "../../lib/gen/maglev_pb.ts";
import type { MaglevClient } from "../../lib/cli/mod.ts";
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

Deno.test("a watch that is over leaves no timer, nor does one that waited for its server", async () => {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const left = new Set<unknown>();
  const patched = (...args: Parameters<typeof set>) => {
    const timer = set(...args);
    left.add(timer);
    return timer;
  };
  const cleared = (timer: Parameters<typeof clear>[0]) => {
    left.delete(timer);
    clear(timer);
  };
  const told = create(EventSchema, { event: { case: "opening", value: {} } });
  // One ends by itself, one is ended while nothing comes.
  const over = new AbortController();
  const clients = [
    async function* () {
      yield await Promise.resolve(told);
    },
    async function* (_: unknown, { signal }: { signal: AbortSignal }) {
      yield await Promise.resolve(told);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  ] as unknown as MaglevClient["watchEvents"][];
  Object.assign(globalThis, { setTimeout: patched, clearTimeout: cleared });
  let heard = 0;
  try {
    for (const watch of clients) {
      const client = { watchEvents: watch } as MaglevClient;
      for await (const _ of watchEvents(client, { changes: true }, over.signal)) {
        heard++;
        if (heard === 2) queueMicrotask(() => over.abort());
      }
    }
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
  assert.deepEqual([heard, left.size], [2, 0]);
});
