/**
 * Writes batch after batch to the directory of its argument until it is killed. All backends of a
 * batch have its number as their counter; each number is printed once it is kept.
 *
 * @module
 */

import { Store } from "../../../lib/state/store.ts";
import { backend, batch, events, weight } from "./fixtures.ts";

const store = new Store(Deno.args[0] ?? "", Date.now);
const { state, troubles } = store.open();
for (const { text } of troubles) console.log(`trouble ${text}`);
let number = state.backends[0]?.counter ?? 0;
for (;;) {
  number++;
  const backends = Array.from({ length: 40 }, (_, i) => backend(`web${i}`, { counter: number }));
  const weights = backends.map(({ name }) => weight("f", name, { weight: number % 100 }));
  const told = events(number * 10 + 1, number * 10 + 10)
    .map((each) => ({ ...each, at: Date.now() }));
  const written = store.write(batch({
    ...{ aliveAt: number, backends, frontends: [{ name: "f", weights }] },
    ...{ events: told, lastSeq: number * 10 + 10 },
  }));
  console.log(written.kind === "kept" ? `${number}` : `trouble ${JSON.stringify(written)}`);
}
