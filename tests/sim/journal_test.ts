import assert from "node:assert/strict";
import { Journal } from "../../lib/sim/journal.ts";

Deno.test("events have their moments, and who listens hears of each until it has enough", () => {
  let now = 5;
  const journal = new Journal(() => now);
  const heard: string[] = [];
  const leave = journal.subscribe(({ kind, at }) => heard.push(`${kind} ${at}`));
  journal.note({ kind: "started" });
  now = 7;
  journal.note({ kind: "died", reason: "killed" });
  leave();
  journal.note({ kind: "stats-client" });
  assert.deepEqual(heard, ["started 5", "died 7"]);
  assert.deepEqual(journal.entries.map(({ kind, at }) => `${kind} ${at}`), [
    ...["started 5", "died 7", "stats-client 7"],
  ]);
});

Deno.test("requests are found by their names", () => {
  const journal = new Journal(() => 0);
  for (const name of ["lb_conf", "lb_conf_get", "lb_conf"]) {
    const request = { sequence: 1, connection: 1, context: 1, name, fields: {} };
    journal.note({ kind: "request", request, retval: 0 });
  }
  journal.note({ kind: "started" });
  const names = (name?: string) => journal.requests(name).map((request) => request.name);
  assert.deepEqual(names(), ["lb_conf", "lb_conf_get", "lb_conf"]);
  assert.deepEqual(names("lb_conf"), ["lb_conf", "lb_conf"]);
});

Deno.test("20,000 events are kept, the oldest go, and all are counted", () => {
  let now = 0;
  const journal = new Journal(() => now++);
  for (let i = 0; i < 20_000; i++) journal.note({ kind: "started" });
  assert.equal(journal.entries.length, 20_000);
  journal.note({ kind: "started" });
  assert.deepEqual([journal.entries.length, journal.entries[0]?.at], [18_001, 2_000]);
  journal.clear();
  assert.deepEqual([journal.entries.length, journal.count], [0, 20_001]);
});
