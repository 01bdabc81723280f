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
