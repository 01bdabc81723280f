import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { SharedAnswers, TooManyQuestions } from "../../lib/web/shared_answers.ts";
import { sharesOf } from "../port/support/peer_shares_of.ts";

const peer = "192.0.2.1";
const few = () => sharesOf({ total: 4, perPrefix: 2, reserved: 1 });

Deno.test("an answer is everybody's for a second, a failure as well", async () => {
  const clock = new FakeClock();
  const answers = new SharedAnswers<number>(clock, few());
  let asked = 0;
  const ask = () => ++asked % 2 === 1 ? Promise.resolve(asked) : Promise.reject(new Error("no"));
  const get = (question: string) => answers.get(question, peer, ask);
  assert.deepEqual(await Promise.all([get("a"), get("a")]), [1, 1]);
  clock.advance(999);
  assert.equal(await get("a"), 1);
  clock.advance(1);
  await assert.rejects(get("a"), /no/);
  await assert.rejects(get("a"), /no/);
  assert.equal(await get("b"), 3);
});

Deno.test("so many answers are kept, the newest", async () => {
  const answers = new SharedAnswers<void>(new FakeClock(), few());
  const asked: string[] = [];
  const get = (question: string) =>
    answers.get(question, peer, () => {
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

Deno.test("so many questions are under way, of one network and in all, and a refusal is nobody else's", async () => {
  const shares = few();
  const answers = new SharedAnswers<string>(new FakeClock(), shares);
  const gate = Promise.withResolvers<string>();
  const ask = () => gate.promise;
  const under = [answers.get("a", peer, ask), answers.get("b", peer, ask)];
  const refused = { name: "TooManyQuestions", message: /the limit of 2 connections of 192/ };
  assert.throws(() => answers.get("c", peer, ask), refused);
  under.push(answers.get("a", peer, ask), answers.get("c", "192.0.2.2", ask));
  assert.throws(() => answers.get("d", "192.0.2.3", ask), TooManyQuestions);
  assert.equal(shares.budget.refused, 2);
  under.push(answers.get("d", "127.0.0.1", ask));
  gate.resolve("so");
  assert.deepEqual(await Promise.all(under), Array(5).fill("so"));
  assert.equal(shares.budget.used, 0);
});
