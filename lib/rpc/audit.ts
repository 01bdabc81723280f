import { Code } from "@connectrpc/connect";
import type { Principal } from "../access/mod.ts";
import type { EventData, EventSink, EventStream } from "../events/mod.ts";
import { prefixOf } from "../port/mod.ts";
import type { Clock } from "../time/mod.ts";
import { codeName, type RpcCode, toConnectError } from "./errors.ts";

/** Told what the audit is told, for metrics. */
export interface AuditObserver {
  /** A call that changes something, or was refused, ended with `result`. */
  audited(method: string, result: RpcCode): void;
}

/** What a call is about to change. */
export interface AuditedChange<Result = unknown> {
  /** What it is about, such as `backend web1`; may be empty. */
  readonly target: string;
  /** How that is now, in a few words. */
  readonly state: () => string;
  /** Why a result that is no error means that it was not done; empty if it was. */
  readonly failure?: (result: Result) => string;
}

/** What an audit works with. */
export interface AuditDeps {
  readonly events: EventSink & Pick<EventStream, "lastAsked">;
  readonly observer: AuditObserver;
  readonly clock: Clock;
}

/** Of what did not come about so many are told, in all and of one IPv6 /64 or IPv4 address. */
const mostTold = { all: 30, each: 5 } as const;
/** Milliseconds in which. Who tries a thousand times a second shall not push all else out. */
const windowMs = 600_000;

/** Characters of one text of an event. */
const mostCharacters = 500;

/**
 * Tells of everybody who changes something, or is refused something. Changes are all told, which
 * are made by those who may; of attempts by others there may be any number, so that some are only
 * counted, and the next one that is told says how many.
 */
export class Audit {
  #windowEnd = 0;
  #told = 0;
  #untold = 0;
  readonly #toldOf = new Map<string, number>();

  constructor(private readonly deps: AuditDeps) {}

  /** Somebody may not have what it asks for. */
  refused(
    by: Principal,
    method: string,
    target: string,
    result: RpcCode,
    reason: string,
  ): void {
    this.deps.observer.audited(method, result);
    this.#tellFailure(by, { method, target, before: "", after: "", result, reason });
  }

  /** Does what somebody asks for, and tells how it went; nothing if nothing was changed by it. */
  carryOut<T>(
    by: Principal,
    method: string,
    audited: AuditedChange<T>,
    work: () => T | Promise<T>,
  ): T | Promise<T> {
    const { events, observer } = this.deps;
    const before = audited.state();
    // While it goes on probes and other calls bring about events as well.
    const seq = events.lastAsked;
    const tell = (result: RpcCode, reason: string) => {
      observer.audited(method, result);
      const told = {
        method,
        target: audited.target,
        before,
        after: audited.state(),
        result,
        reason,
      };
      if (result !== "OK") this.#tellFailure(by, told);
      else if (events.lastAsked !== seq) this.#tell(by, told);
    };
    const succeed = (value: T) => {
      const reason = audited.failure?.(value) ?? "";
      tell(codeName(reason === "" ? 0 : Code.FailedPrecondition), reason);
      return value;
    };
    const fail = (error: unknown): never => {
      const { code, rawMessage } = toConnectError(error);
      tell(codeName(code), rawMessage);
      throw error;
    };
    let result: T | Promise<T>;
    try {
      result = work();
    } catch (error) {
      return fail(error);
    }
    return result instanceof Promise ? result.then(succeed, fail) : succeed(result);
  }

  #tellFailure(by: Principal, told: Told): void {
    const now = this.deps.clock.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + windowMs;
      this.#told = 0;
      this.#toldOf.clear();
    }
    const prefix = prefixOf(by.peer).text;
    const toldOfIt = this.#toldOf.get(prefix) ?? 0;
    if (this.#told >= mostTold.all || toldOfIt >= mostTold.each) {
      this.#untold++;
      return;
    }
    this.#told++;
    this.#toldOf.set(prefix, toldOfIt + 1);
    const untold = this.#untold === 0 ? "" : ` (${this.#untold} others before were not told)`;
    this.#untold = 0;
    this.#tell(by, { ...told, reason: `${plain(told.reason)}${untold}` });
  }

  #tell({ name, role, peer }: Principal, told: Told): void {
    const { target, before, after } = told;
    this.deps.events.emit([{
      kind: "audit",
      role,
      ...told,
      ...{ target: plain(target), before: plain(before), after: plain(after) },
      cause: { kind: "operator" },
      actor: { name, from: peer },
    }]);
  }
}

type Told = Omit<EventData<"audit">, "kind" | "role">;

/** What clients have sent stands in it, and goes to terminals: bounded, without control characters. */
function plain(text: string): string {
  const cut = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
  return cut.toWellFormed().replace(
    /\p{Cc}/gu,
    (each) => `\\x${(each.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`,
  );
}
