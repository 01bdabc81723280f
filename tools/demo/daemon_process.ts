import { runtimeLocked } from "../programs.ts";
import { textLines } from "./lines.ts";

/** A maglevd that runs beside the demo. */
export interface DaemonProcess {
  /** Resolves once the API answers. Rejects when maglevd ends before that, with AddrInUse if for that. */
  readonly ready: Promise<void>;
  /** Whether it ended because somebody else has one of its ports. */
  readonly portTaken: boolean;
  /** Resolves to the exit code. */
  readonly ended: Promise<number>;
  /** Ends maglevd without asking it. */
  kill(): void;
  /** Asks maglevd to end, unless it is ending already, and waits. */
  stop(): Promise<void>;
}

/** Ctrl-C reaches maglevd as well, the terminal sees to that; only without a terminal ask again. */
const ownAccordMs = 300;

/** Starts maglevd with `args`, by this same Deno; `onLine` gets each line of its log. */
export function startDaemonProcess(
  args: readonly string[],
  onLine: (line: string) => void,
): DaemonProcess {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...runtimeLocked, "--no-check", main, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  let stopping = false;
  let portTaken = false;
  const read = async () => {
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(textLines());
    for await (const line of lines) {
      if (line.includes('"msg":"api-listening"')) resolve();
      if (line.includes('"msg":"stopping"')) stopping = true;
      portTaken ||= /"msg":"start-failed".*another program listens there/.test(line);
      if (!portTaken) onLine(line);
    }
  };
  const ended = Promise.all([child.status, read()]).then(([{ code }]) => {
    const message = `maglevd ended with exit code ${code}`;
    reject(portTaken ? new Deno.errors.AddrInUse(message) : new Error(message));
    return code;
  });
  return {
    ready,
    ended,
    get portTaken() {
      return portTaken;
    },
    kill: () => child.kill("SIGKILL"),
    async stop() {
      const ask = setTimeout(() => {
        if (!stopping) child.kill("SIGTERM");
      }, ownAccordMs);
      await ended;
      clearTimeout(ask);
    },
  };
}
