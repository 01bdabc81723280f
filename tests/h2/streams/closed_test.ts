import assert from "node:assert/strict";
import { ClosedStreams } from "../../../lib/h2/streams/streams.ts";

Deno.test("the last 1,024 closed streams are remembered with how they ended", () => {
  const closed = new ClosedStreams();
  for (let id = 1; id < 4096; id += 2) {
    closed.add(id, id % 4 === 1 ? "closed (reset by us)" : "closed");
  }
  for (let id = 1; id < 4096; id += 2) {
    const kept = id > 4096 - 2048;
    const ended = id % 4 === 1 ? "closed (reset by us)" : "closed";
    assert.equal(closed.state(id), kept ? ended : "closed (forgotten)");
  }
});

Deno.test("the highest stream identifiers are remembered too", () => {
  const closed = new ClosedStreams();
  closed.add(0x7fffffff, "closed (reset by us)");
  assert.equal(closed.state(0x7fffffff), "closed (reset by us)");
  assert.equal(closed.state(0x7fffffff - 2048), "closed (forgotten)");
});
