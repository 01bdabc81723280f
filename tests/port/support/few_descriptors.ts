/**
 * Both ports in a process of few descriptors, for a test. Prints their addresses. For each line
 * that it reads, which is an address, it makes a dozen connections there at once, as probes do, and
 * prints how many came about.
 */

import { silentLogger } from "../../../lib/log/mod.ts";
import { Budgets, openHttpPort } from "../../../lib/port/mod.ts";
import { systemClock } from "../../../lib/time/mod.ts";
import { testSupervisor, uncounted } from "./listening.ts";

const dozen = Array.from({ length: 12 });
const answer = () => Promise.resolve({ status: 204, headers: [] });

const ports = (["grpc", "metrics"] as const).map((name) =>
  openHttpPort({
    name,
    addresses: [{ hostname: "127.0.0.1", port: 0 }],
    handlers: { http1: answer, http2: answer },
    observer: uncounted,
    budgets: new Budgets(silentLogger, systemClock),
    clock: systemClock,
    log: silentLogger,
    supervisor: testSupervisor(silentLogger),
  })
);
console.log(ports.map(({ address }) => address).join(" "));

for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const { hostname, port } = new URL(`tcp://${line.trim()}`);
  const attempts = dozen.map(() => Deno.connect({ hostname, port: Number(port) }));
  const settled = await Promise.allSettled(attempts);
  const made = settled.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  for (const conn of made) conn.close();
  console.log(made.length);
}
Deno.exit();
