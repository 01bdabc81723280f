import type { CheckType, HealthCheck } from "../config/mod.ts";
import type { Attempt, Outcome, Probe, ProbeContext } from "./attempt.ts";
import { probeHttp } from "./http.ts";
import { probeHttps } from "./https.ts";
import { probeIcmp } from "./icmp.ts";
import { probeTcp } from "./tcp.ts";
import type { ProbeTarget } from "./types.ts";

/** What a type of probe is configured by. */
type CheckOf<Type extends CheckType> = HealthCheck & { readonly type: Type };

/** One row per type. */
const table: { readonly [Type in CheckType]: Probe<CheckOf<Type>> } = {
  icmp: probeIcmp,
  tcp: probeTcp,
  http: probeHttp,
  https: probeHttps,
};

/** Begins the probe that the target's check asks for. */
export function beginProbe(
  context: ProbeContext,
  target: ProbeTarget,
  report: (outcome: Outcome) => void,
): Attempt {
  return beginTyped(target.check.type, target.check, context, target, report);
}

function beginTyped<Type extends CheckType>(
  type: Type,
  check: CheckOf<Type>,
  context: ProbeContext,
  target: ProbeTarget,
  report: (outcome: Outcome) => void,
): Attempt {
  return table[type](context, target, check, report);
}
