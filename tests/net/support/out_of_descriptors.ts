/** Run with few descriptors: has none left, or one, and prints what is said to who wants some. */

import { Inbox } from "../../../lib/net/inbox.ts";
import { libc } from "../../../lib/net/libc.ts";
import {
  connectSeqpacket,
  Engine,
  isListening,
  listenSeqpacket,
  memfd,
  NetnsSockets,
  readKernelFile,
  sendUnixDatagram,
  UnixListener,
} from "../../../lib/net/mod.ts";
import { Poller } from "../../../lib/net/poller.ts";
import { FakeClock } from "../../../lib/time/mod.ts";

const clock = new FakeClock();
const [directory = ""] = Deno.args;
const sockets = new NetnsSockets();

const attempts: Readonly<Record<string, () => unknown>> = {
  poller: () => new Poller(clock),
  inbox: () => new Inbox(),
  engine: () => new Engine(clock),
  datagram: () => sendUnixDatagram("/nowhere", new Uint8Array(1)),
  listen: () => listenSeqpacket(`${directory}/one`),
  connect: () => connectSeqpacket("/nowhere"),
  memory: () => memfd("segment", 1),
  unix: () => UnixListener.open(`${directory}/two`, 1, () => {}),
  listening: () => isListening("/nowhere"),
  file: () => readKernelFile("/proc/self/cmdline"),
  socket: () => sockets.open("", 2, 1, 0),
  namespace: () => sockets.open("/proc/self/ns/net", 2, 1, 0),
};

const held: number[] = [];
const said: Record<string, string>[] = [];
for (const free of [0, 1]) {
  const outcomes: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    fill();
    for (let i = 0; i < free; i++) libc.close(held.pop() ?? -1);
    outcomes[name] = `${await outcomeOf(attempt)}; ${fill()} left`;
  }
  said.push(outcomes);
}
console.log(JSON.stringify(said));
Deno.exit(0);

/** Takes all descriptors that are left, and returns how many these were. */
function fill(): number {
  let count = 0;
  for (let fd = libc.eventfd(0, 0); fd >= 0; fd = libc.eventfd(0, 0), count++) held.push(fd);
  return count;
}

async function outcomeOf(attempt: () => unknown): Promise<string> {
  try {
    const result: unknown = await attempt();
    const isFailure = typeof result === "object" && result !== null && "reason" in result;
    return isFailure ? String(result.reason) : "done";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
