/**
 * One probe in a process of its own, for tests of what depends on the process: its environment and
 * its capabilities. ONE_PROBE holds {check, address, netns}; prints code and detail.
 */

import { Harness } from "./harness.ts";

const { check, address, netns } = JSON.parse(Deno.env.get("ONE_PROBE") ?? "{}");
await using harness = new Harness();
console.log(await harness.outcome(check, address, netns));
