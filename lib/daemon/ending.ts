import type { DaemonLog, Logger } from "../log/mod.ts";
import type { ServiceManager } from "../service/mod.ts";
import type { Clock } from "../time/mod.ts";
import { exitCodes } from "./flags.ts";
import { oneLine } from "./status_text.ts";

/** How errors that reached the top are dealt with. */
export interface LastResortOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** Counts one. */
  readonly count: () => void;
  /** Called once when there is no point in going on. */
  readonly giveUp: () => void;
}

/** More errors than this within the window mean that something is broken for good. */
const maxErrors = 20;
const windowMs = 60_000;

/**
 * Keeps the daemon serving when an error reaches the top: a promise that nobody waited for, or an
 * exception in a callback. Each is logged with its stack. What failed is one probe, one request, one
 * sync; the others are better off with a daemon that goes on. An error that keeps coming is another
 * matter: then the daemon ends, and the service manager starts it afresh, while VPP keeps forwarding.
 * Call the result to stop.
 */
export function guardAgainstStrayErrors(options: LastResortOptions): () => void {
  const { log, clock, count, giveUp } = options;
  let recent: number[] = [];

  function note(msg: string, reason: unknown): void {
    count();
    log.error(msg, describe(reason));
    const now = clock.now();
    recent = [...recent.filter((at) => now - at < windowMs), now];
    if (recent.length !== maxErrors) return;
    log.error("giving-up", { errors: maxErrors, "within-seconds": windowMs / 1000 });
    giveUp();
  }

  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    note("unhandled-rejection", event.reason);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    note("unhandled-exception", event.error ?? event.message);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
  };
}

function describe(reason: unknown): { err: string; stack: string | undefined } {
  return reason instanceof Error
    ? { err: `${reason.name}: ${reason.message}`, stack: reason.stack }
    : { err: String(reason), stack: undefined };
}

/** How long the last record may take to be written, in milliseconds. */
const lastWordMs = 100;

/**
 * Nothing may run any more, not even what takes the daemon down: another process is better.
 * `exit` is Deno.exit.
 */
export function endAtOnce(
  error: Error,
  manager: Pick<ServiceManager, "status">,
  log: Pick<DaemonLog, "error" | "flush">,
  exit: (code: number) => void,
): void {
  manager.status(`fatal: ${oneLine(error.message)}`);
  log.error("fatal", { err: error.message, stack: error.stack });
  const end = () => exit(exitCodes.fault);
  log.flush(lastWordMs).then(end, end);
}

/** How long the end may take in all. */
const stopLimitMs = 15_000;

/** Whether everything could be taken down, and in time. */
export async function takeDown(
  daemon: AsyncDisposable,
  log: Logger,
  clock: Clock,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const limit = clock.after(stopLimitMs, () => {
    log.error("stop-timeout", { "after-seconds": stopLimitMs / 1000 });
    resolve(false);
  });
  const done = daemon[Symbol.asyncDispose]().then(() => true, (error) => {
    log.error("stop-failed", { err: String(error) });
    return false;
  });
  const ok = await Promise.race([done, late]);
  limit.cancel();
  if (ok) log.info("stopped");
  return ok;
}

/** What signals ask of the daemon. */
export interface SignalHandlers {
  /** SIGHUP. */
  readonly reload: () => void;
  /** The first SIGTERM or SIGINT. */
  readonly stop: (signal: Deno.Signal) => void;
  /** Each one after it: the operator doesn't want to wait. */
  readonly force: (signal: Deno.Signal) => void;
}

/** Listens to signals until the returned function is called. */
export function listenToSignals({ reload, stop, force }: SignalHandlers): () => void {
  let stopping = false;
  const listeners = new Map<Deno.Signal, () => void>([["SIGHUP", reload]]);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    listeners.set(signal, () => {
      if (stopping) return force(signal);
      stopping = true;
      stop(signal);
    });
  }
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}
