import assert from "node:assert/strict";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { ApiBed } from "../api/support/api_bed.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { smallConfig } from "../api/support/small_config.ts";
import { messageOf, requestOf, type Way, ways } from "./support/ways.ts";

const { listBackends, watchEvents } = Maglev.method;
const list = "maglev.Maglev/ListBackends";
const watch = "maglev.Maglev/WatchEvents";

/** A call whose answer was begun; `taken` is how much of it. */
async function begin(api: ApiBed, way: Way, method: typeof listBackends | typeof watchEvents) {
  const request = requestOf(way, method, messageOf(way, method));
  const { body, sent } = await api.handlers[way.version](request);
  assert.ok(body && sent, way.name);
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  return { reader, sent };
}

function told(api: ApiBed) {
  return [...api.observer.counts.keys()].filter((what) => what.startsWith("handled"));
}

for (const way of ways.filter(({ unary }) => unary)) {
  Deno.test(`a unary call counts by what became of its answer: ${way.name}`, async () => {
    using api = new ApiBed(new CheckerBed(smallConfig(1)));
    const whole = await begin(api, way, listBackends);
    assert.deepEqual(told(api), [], "it is under way");
    while (!(await whole.reader.next()).done);
    whole.sent(true);
    assert.deepEqual(told(api), [`handled ${list} OK`]);
    const unsent = await begin(api, way, listBackends);
    await unsent.reader.return?.();
    unsent.sent(false);
    assert.deepEqual(told(api), [`handled ${list} OK`, `handled ${list} Canceled`]);
    assert.deepEqual(api.bed.log.lines.filter((line) => line.includes("unsent")), [
      `debug grpc-answer-unsent method=${list} peer=test err=the client went away`,
    ]);
    assert.equal(api.observer.count(`started ${list}`), 2);
  });
}

for (const way of ways.filter(({ stream }) => stream)) {
  Deno.test(`a stream that nobody takes counts as canceled, once: ${way.name}`, async () => {
    using api = new ApiBed(new CheckerBed(smallConfig(1)));
    const { reader, sent } = await begin(api, way, watchEvents);
    await reader.return?.();
    sent(false);
    assert.deepEqual(told(api), [`handled ${watch} Canceled`]);
    assert.equal(api.observer.count(`handled ${watch} Canceled`), 1);
    assert.match(api.bed.log.lines.at(-1) ?? "", /^debug grpc-answer-unsent method=maglev/);
  });
}

Deno.test("an answer for which there is no room counts as what its client is told", async () => {
  for (const way of ways) {
    using api = new ApiBed(new CheckerBed(smallConfig(1)), { answers: 5 });
    for (const method of way.unary ? [listBackends] : [watchEvents]) {
      const request = requestOf(way, method, messageOf(way, method));
      const { body, sent } = await api.handlers[way.version](request);
      for await (const octets of body ?? []) assert.ok(octets.length > 0);
      sent?.(true);
      const name = method === listBackends ? list : watch;
      assert.deepEqual(told(api), [`handled ${name} ResourceExhausted`], way.name);
    }
  }
});
