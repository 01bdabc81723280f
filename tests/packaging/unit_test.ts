import assert from "node:assert/strict";
import { exitCodes } from "../../lib/daemon/flags.ts";
import { niceness } from "../../lib/probing/thread_server.ts";
import { budgetList } from "../../lib/metrics/mod.ts";

const unit = await Deno.readTextFile(
  new URL("../../packaging/systemd/vpp-maglevd.service", import.meta.url),
);

function setting(name: string): string {
  const [, value] = new RegExp(`^${name}=(.*)$`, "m").exec(unit) ?? [];
  assert.ok(value !== undefined, `${name}= is not set`);
  return value;
}

Deno.test("the unit's memory has room for 10,000 backends and all that clients may make it hold", () => {
  const mebibyte = 1024 * 1024;
  const [, mebibytes] = /^(\d+)M$/.exec(setting("MemoryMax")) ?? [];
  const clients = budgetList.filter(({ unit }) => unit === "bytes")
    .reduce((sum, { limit }) => sum + limit, 0) / mebibyte;
  const scrapes = 64;
  // docs/performance/scale.md: what was seen at most.
  const measured = 480;
  // Resident in `maglevd --reload`, which ExecReload= runs beside the daemon.
  const reload = 90;
  const needed = measured + clients + scrapes + reload;
  assert.ok(Number(mebibytes) >= needed * 1.25, `${needed} MiB are needed`);
});

Deno.test("the unit's threads are bounded, well above what the runtime has", () => {
  const blocking = 32;
  const processors = navigator.hardwareConcurrency;
  assert.ok(Number(setting("TasksMax")) >= 4 * (blocking + 2 * Math.min(processors, 48)));
});

Deno.test("the unit lets the threads that probe come before the others", () => {
  assert.equal(Number(setting("LimitNICE")), Math.min(...Object.values(niceness)));
});

Deno.test("the unit tries again after all that may go otherwise, and only after that", () => {
  const prevented = setting("RestartPreventExitStatus").split(" ").map(Number);
  assert.deepEqual(prevented, [exitCodes.parse, exitCodes.semantic]);
  assert.deepEqual([setting("Restart"), setting("StartLimitIntervalSec")], ["always", "0"]);
});
