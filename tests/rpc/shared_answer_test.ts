import assert from "node:assert/strict";
import { Answer } from "../../lib/rpc/answer.ts";
import { AnswersByObject, SharedAnswer } from "../../lib/rpc/shared_answer.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** Answers whose making a test holds in its hands. */
function setUp() {
  const clock = new FakeClock();
  const making: PromiseWithResolvers<Answer>[] = [];
  const state = { version: 1 };
  const shared = new SharedAnswer({
    clock,
    version: () => [state.version, clock],
    make() {
      const each = Promise.withResolvers<Answer>();
      making.push(each);
      return each.promise;
    },
  });
  const finish = async (i: number) => {
    making[i]?.resolve(new Answer(new Uint8Array([i])));
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { clock, making, state, shared, finish };
}

Deno.test("who asks while an answer is made gets the same one", async () => {
  const { shared, making, finish } = setUp();
  const asked = Array.from({ length: 1000 }, () => shared.get());
  assert.equal(making.length, 1);
  await finish(0);
  const answers = new Set(await Promise.all(asked));
  assert.equal(answers.size, 1);
});

Deno.test("who asks after a change gets an answer that was begun after it, all the same one", async () => {
  const { shared, making, state, finish } = setUp();
  const before = shared.get();
  state.version = 2;
  const after = [shared.get(), shared.get()];
  state.version = 3;
  after.push(shared.get());
  assert.equal(making.length, 1, "one is made at a time");
  await finish(0);
  assert.deepEqual((await before).message, new Uint8Array([0]));
  assert.equal(making.length, 2);
  state.version = 4;
  const last = shared.get();
  await finish(1);
  assert.equal(making.length, 3);
  await finish(2);
  assert.deepEqual([...(await last).message], [2]);
  const answers = await Promise.all(after);
  assert.deepEqual(answers.map(({ message }) => [...message]), [[1], [1], [1]]);
});

Deno.test("an answer keeps for ten times as long as it took, unless something changes", async () => {
  const { clock, shared, making, state, finish } = setUp();
  const first = shared.get();
  clock.advance(100);
  await finish(0);
  clock.advance(999);
  assert.equal(await shared.get(), await first);
  clock.advance(1);
  const second = shared.get();
  assert.equal(making.length, 2);
  clock.advance(100);
  await finish(1);
  assert.notEqual(await second, await first);
  state.version = 2;
  void shared.get();
  assert.equal(making.length, 3);
});

Deno.test("a short answer is never old", async () => {
  const { shared, making, finish } = setUp();
  void shared.get();
  await finish(0);
  void shared.get();
  assert.equal(making.length, 2);
});

Deno.test("an answer that cannot be made is made again for those who ask later", async () => {
  const { shared, making, state, finish } = setUp();
  const failing = shared.get();
  state.version = 2;
  const waiting = shared.get();
  making[0]?.reject(new Error("no"));
  await assert.rejects(failing, /no/);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  await finish(1);
  assert.deepEqual([...(await waiting).message], [1]);
  const failed = shared.get();
  making[2]?.reject(new Error("again"));
  await assert.rejects(failed, /again/);
  const last = shared.get();
  await finish(3);
  assert.deepEqual([...(await last).message], [3]);
});

Deno.test("an answer about an object is made once in each form", () => {
  const answers = new AnswersByObject();
  const [one, two] = [{}, {}];
  let made = 0;
  const make = () => new Answer(new Uint8Array([++made]));
  const seen = [one, one, two, one].map((object) => answers.of(object, true, make));
  const json = [one, one].map((object) => answers.of(object, false, make));
  assert.deepEqual(seen.map(({ message }) => message[0]), [1, 1, 2, 1]);
  assert.deepEqual(json.map(({ message }) => message[0]), [3, 3]);
});
