import assert from "node:assert/strict";
import { ProbeObservers } from "../../lib/checker/observer.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { pass } from "./support/bench.ts";

Deno.test("results are wanted from the first who watches to the last who leaves", () => {
  const wanted: boolean[] = [];
  const observers = new ProbeObservers(undefined, new RecordedLog(), (is) => wanted.push(is));
  const heard: string[] = [];
  const leave = observers.watch((backend) => heard.push(`first ${backend}`));
  const leaveToo = observers.watch((backend) => heard.push(`second ${backend}`));
  observers.pulse("web1", pass);
  leave();
  observers.pulse("web2", pass);
  assert.deepEqual(wanted, [true, true], "somebody is still there");
  leaveToo();
  observers.pulse("web3", pass);
  assert.deepEqual(heard, ["first web1", "second web1", "second web2"]);
  assert.deepEqual(wanted, [true, true, false]);
});

Deno.test("whoever is told and fails disturbs nobody, and is told of", () => {
  const log = new RecordedLog();
  const fail = () => {
    throw new Error("odd");
  };
  const metrics = { probesDone: fail, transition: fail, removed: fail };
  const observers = new ProbeObservers(metrics, log, () => {});
  observers.watch(fail);
  observers.pulse("web1", pass);
  observers.probesDone("web1", "tcp", {} as Parameters<typeof observers.probesDone>[2]);
  observers.transition("web1", "up", "down");
  observers.removed("web1");
  assert.deepEqual(log.lines, Array(4).fill("error checker-observer-failed err=odd"));
});

Deno.test("without metrics there is nobody to tell but those who watch", () => {
  const log = new RecordedLog();
  const observers = new ProbeObservers(undefined, log, () => {});
  observers.transition("web1", "up", "down");
  observers.removed("web1");
  assert.deepEqual(log.lines, []);
});
