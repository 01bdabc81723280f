import assert from "node:assert/strict";
import { atOnce } from "../../lib/time/mod.ts";
import { fold } from "../../lib/web/reduce.ts";
import { type MaglevdState, snapshotOf, unheard } from "../../lib/web/state.ts";
import { written } from "../../lib/web/written.ts";
import { backendOf, frontendOf, sampleState } from "./support/sample_state.ts";

const about = { id: "e-1", version: "1", hasLogin: true, now: 7 };

function read(states: readonly MaglevdState[]): unknown {
  return JSON.parse(new TextDecoder().decode(atOnce(written(about, states))));
}

/** As JSON has it: without what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("what is written in steps is the state as JSON, of however many and however large", () => {
  const many = fold(sampleState(), [{
    kind: "reading",
    backends: Array.from(
      { length: 300 },
      (_, i) => backendOf(`web${i}`, { address: "é".repeat(i) }),
    ),
    frontends: Array.from({ length: 50 }, (_, i) => frontendOf(`www${i}`)),
    steps: { www: [[1, "up"]] },
    at: 5,
  }]);
  for (const states of [[], [unheard("new", 1)], [sampleState(), many, unheard("new", 1)]]) {
    assert.deepEqual(read(states), plain({ ...about, servers: states.map(snapshotOf) }));
  }
});

Deno.test("each backend and each frontend is a step", () => {
  const count = (state: MaglevdState) => [...written(about, [state])].length;
  const more = fold(sampleState(), [{
    kind: "reading",
    backends: [backendOf("web2"), backendOf("web3")],
    frontends: [frontendOf("mail")],
  }]);
  assert.equal(count(more) - count(sampleState()), 3);
});
