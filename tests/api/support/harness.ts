import { anyStatus } from "./any_status.ts";
import { type ApiServerOptions, type ConfigService, startApiServer } from "../../../lib/api/mod.ts";
import type { RpcMethod, RpcObserver, RpcServer } from "../../../lib/rpc/mod.ts";
import { Budgets } from "../../../lib/port/mod.ts";
import { systemClock } from "../../../lib/time/mod.ts";
import { CheckerBed } from "./checker_bed.ts";
import type { FakeLog } from "../../port/support/fake_log.ts";
import { testSupervisor, uncounted } from "../../port/support/listening.ts";
import { auditOn } from "../../rpc/support/callers.ts";

/** An observer that counts, and that a test can wait on. */
export class FakeObserver implements RpcObserver {
  /** `kind service/method [code]` to how often. */
  readonly counts = new Map<string, number>();
  readonly #waiters = new Set<() => void>();

  started = (rpc: RpcMethod): void => this.#count("started", rpc);
  handled = (rpc: RpcMethod, code: string): void => this.#count("handled", rpc, ` ${code}`);
  msgReceived = (rpc: RpcMethod): void => this.#count("received", rpc);
  msgSent = (rpc: RpcMethod): void => this.#count("sent", rpc);
  audited = (method: string, result: string): void => this.#add(`audited ${method} ${result}`);

  count(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** Resolves when `what` was counted at least `times`. */
  async until(what: string, times = 1): Promise<void> {
    while (this.count(what) < times) await this.next();
  }

  /** Resolves when anything is counted. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  #count(kind: string, { service, method }: RpcMethod, more = ""): void {
    this.#add(`${kind} ${service}/${method}${more}`);
  }

  #add(what: string): void {
    this.counts.set(what, this.count(what) + 1);
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** A configuration of which nobody ever hears what became. */
export const unanswered: ConfigService = { check: never, foresee: never, reload: never };

/** A server on a free loopback port with a checker in the test's hands behind it. */
export interface Harness extends AsyncDisposable {
  readonly server: RpcServer;
  readonly bed: CheckerBed;
  readonly log: FakeLog;
  readonly observer: FakeObserver;
  readonly address: string;
}

/** Starts a server; `using` the harness shuts it down. */
export async function serve(
  options: Partial<ApiServerOptions> = {},
  bed: CheckerBed = new CheckerBed(),
): Promise<Harness> {
  const { checker, journal, stream: events, log } = bed;
  const observer = new FakeObserver();
  const server = await Promise.resolve(startApiServer({
    addr: "127.0.0.1:0",
    limits: { h1: { lingerMs: 50 } },
    supervisor: testSupervisor(log),
    connections: uncounted,
    budgets: new Budgets(log, systemClock),
    audit: auditOn(events, observer),
    checker,
    journal,
    events,
    logs: log,
    log,
    observer,
    vpp: undefined,
    status: anyStatus,
    config: {
      check: () => Promise.resolve({ kind: "ok" }),
      foresee: () => Promise.resolve({ kind: "ok" }),
      reload: () => Promise.resolve({ kind: "ok" }),
    },
    ...options,
  }));
  return {
    server,
    bed,
    log,
    observer,
    address: server.address,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      bed[Symbol.dispose]();
    },
  };
}
