/** A screen whose asking fails in a way that nobody expected, for the test of how it ends. */

import { Board } from "../../../lib/tester/board.ts";
import { Round } from "../../../lib/tester/round.ts";
import { plain } from "../../../lib/tester/text.ts";
import { runScreen } from "../../../lib/tester/screen/full_screen.ts";
import { systemClock } from "../../../lib/time/mod.ts";
import { vip } from "./vips.ts";

const vips = [vip("web")];
const board = new Board(vips, { forMs: 60_000, most: 1_000 }, systemClock.now());
using round = new Round({
  ...{ vips, clock: systemClock, intervalMs: 100, mostUnderWay: 8, random: Math.random },
  asker: {
    ask: () => {
      throw new Error("nobody expected this");
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  },
  done: () => {},
  leftOut: () => {},
});
const settings = { unasked: [], intervalMs: 100, timeoutMs: 2_000, keepalive: false };
const init = { board, round, clock: systemClock, paint: plain, ...settings };
try {
  await runScreen({ ...init, durationMs: undefined });
} catch (error) {
  console.error(`ended by: ${error instanceof Error ? error.message : error}`);
}
Deno.exit(1);
