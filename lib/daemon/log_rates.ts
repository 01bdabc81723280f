import type { LogAttributes, LogRate } from "../log/mod.ts";

/** What makes records of one name count apart. */
type By = (attributes: LogAttributes) => string;

const of = (...names: readonly string[]): By => (attributes) =>
  names.map((name) => String(attributes[name] ?? "")).join(" ");

/** All that are told of the same first frontend: a flapping backend concerns the same ones each time. */
const firstFrontend: By = ({ scope, frontends }) =>
  `${scope} ${Array.isArray(frontends) ? frontends[0] : ""}`;

/**
 * What a backend that flaps for hours, a VPP that dies again and again, or a client that asks for
 * the same thing in a loop brings about, by what is counted apart. Events and metrics have all.
 */
const kinds: Readonly<Record<string, By>> = {
  "backend-transition": of("backend"),
  "frontend-transition": of("frontend"),
  "frontend-failover": of("frontend"),
  "weight-change": of("frontend", "pool", "backend"),
  "backend-drain": of("change", "backend"),
  "fail-open-begun": of("frontend"),
  "fail-open-ended": of("frontend"),
  "slow-start-begun": of("frontend", "backend"),
  "slow-start-ended": of("frontend", "backend"),
  "flap-hold-begun": of("backend"),
  "flap-hold-ended": of("backend"),
  "operator-action": of("action", "backend", "frontend"),
  "config-check-start": of(),
  "config-check-done": of(),
  "config-check-failed": of(),
  "config-reload-start": of(),
  "config-reload-done": of(),
  "config-diff": of(),
  "config-warning": of(),
  "checker-reload-error": of(),
  "config-reload-refused": of(),
  "vpp-connect": of(),
  "vpp-disconnect": of(),
  "vpp-stats-unreadable": of(),
  "vpp-stats-readable": of(),
  "vpp-in-step": of(),
  "vpp-out-of-step": of(),
  "vpp-altered": of(),
  "vpp-lb-conf-set": of(),
  "vpp-lb-conf-set-failed": of(),
  "vpp-lbsync-start": firstFrontend,
  "vpp-lbsync-done": firstFrontend,
  "vpp-lbsync-as-weight": of("vip", "protocol", "port", "address"),
  "vpp-lbsync-blocked": of("frontend"),
  "vpp-reconciler-error": of("vip", "protocol", "port", "address"),
};

/** So many in ten minutes is somebody at work; more is something that does not settle. */
const burst = 20;
const windowMs = 600_000;

const rates: ReadonlyMap<string, LogRate> = new Map(
  Object.entries(kinds).map(([msg, by]) => [msg, { burst, windowMs, by }]),
);

/** Names of the records that come at a limited rate, in the order of the documentation. */
export const limitedRecords: readonly string[] = Object.keys(kinds);

/** How often records of a name may come; undefined for those that nothing brings about in numbers. */
export function rateOf(msg: string): LogRate | undefined {
  return rates.get(msg);
}
