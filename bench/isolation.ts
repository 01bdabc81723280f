/**
 * Whether anything that the daemon does makes probes late: 10,000 backends are probed, 2,000 a
 * second, first at rest, then while 50 calls at a time list them all with details, every backend's
 * check is changed again and again, and the HTTP/2 port is fuzzed. What is asked and who asks run at
 * the lowest priority: on another machine they would be no burden either. `deno task bench isolation
 * [BACKENDS]`; needs nginx and h2load.
 *
 * @module
 */

import { constants, setPriority } from "node:os";
import { create, toBinary } from "@bufbuild/protobuf";
import { ListBackendsRequestSchema } from "../lib/gen/maglev_pb.ts";
import { havePrograms } from "../tests/support/programs.ts";
import { daemonEngine } from "../tools/programs.ts";
import { h2load } from "./rpc/h2load.ts";
import { Peer } from "./rpc/processes.ts";

const backends = Deno.args[0] ?? "10000";
const seconds = 20;
const calls = 50;
const port = "18321";

interface Stats {
  readonly delayed: number;
  readonly late: number;
  readonly maxLatenessMs: number;
  readonly done: number;
  readonly stalls: number;
  readonly excused: number;
  readonly failures: number;
  /** Of a program that comes before all others and needs nobody: what nobody here can change. */
  readonly machine: { readonly times: number; readonly delayed: number; readonly late: number };
}

async function measure(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mgl-isolation-" });
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/pid; error_log /dev/null;
     events { worker_connections 8192; }
     http { access_log off; server { listen 0.0.0.0:${port} backlog=4096; return 200; } }`,
  );
  const lowest = ["-n", `${constants.priority.PRIORITY_LOW}`];
  await using _nginx = new Peer("nice", [...lowest, "nginx", "-c", `${folder}/nginx.conf`]);
  const script = new URL("isolation/server.ts", import.meta.url).pathname;
  const args = ["run", "-A", ...daemonEngine, "--no-check", script, backends, port];
  await using server = new Peer(Deno.execPath(), args);
  const first = ["-n", `${constants.priority.PRIORITY_HIGHEST}`];
  const standstills = new URL("isolation/standstills.ts", import.meta.url).pathname;
  await using machine = new Peer("nice", [...first, Deno.execPath(), "run", standstills]);
  // Of this process, and of all that it starts from now on.
  setPriority(constants.priority.PRIORITY_LOW);
  const address = await server.line();
  const ask = async (what: string): Promise<Stats> => {
    await machine.tell(what);
    await server.tell(what);
    return { ...JSON.parse(await server.line()), machine: JSON.parse(await machine.line()) };
  };
  await wait(2 * seconds);
  const before = await ask("stats");
  await wait(seconds);
  const rest = await ask("stats");
  tell("at rest", before, rest);
  let isOver = false;
  let reloads = 0;
  const reloading = (async () => {
    for (; !isOver; reloads++) await ask("reload");
  })();
  const message = toBinary(
    ListBackendsRequestSchema,
    create(ListBackendsRequestSchema, { details: true }),
  );
  const path = "/maglev.Maglev/ListBackends";
  const listing = h2load({ address, path, message }, calls, seconds);
  // Who comes from one address shares its connections: those that list have to be there already.
  await Promise.race([wait(3), listing]);
  const fuzzing = fuzz(address);
  const listed = listing.finally(() => {
    isOver = true;
    fuzzing.kill();
  });
  const [{ rate }] = await Promise.all([listed, fuzzing.status, reloading]);
  tell(`${rate.toFixed(0)} lists/s, ${reloads} reloads`, rest, await ask("stats"));
  await Deno.remove(folder, { recursive: true });
}

/** Sessions of garbage without end. */
function fuzz(address: string): Deno.ChildProcess {
  const script = new URL("../tools/fuzz.ts", import.meta.url).pathname;
  const fuzzer = ["run", "-A", "--no-check", script, "sessions", "--count", "1000000"];
  const args = [...fuzzer, "--connect", address];
  return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "inherit" }).spawn();
}

function tell(what: string, before: Stats, after: Stats): void {
  const since = (field: Exclude<keyof Stats, "machine">) => after[field] - before[field];
  const ofMachine = (field: keyof Stats["machine"]) => after.machine[field] - before.machine[field];
  console.log(
    `${what}: ${since("done")} probes, ${since("delayed")} more than 10 ms late, ` +
      `${since("late")} more than 50 ms, ` +
      `${since("stalls")} stalls, ${since("excused")} excused, ${after.failures} backends down; ` +
      `the latest since the start ${after.maxLatenessMs.toFixed(1)} ms. The machine itself: ` +
      `${ofMachine("delayed")} and ${ofMachine("late")} of ${ofMachine("times")} times`,
  );
}

function wait(forSeconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forSeconds * 1000));
}

if (havePrograms("nginx", "h2load")) await measure();
else console.log("SKIPPED: bench isolation needs nginx and h2load");
