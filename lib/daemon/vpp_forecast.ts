import type { DesiredSource } from "../checker/mod.ts";
import { type LogAttributes, reasonOf } from "../log/mod.ts";
import type { VppForecast } from "../api/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { PlannedChange, VppService } from "../vpp/mod.ts";

/** How long VPP may take to say what it holds, in milliseconds: no reload waits for one that hangs. */
const patienceMs = 1_000;

/** Changes that a log record names. */
const changesNamed = 20;

/** What VPP would be told if this were desired. Never rejects. */
export async function forecastVpp(
  vpp: Pick<VppService, "foresee">,
  desired: DesiredSource,
  clock: Clock,
): Promise<VppForecast> {
  const patience = new AbortController();
  const timer = clock.after(patienceMs, () => {
    patience.abort(new Error(`VPP did not say within ${patienceMs} ms what it holds`));
  });
  try {
    const plan = await vpp.foresee(desired, patience.signal);
    return { kind: "known", config: desired.config, ...plan };
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error) };
  } finally {
    timer.cancel();
  }
}

/** The same in the log. */
export function forecastAttributes(forecast: VppForecast | undefined): LogAttributes {
  if (!forecast) return {};
  if (forecast.kind === "unknown") return { "vpp-unknown": forecast.reason };
  const { changes } = forecast;
  const named = changes.slice(0, changesNamed).map(changeText);
  const more = changes.length - named.length;
  return {
    "vpp-changes": changes.length,
    ...(named.length > 0 && { vpp: more > 0 ? [...named, `and ${more} more`] : named }),
  };
}

/** `as-weight 192.0.2.1/32 tcp 80 10.0.0.1 (weight 100 -> 0)`. */
function changeText({ kind, prefix, protocol, port, address, detail }: PlannedChange): string {
  const vip = prefix === "" ? "" : `${prefix} ${protocol} ${port}`;
  return [kind, vip, address, detail && `(${detail})`].filter((part) => part !== "").join(" ");
}
