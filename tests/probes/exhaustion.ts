/** Probes with all descriptors in use, and again when some are free. For a process of its own. */

import { tcpCheck } from "./checks.ts";
import { Harness } from "./harness.ts";

await using harness = new Harness();
using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const check = tcpCheck({ port: (listener.addr as Deno.NetAddr).port });
const held: Deno.FsFile[] = [];
try {
  for (;;) held.push(Deno.openSync("/dev/null"));
} catch {
  // Out of descriptors, as wanted.
}
const exhausted = await harness.outcome(check);
for (const file of held) file.close();
console.log(exhausted);
console.log(await harness.outcome(check));
