import assert from "node:assert/strict";
import { Board, newPart } from "../../lib/probing/board.ts";
import { kindOf } from "../../lib/probing/job.ts";
import { PretendedProbing, ProbeJob } from "../../lib/probing/mod.ts";
import { httpCheck, pass } from "../checker/support/bench.ts";
import { ip } from "../support/ip.ts";

/** What is known of a job that was probed once, where something is tried out with it. */
function known(act: (probing: PretendedProbing<string>, job: ProbeJob<string>) => void) {
  const target = { backend: "a", address: ip("10.0.0.1"), check: httpCheck("web"), netns: "" };
  const job = new ProbeJob("a", target);
  const board = new Board();
  board.grow(newPart());
  board.restart(0, 0);
  board.note(0, 0, 4, pass, 0);
  board.count(0, "L7OK", 1);
  job.place = { board, row: 0, kind: kindOf(target) };
  const copy = new ProbeJob("a", target);
  copy.resemble(job);
  act(new PretendedProbing(), copy);
  assert.deepEqual([job.counter, job.times?.count], [4, 1], "nothing becomes of the job itself");
  return [copy.counter, copy.last?.code, copy.times?.count];
}

Deno.test("a job that resembles another knows what that one does, until it is to be probed anew", () => {
  assert.deepEqual(known(() => {}), [4, "L7OK", 1]);
  assert.deepEqual(known((probing) => probing.retime()), [4, "L7OK", 1]);
  assert.deepEqual(known((probing, job) => probing.aim(job)), [undefined, "L7OK", undefined]);
  assert.deepEqual(known((probing, job) => probing.halt(job)), [undefined, "L7OK", undefined]);
  assert.deepEqual(known((probing, job) => probing.forget(job)), [undefined, "L7OK", undefined]);
});

Deno.test("another target makes it forget what was found out, other times its counter alone", () => {
  const outdated = (what: "target" | "timing") =>
    known((probing, job) => probing.outdate(job, what));
  assert.deepEqual(outdated("target"), [undefined, "L7OK", undefined]);
  assert.deepEqual(outdated("timing"), [undefined, "L7OK", 1]);
});
