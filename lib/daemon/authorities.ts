import { processArguments, replaceProcess } from "../net/mod.ts";

/** Where the runtime reads which authorities TLS trusts: "system" stands for those of this host. */
const store = "DENO_TLS_CA_STORE";
/** Set, the runtime does not ask its maker, over the network, whether there is a newer one. */
const noUpdateCheck = "DENO_NO_UPDATE_CHECK";

/** What {@link trustSystemAuthorities} finds and does; the real thing unless a test says otherwise. */
export interface Start {
  readonly environment: {
    has(name: string): boolean;
    set(name: string, value: string): void;
    toObject(): Record<string, string>;
  };
  readonly program: () => string;
  readonly args: () => readonly string[];
  readonly replace: typeof replaceProcess;
}

const real: Start = {
  environment: Deno.env,
  program: () => Deno.execPath(),
  args: processArguments,
  replace: replaceProcess,
};

/**
 * Has checks over TLS trust the authorities of this host, SSL_CERT_FILE and SSL_CERT_DIR included,
 * where the runtime would use a list of its own. It decides that once, whenever the first client of
 * the process asks: its own update check may do so before any of our code has run. So a process that
 * was started without a choice is replaced by one with it, once; launchers, unit and task make the
 * choice themselves, and an operator's own is left alone. To be called before anything is open that
 * should be closed. Throws what stood against it, after which the choice is made late.
 *
 * Handing the list to each session would have it parsed each time: 8 ms of CPU for 145 authorities.
 */
export function trustSystemAuthorities(start: Start = real): void {
  const { environment } = start;
  if (environment.has(store)) return;
  environment.set(store, "system");
  environment.set(noUpdateCheck, "1");
  start.replace(start.program(), start.args(), environment.toObject());
}
