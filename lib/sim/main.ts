/**
 * A simulated VPP as a program: `deno run -A lib/sim/main.ts --api PATH --stats PATH`. Prints one
 * line when it listens. A request that kills it ends it with status 1, as it would a real VPP;
 * SIGINT and SIGTERM end it with 0.
 *
 * `--workers N` adds threads; `--packets N` sends so many packets a second to each VIP.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { systemClock } from "../time/mod.ts";
import { SimulatedVpp } from "./simulated_vpp.ts";

/** Flows that live at one time; one of them is replaced by a new one each second. */
const liveFlows = 50;

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      api: { type: "string", default: "/run/vpp/api.sock" },
      stats: { type: "string", default: "/run/vpp/stats.sock" },
      workers: { type: "string", default: "0" },
      packets: { type: "string", default: "0" },
    },
  });
  const vpp = new SimulatedVpp({
    apiPath: values.api,
    statsPath: values.stats,
    workers: Number(values.workers),
  });
  vpp.start();
  vpp.journal.subscribe((event) => {
    if (event.kind === "died" && event.reason !== "stopped") void end(vpp, 1);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void end(vpp, 0));
  }
  if (Number(values.packets) > 0) keepSending(vpp, Number(values.packets), 0);
  console.log(`listening on ${values.api} and ${values.stats}`);
}

/** Sends `packets` to every VIP now and each second from now on. */
function keepSending(vpp: SimulatedVpp, packets: number, firstFlow: number): void {
  for (const vip of vpp.running ? vpp.state() : []) {
    const each = Math.max(1, Math.round(packets / liveFlows));
    if (vip.used) vpp.traffic({ vip, firstFlow, flows: liveFlows, packets: each });
  }
  systemClock.after(1000, () => keepSending(vpp, packets, firstFlow + 1));
}

async function end(vpp: SimulatedVpp, status: number): Promise<void> {
  await vpp.stop();
  Deno.exit(status);
}

if (import.meta.main) main(Deno.args);
