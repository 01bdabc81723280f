/**
 * The one gate: format, lint, types, doc comments, house rules, generated files, tests. What CI
 * runs, and what `deno task test` and `deno task ok` run. The last line is the verdict.
 *
 * @module
 */

import { bundles, checks } from "./gate/checks.ts";
import type { Check } from "./gate/checks.ts";
import { pooled } from "./gate/process.ts";
import { testRoom, testRooms } from "./gate/rooms.ts";
import type { Room, RoomResult } from "./gate/rooms.ts";
import { add, nothing, verdict } from "./gate/tally.ts";
import type { Tally } from "./gate/tally.ts";

async function check({ name, run, tells = false }: Check): Promise<Tally> {
  const { ok, output } = await run();
  console.log(`${ok ? "ok    " : "FAILED"} ${name}`);
  if (!ok || tells) console.log(indent(output));
  return ok ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

async function room(each: Room, bundles: string): Promise<Tally> {
  const result = await testRoom(each, bundles);
  console.log(roomLine(result));
  if (result.tally.failed > 0) console.log(indent(result.output));
  for (const line of skippedTests(result.output)) console.log(`        skipped: ${line}`);
  return result.tally;
}

function roomLine({ room, tally, seconds }: RoomResult): string {
  const word = tally.failed === 0 ? "ok    " : "FAILED";
  return `${word} ${room}: ${verdict(tally)} (${seconds.toFixed(1)} s)`;
}

function skippedTests(output: string): string[] {
  return output.split("\n").flatMap((line) => line.match(/^(.*) \.\.\. ignored/)?.[1] ?? []);
}

function indent(text: string): string {
  return text.trimEnd().split("\n").map((line) => `        ${line}`).join("\n");
}

Deno.chdir(new URL("..", import.meta.url));
const folder = await Deno.makeTempDir({ prefix: "maglev-bundles-" });
const bundled = check(bundles(folder));
const rooms = await testRooms();
const jobs = [
  () => bundled,
  ...checks.map((each) => () => check(each)),
  ...rooms.map((each) => () => bundled.then(() => room(each, folder))),
];
// One more than there are cores: many tests wait for a server, a timer or a machine that boots.
const tallies = await pooled(jobs, navigator.hardwareConcurrency + 1);
await Deno.remove(folder, { recursive: true });
const total = tallies.reduce(add, nothing);
console.log(verdict(total));
Deno.exit(total.failed === 0 ? 0 : 1);
