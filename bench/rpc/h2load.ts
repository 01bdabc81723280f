import { output } from "./processes.ts";

/** What a load came to. */
export interface Load {
  /** Calls per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** One RPC to be called over and over. */
export interface LoadTarget {
  readonly address: string;
  readonly path: string;
  /** The request message, encoded. */
  readonly message: Uint8Array;
}

/** Calls an RPC by gRPC on one connection, `concurrency` at a time, after a second's warm-up. */
export async function h2load(
  { address, path, message }: LoadTarget,
  concurrency: number,
  seconds: number,
): Promise<Load> {
  const directory = await Deno.makeTempDir();
  try {
    const [body, log] = [`${directory}/body`, `${directory}/log`];
    await Deno.writeFile(body, envelope(message));
    const printed = await output("h2load", [
      ...["--clients", "1", "--max-concurrent-streams", String(concurrency)],
      ...["--duration", String(seconds), "--warm-up-time", "1"],
      ...["--header", "content-type: application/grpc", "--header", "te: trailers"],
      ...["--data", body, "--log-file", log, `http://${address}${path}`],
    ]);
    return read(printed, await Deno.readTextFile(log));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Lines of the log are start, status and duration in microseconds. */
function read(printed: string, log: string): Load {
  const failed = /(\d+) failed/.exec(printed)?.[1];
  const rate = Number(/([\d.]+) req\/s/.exec(printed)?.[1]);
  if (failed !== "0" || !(rate > 0)) throw new Error(`h2load did not get answers:\n${printed}`);
  const times = log.trim().split("\n").map((line) => Number(line.split("\t")[2]) / 1000);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? NaN;
  return { rate, p50: at(0.5), p99: at(0.99) };
}

function envelope(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, 5);
  return bytes;
}
