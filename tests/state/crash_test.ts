import assert from "node:assert/strict";
import { Store } from "../../lib/state/store.ts";

/** How often the writer is killed; `KILLS=200` is the long run. */
const kills = Number(Deno.env.get("KILLS") ?? 12);

/** Has the writer write, kills it after `lines` batches and a moment, and returns what it printed. */
async function killedAfter(folder: string, lines: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("support/writer.ts", import.meta.url).pathname,
      folder,
    ],
    stdout: "piped",
  }).spawn();
  let text = "";
  let isKilled = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (isKilled || text.split("\n").length <= lines) continue;
    // Wherever in its next batch it is then. What it has printed before may come in pieces.
    child.kill("SIGKILL");
    isKilled = true;
  }
  await child.status;
  return text.split("\n").slice(0, -1);
}

Deno.test("killed at any moment, the file holds the last batch that was kept or the next, whole", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    let last = 0;
    for (let kill = 0; kill < kills; kill++) {
      const lines = await killedAfter(folder, 1 + kill % 5);
      assert.deepEqual(lines.filter((line) => line.startsWith("trouble")), [], `kill ${kill}`);
      last = Math.max(last, Number(lines.at(-1) ?? 0));
      using store = new Store(folder, Date.now);
      const { state, isWritable, troubles } = store.open();
      assert.deepEqual([isWritable, troubles], [true, []], `kill ${kill}`);
      const counters = new Set(state.backends.map(({ counter }) => counter));
      assert.equal(counters.size, 1, `kill ${kill}: half of a batch`);
      const [number = 0] = counters;
      assert.ok(number === last || number === last + 1, `kill ${kill}: ${number} after ${last}`);
      assert.deepEqual(new Set(state.weights.map(({ weight }) => weight)), new Set([number % 100]));
      assert.equal(state.aliveAt, number);
      assert.equal(state.lastSeq, number * 10 + 10);
      const numbers = state.events.map(({ seq }) => seq);
      assert.deepEqual(numbers, Array.from(numbers, (_, i) => 11 + i), "all events, each once");
      assert.equal(numbers.at(-1), state.lastSeq);
      last = number;
    }
    assert.ok(last >= kills);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
