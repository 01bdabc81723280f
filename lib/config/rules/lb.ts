import type { IpAddress } from "../../ip/mod.ts";
import { formatDuration } from "../duration.ts";
import { childPath } from "../path.ts";
import type { ProblemList } from "../problem_list.ts";
import type { LbSection } from "../schema.ts";
import type { LbConfig } from "../types.ts";
import { checkUnicast } from "./addresses.ts";

/** VPP's global settings, or undefined when something required is missing. */
export function lbConfig(
  section: LbSection,
  problems: ProblemList,
): LbConfig | undefined {
  const { values } = section;
  checkStartup(section, problems);
  const ipv4Source = source("ipv4-src-address", section, problems);
  const ipv6Source = source("ipv6-src-address", section, problems);
  if (!ipv4Source || !ipv6Source) return undefined;
  return {
    ipv4Source,
    ipv6Source,
    syncIntervalMs: values["sync-interval"],
    stickyBucketsPerCore: values["sticky-buckets-per-core"],
    buckets: values.buckets,
    flowTimeoutSeconds: values["flow-timeout"] / 1000,
    startupMinDelayMs: values["startup-min-delay"],
    startupMaxDelayMs: values["startup-max-delay"],
  };
}

function source(
  key: "ipv4-src-address" | "ipv6-src-address",
  { values, places, path, at }: LbSection,
  problems: ProblemList,
): IpAddress | undefined {
  const address = values[key];
  if (address) checkUnicast(address, places[key] ?? at, childPath(path, key), "vpp", problems);
  return address;
}

function checkStartup(section: LbSection, problems: ProblemList): void {
  const { values, places } = section;
  const min = values["startup-min-delay"];
  const max = values["startup-max-delay"];
  if (max >= min) return;
  const given = places["startup-max-delay"];
  const key = given === undefined ? "startup-min-delay" : "startup-max-delay";
  const at = given ?? places["startup-min-delay"] ?? section.at;
  const message = given === undefined
    ? `must be at most startup-max-delay (${formatDuration(max)} by default), ` +
      `not ${formatDuration(min)}`
    : `must be at least startup-min-delay (${formatDuration(min)}), not ${formatDuration(max)}`;
  problems.add("vpp", at, childPath(section.path, key), message);
}
