import { type AuthRules, covers, denial, type Role } from "../access/mod.ts";
import type { H2Field, H2Request, H2Response } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import { FailedLogins, RecentFailures } from "../port/mod.ts";
import type { Clock } from "../time/mod.ts";
import { json, sentence } from "./answers.ts";
import type { WebMetrics } from "./metrics.ts";
import type { Credentials } from "./settings.ts";
import { type Visitor, visitorsBy } from "./visitors.ts";

/** Who is let in, and what is told of those who are not. */
export interface GateOptions {
  /** Those of `--auth` that are in force; undefined: there is no file, and all may look. */
  readonly rules?: (() => AuthRules) | undefined;
  /** Who may do everything besides. */
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<WebMetrics, "loginFailed">;
}

/** Lets visitors in by their role, or answers why not. */
export class Gate {
  readonly #visitor: ReturnType<typeof visitorsBy>;
  readonly #failures: FailedLogins;

  constructor(private readonly options: GateOptions) {
    const { rules, credentials, clock } = options;
    const guesses = new RecentFailures(clock);
    this.#visitor = visitorsBy({ rules, credentials, guesses });
    this.#failures = new FailedLogins(clock);
  }

  /** Whether there is anything to log in with: else there is no `/admin/`. */
  get hasLogin(): boolean {
    const { rules, credentials } = this.options;
    return rules !== undefined || credentials !== undefined;
  }

  /** Who looks, or why it may not. Without a file everybody may, whatever a proxy has it show. */
  async look(request: H2Request): Promise<Visitor | H2Response> {
    if (this.options.rules) return await this.#admit(request, false);
    const { peer, connection } = request;
    const visitor = this.#visitor({ peer, connection, headers: [] });
    return "tooSoonMs" in visitor ? tooSoon(request, visitor.tooSoonMs) : visitor;
  }

  /** Who has come to steer, and is known; what it may do is another question. */
  login(request: H2Request): Promise<Visitor | H2Response> {
    return this.#admit(request, true);
  }

  /** Why metrics are not for a request; undefined: they are. */
  async scrape(request: H2Request): Promise<H2Response | undefined> {
    if (this.options.rules?.().metrics !== "view") return undefined;
    const visitor = await this.look(request);
    return "status" in visitor ? visitor : undefined;
  }

  async #admit(request: H2Request, isLogin: boolean): Promise<Visitor | H2Response> {
    const visitor = this.#visitor(request);
    if ("tooSoonMs" in visitor) {
      this.options.metrics.loginFailed();
      return tooSoon(request, visitor.tooSoonMs);
    }
    const isLetIn = visitor.isKnown || !isLogin;
    if (isLetIn && covers(visitor.role, "view")) return visitor;
    if (visitor.isFailure) await this.#failed(visitor.peer);
    const reason = denial(visitor, "view") ?? "one has to log in to steer";
    const hint = this.options.rules ? `; ${hintForPeople}` : "";
    return refusal(request, 401, reason + hint, [
      "www-authenticate",
      'Basic realm="maglevd-frontend", charset="UTF-8"',
    ]);
  }

  /** Who shows something wrong waits for the answer, the longer the more often. */
  async #failed(peer: string): Promise<void> {
    const { log, metrics } = this.options;
    metrics.loginFailed();
    log.warn("login-failed", { peer });
    await this.#failures.pause(peer);
  }
}

const hintForPeople = "in a browser log in with your name and, as the password, your token";

/** Why a visitor may not do what takes a role now, whatever it could when it came; undefined: it may. */
export function refusedNow(visitor: Visitor, needed: Role): string | undefined {
  return denial(visitor.now(), needed);
}

function tooSoon(request: H2Request, ms: number): H2Response {
  const seconds = Math.ceil(ms / 1000);
  const reason = "too many wrong passwords have come from your network: none is looked at for " +
    `${seconds} s`;
  return refusal(request, 429, reason, ["retry-after", String(seconds)]);
}

/** In words for whoever looks at the address, as JSON for the page. */
function refusal(
  { path }: H2Request,
  status: number,
  reason: string,
  ...more: readonly H2Field[]
): H2Response {
  const isAsked = /^\/(?:view|admin)\/api\//.test(path);
  return isAsked ? json({ error: reason }, status, ...more) : sentence(status, reason, ...more);
}
