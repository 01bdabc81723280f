/** What lies between maglevd and the simulated VPP. */

import { setImmediate } from "node:timers";
import {
  InMemoryVpp,
  portsOf,
  type ProcessOptions,
  SimulatedVpp,
  type VppProcess,
} from "../../../lib/sim/mod.ts";
import type { FakeClock } from "../../../lib/time/mod.ts";
import type { VppOptions } from "../../../lib/vpp/mod.ts";
import { IoBarrier } from "./io_barrier.ts";

/** A VPP and the way to it. */
export interface Wire {
  readonly vpp: VppProcess & { stopStats(): void; startStats(): void };
  /** How maglevd gets there. */
  readonly access: Pick<
    VppOptions,
    "apiAddr" | "statsAddr" | "connect" | "openSegment" | "socketIdentity"
  >;
  /** Lets fake time pass, everybody being heard. */
  pass(ms: number): Promise<void>;
  /** Ends VPP and all that belongs to it. */
  close(): Promise<void>;
}

/** In memory: nothing takes real time, and each run is like the other. */
export function inMemory(
  clock: FakeClock,
  options: Partial<ProcessOptions>,
  _activity: () => number,
): Wire {
  const vpp = new InMemoryVpp({ clock, random: () => 0.5, ...options });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    vpp,
    access: { apiAddr: "api.sock", statsAddr: "stats.sock", ...portsOf(vpp) },
    pass: (ms) => clock.advanceAsync(ms, turn),
    close: async () => {
      vpp.kill("stopped");
      await clock.advanceAsync(10, turn);
    },
  };
}

/** Fake time passes in steps of this size, everybody being heard in between. */
const stepMs = 1000;
/** Rounds through the kernel without anything happening after which nothing is under way. */
const quietRounds = 8;
/** The stats socket is looked at every few real milliseconds, whatever the fake clock says. */
const statsMs = 4;

/** Through real sockets, which the bytes take real time for, and nothing else. */
export function throughSockets(
  clock: FakeClock,
  options: Partial<ProcessOptions>,
  activity: () => number,
): Wire {
  const folder = Deno.makeTempDirSync({ prefix: "mgl-faults-" });
  const [apiPath, statsPath] = [`${folder}/api.sock`, `${folder}/stats.sock`];
  const vpp = new SimulatedVpp({ apiPath, statsPath, clock, ...options });
  let barrier: IoBarrier | undefined;
  let statsClients = 0;
  let clients = 0;
  vpp.journal.subscribe(({ kind }) => {
    if (kind === "connected") clients++;
    if (kind === "disconnected") clients--;
    if (kind === "stats-client") statsClients++;
  });
  const settle = async () => {
    barrier ??= await IoBarrier.create(`${folder}/barrier.sock`);
    const begun = performance.now();
    const before = statsClients;
    const isWaiting = () => clients > 0 && statsClients === before;
    let quiet = 0;
    while (quiet < quietRounds || (isWaiting() && performance.now() - begun < statsMs)) {
      const activityBefore = activity();
      await barrier.pass();
      quiet = activity() === activityBefore ? quiet + 1 : 0;
    }
  };
  return {
    vpp,
    // Files are looked at in threads, whose time nobody can tell.
    access: { apiAddr: apiPath, statsAddr: statsPath, socketIdentity: () => Promise.resolve("") },
    pass: async (ms) => {
      await settle();
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(stepMs, left));
        await settle();
      }
    },
    close: async () => {
      await vpp.stop();
      barrier?.[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
