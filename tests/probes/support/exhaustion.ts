/** Probes with all descriptors in use, and again when some are free. For a process of its own. */

import { icmpCheck, tcpCheck } from "./checks.ts";
import { Harness } from "./harness.ts";

await using harness = new Harness();
using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const checks = [tcpCheck({ port: (listener.addr as Deno.NetAddr).port }), icmpCheck()];
const held: Deno.FsFile[] = [];
try {
  for (;;) held.push(Deno.openSync("/dev/null"));
} catch (error) {
  if (!/too many open files/i.test(String(error))) throw error;
}
const outcomes: string[] = [];
for (const check of checks) outcomes.push(await harness.outcome(check));
for (const file of held) file.close();
for (const check of checks) outcomes.push(await harness.outcome(check));
console.log(outcomes.join("\n"));
