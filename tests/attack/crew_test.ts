import { equal, ok } from "node:assert/strict";
import { crew, hold } from "../../tools/attack/crew.ts";
import { dial, ignore } from "../../tools/attack/socket.ts";
import { sampleArena } from "./support/sample.ts";

/** A listener that closes every other connection at once and keeps the rest. */
function fickle(): { readonly port: number; readonly close: () => Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const kept: Deno.Conn[] = [];
  const accepting = (async () => {
    let n = 0;
    for await (const conn of listener) {
      if (n++ % 2 === 0) conn.close();
      else kept.push(conn);
    }
  })();
  return {
    port: listener.addr.port,
    async close() {
      listener.close();
      await accepting;
      for (const conn of kept) conn.close();
    },
  };
}

Deno.test("a sample holds as many connections as it may, until it is told to stop", async () => {
  const server = fickle();
  const target = { host: "127.0.0.1", host6: "", api: server.port, metrics: server.port };
  const { arena, settled, stop, counts } = sampleArena(target, 1);
  const held = hold(arena, 10, (n) => dial(arena, { from: n, hear: ignore }));
  await settled;
  equal(counts.get("connections"), 10);
  stop();
  await held;
  ok((counts.get("connections closed by maglevd") ?? 0) <= 5);
  await server.close();
});

Deno.test("a refused connection is counted, and ends nothing", async () => {
  const server = fickle();
  await server.close();
  const target = { host: "127.0.0.1", host6: "", api: server.port, metrics: server.port };
  const { arena, settled, stop, counts } = sampleArena(target, 1);
  const held = hold(arena, 3, (n) => dial(arena, { from: n }));
  await settled;
  stop();
  await held;
  equal(counts.get("connections refused"), 3);
});

Deno.test("a crew does each job once in a sample, and no more once it is over", async () => {
  const target = { host: "127.0.0.1", host6: "", api: 0, metrics: 0 };
  const done: number[] = [];
  const first = sampleArena(target, 1);
  await crew(first.arena, 3, 7, (n) => {
    done.push(n);
    return Promise.resolve();
  });
  await first.settled;
  equal(done.sort().join(), "0,1,2,3,4,5,6");
  const second = sampleArena(target, 1);
  second.stop();
  await crew(second.arena, 3, 7, () => Promise.reject(new Error("too late")));
});
