import type { Logger } from "../log/mod.ts";
import { NetError, sendUnixDatagram } from "../net/mod.ts";
import { type Clock, every, type Timer } from "../time/mod.ts";

/** What sd_notify(3) and the watchdog need from the environment and the process. */
export interface ServiceManagerOptions {
  readonly environment: { get(name: string): string | undefined };
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Replaced by tests. */
  readonly send?: (path: string, message: Uint8Array<ArrayBuffer>) => void;
}

/**
 * Tells systemd how the program is doing: sd_notify(3), with the watchdog of systemd.service(5).
 * Without NOTIFY_SOCKET it does nothing. A manager that does not listen is logged once.
 */
export class ServiceManager implements Disposable {
  readonly #options: ServiceManagerOptions;
  readonly #socket: string | undefined;
  #failed = false;
  #timer: Timer | undefined;

  /** Reads the environment once. */
  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#socket = options.environment.get("NOTIFY_SOCKET") || undefined;
  }

  /** Started, and serving. */
  ready(status: string): void {
    this.#notify(`READY=1\nSTATUS=${status}`);
  }

  /** What is to be said of it in `systemctl status`, and no more. */
  status(status: string): void {
    this.#notify(`STATUS=${status}`);
  }

  /** A reload has begun; `ready` ends it. */
  reloading(): void {
    this.#notify("RELOADING=1");
  }

  /** The end has begun; `status` says why, and stays to be read. */
  stopping(status: string): void {
    this.#timer?.cancel();
    this.#notify(`STOPPING=1\nSTATUS=${status}`);
  }

  /**
   * Feeds the watchdog, if there is one, at a third of its period while `complaint` has none;
   * a complaint is logged and left to the manager, which restarts the program when it persists.
   */
  watch(complaint: () => string | undefined): void {
    const period = this.#watchdogMs();
    if (period === undefined) return;
    this.#timer = every(this.#options.clock, period / 3, () => {
      const err = complaint();
      if (err === undefined) this.#notify("WATCHDOG=1");
      else this.#options.log.error("watchdog-not-fed", { err });
    });
  }

  /** Feeds no more. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  /** WATCHDOG_PID, when set, names the process that the watchdog is for. */
  #watchdogMs(): number | undefined {
    const { environment, pid } = this.#options;
    const microseconds = Number(environment.get("WATCHDOG_USEC"));
    const meant = environment.get("WATCHDOG_PID") ?? String(pid);
    return microseconds > 0 && meant === String(pid) ? microseconds / 1000 : undefined;
  }

  #notify(message: string): void {
    if (this.#socket === undefined) return;
    const { send = sendUnixDatagram, log } = this.#options;
    try {
      send(this.#socket, new TextEncoder().encode(message));
    } catch (error) {
      if (!(error instanceof NetError || error instanceof RangeError)) throw error;
      if (!this.#failed) log.warn("service-manager-unreachable", { err: error.message });
      this.#failed = true;
    }
  }
}
