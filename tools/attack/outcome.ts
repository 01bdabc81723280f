/** What one attack did to maglevd. Milliseconds and octets. */
export interface Outcome {
  readonly attack: string;
  /** The load average before the start: of others on this machine. */
  readonly load: number;
  readonly seconds: number;
  /** Between two probes of the backend that is probed every 100 ms. */
  readonly gap: { readonly before: number; readonly during: number };
  /** Failed probes of servers that are well; undefined if maglevd could not be asked. */
  readonly failedProbes: number | undefined;
  /** How often a backend went down or a server lost its weight in VPP, and the first time. */
  readonly takenOut: { readonly times: number; readonly first: string };
  /** From an operator's change on the machine to VPP. */
  readonly operator: Pair<{ readonly worst: number; readonly failed: number }>;
  /** Of a polite client's calls. */
  readonly p50: Pair<number>;
  readonly p99: Pair<number>;
  /** Shares of what failed: a polite client's calls, those over new connections, its scrapes. */
  readonly refused: {
    readonly calls: number;
    readonly entries: number;
    readonly scrapes: number;
  };
  readonly rss: Pair<number>;
  readonly descriptors: Pair<number>;
  readonly logged: number;
  /** Records of level ERROR: nothing that a client does is a fault of maglevd's. */
  readonly errors: number;
  /** Seconds until all was as before; undefined if not in 60 s. */
  readonly recovered: number | undefined;
  /** For how many seconds that was waited for. */
  readonly patience: number;
  /** What was not as before in the end. */
  readonly left: readonly string[];
  /** The exit code, if maglevd did not live through it. */
  readonly died: number | undefined;
  /** What the attackers did. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Before and during. */
export interface Pair<T> {
  readonly before: T;
  readonly during: T;
}

/** What an attack may lead to. */
export const limits = {
  /** Twice the interval and 50 ms. */
  gapMs: 250,
  operatorMs: 100,
  rss: 400_000_000,
  /** Octets of log, of an attack of a minute. */
  logged: 200_000,
  /** Of a polite client's calls, new connections and scrapes. */
  refused: 0.05,
  /** After an attack, against before. */
  recovery: 1.3,
  recoverySeconds: 60,
} as const;

/** A load average above which figures say more about the machine than about maglevd. */
export const busyLoad = 2.5;

/** What is wrong, a sentence each; none: maglevd held. Pure. */
export function faults(outcome: Outcome): string[] {
  const { gap, failedProbes, takenOut, operator, rss, refused, recovered, left, died } = outcome;
  const { logged, errors } = outcome;
  const found: string[] = [];
  if (died !== undefined) found.push(`maglevd ended with exit code ${died}`);
  if (gap.during > limits.gapMs) found.push(`no probe for ${Math.ceil(gap.during)} ms`);
  if (failedProbes === undefined) found.push("a scrape on the machine was not answered");
  if (failedProbes !== undefined && failedProbes > 0) found.push(`${failedProbes} probes failed`);
  if (takenOut.times > 0) {
    found.push(`${takenOut.times} times a server was taken out: ${takenOut.first}`);
  }
  if (operator.during.failed > 0) found.push(`${operator.during.failed} changes did not arrive`);
  if (operator.during.worst > limits.operatorMs) {
    found.push(`a change took ${Math.ceil(operator.during.worst)} ms`);
  }
  if (rss.during > limits.rss) found.push(`${Math.round(rss.during / 1e6)} MB resident`);
  if (logged > limits.logged) found.push(`${Math.round(logged / 1e3)} KB logged`);
  if (errors > 0) found.push(`${errors} errors logged`);
  if (refused.calls > limits.refused) found.push(`${percent(refused.calls)} of calls failed`);
  if (refused.entries > limits.refused) {
    found.push(`${percent(refused.entries)} of new connections failed`);
  }
  if (refused.scrapes > limits.refused) found.push(`${percent(refused.scrapes)} of scrapes failed`);
  if (recovered === undefined) {
    found.push(`not as before after ${outcome.patience} s: ${left.join(", ")}`);
  }
  return found;
}

/** A share for people. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
