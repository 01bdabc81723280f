import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { SharedAnswers } from "../../lib/web/shared_answers.ts";

Deno.test("an answer is everybody's for a second, a failure as well", async () => {
  const clock = new FakeClock();
  const answers = new SharedAnswers(clock);
  let asked = 0;
  const ask = () => ++asked % 2 === 1 ? Promise.resolve(asked) : Promise.reject(new Error("no"));
  assert.deepEqual(await Promise.all([answers.get("a", ask), answers.get("a", ask)]), [1, 1]);
  clock.advance(999);
  assert.equal(await answers.get("a", ask), 1);
  clock.advance(1);
  await assert.rejects(answers.get("a", ask), /no/);
  await assert.rejects(answers.get("a", ask), /no/);
  assert.equal(await answers.get("b", ask), 3);
});

Deno.test("so many answers are kept, the newest", async () => {
  const answers = new SharedAnswers(new FakeClock());
  const asked: string[] = [];
  const get = (question: string) =>
    answers.get(question, () => {
      asked.push(question);
      return Promise.resolve();
    });
  for (let i = 0; i <= 200; i++) await get(`${i}`);
  asked.length = 0;
  await get("1");
  await get("200");
  await get("0");
  assert.deepEqual(asked, ["0"]);
});
