import { reasonOf } from "../../log/mod.ts";
import type { VppInfo } from "../service.ts";
import { Session, type SessionOptions } from "./session.ts";

/** Between a failure and the next attempt. */
const retryMs = 5_000;

/** The same reason for not connecting is told again after this time only. */
const repeatReasonMs = 60_000;

/** What a link tells. */
export interface LinkEvents {
  /** Connected and adopted: VPP can be synced. */
  readonly connected: (session: Session, isSameVpp: boolean) => void;
}

/**
 * Keeps a session with VPP for as long as the program runs: after any failure it is closed, and
 * another is tried after 5 s, for ever.
 */
export class Link {
  readonly #abort = new AbortController();
  readonly #living: Promise<void>;
  #session: Session | undefined;
  #last: VppInfo | undefined;
  #told: { readonly err: string; readonly at: number } | undefined;

  constructor(private readonly options: SessionOptions, private readonly events: LinkEvents) {
    this.#living = this.#live();
  }

  /** The present session; undefined while there is none. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Says good-bye to VPP, which keeps all it has. Waits until nothing runs any more. */
  async close(): Promise<void> {
    this.#abort.abort(new Error("maglevd is stopping"));
    await this.#session?.close();
    await this.#living;
  }

  async #live(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const session = await this.#open();
      if (session) await this.#serve(session);
      await this.#pause();
    }
  }

  async #open(): Promise<Session | undefined> {
    try {
      const session = await Session.open(this.options, this.#abort.signal);
      this.#told = undefined;
      return session;
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#tell(reasonOf(error));
      return undefined;
    }
  }

  #tell(err: string): void {
    const { apiAddr, statsAddr, clock, log } = this.options;
    const now = clock.now();
    if (this.#told?.err === err && now - this.#told.at < repeatReasonMs) return;
    this.#told = { err, at: now };
    log.warn("vpp-connect-failed", { "api-addr": apiAddr, "stats-addr": statsAddr, err });
  }

  async #serve(session: Session): Promise<void> {
    const { log } = this.options;
    const { info } = session;
    const isSameVpp = this.#last?.pid === info.pid && this.#last?.bootTime === info.bootTime;
    const isRestarted = this.#last !== undefined && !isSameVpp;
    this.#last = info;
    this.#session = session;
    log.info("vpp-connect", {
      version: info.version,
      "build-date": info.buildDate,
      pid: info.pid,
      boottime: new Date(info.bootTime).toISOString(),
      restarted: isRestarted || undefined,
    });
    if (this.#abort.signal.aborted) session.fail(this.#abort.signal.reason);
    await session.begin();
    if (!session.isOver) this.events.connected(session, isSameVpp);
    const reason = await session.ended;
    this.#session = undefined;
    if (this.#abort.signal.aborted) log.info("vpp-disconnect", { reason: reason.message });
    else log.warn("vpp-disconnect", { err: reason.message });
    await session.close();
  }

  #pause(): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = this.options.clock.after(retryMs, done);
      signal.addEventListener("abort", done);
    });
  }
}
