import { type IpAddress, parseIp } from "../../ip/mod.ts";
import type { LbConfig } from "../../config/mod.ts";
import type { LbConf as LbConfRequest, LbConfGetReply } from "../../gen/vpp.ts";
import type { LbConf, PlannedChange } from "../service.ts";

/** How an address that was never set reads back: all ones (docs/vpp.md). */
const neverSet = new Set(["255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]);

/** VPP's global settings as the program thinks of them. */
export function confOf(reply: LbConfGetReply): LbConf {
  return {
    ipv4Source: setAddress(reply.ip4_src_address),
    ipv6Source: setAddress(reply.ip6_src_address),
    stickyBucketsPerCore: reply.sticky_buckets_per_core,
    flowTimeoutSeconds: reply.flow_timeout,
  };
}

function setAddress(address: IpAddress): IpAddress | undefined {
  return neverSet.has(address.text) ? undefined : address;
}

/** What VPP's global settings are to be. */
export function desiredConf(config: LbConfig): LbConf {
  const { ipv4Source, ipv6Source, stickyBucketsPerCore, flowTimeoutSeconds } = config;
  return { ipv4Source, ipv6Source, stickyBucketsPerCore, flowTimeoutSeconds };
}

/** How the settings differ, `flow-timeout 40s -> 60s`; empty when they do not. */
export function confDifference(actual: LbConf, desired: LbConf): string {
  const rows: readonly (readonly [string, string, string])[] = [
    ["ipv4-src-address", sourceText(actual.ipv4Source), sourceText(desired.ipv4Source)],
    ["ipv6-src-address", sourceText(actual.ipv6Source), sourceText(desired.ipv6Source)],
    [
      "sticky-buckets-per-core",
      `${actual.stickyBucketsPerCore}`,
      `${desired.stickyBucketsPerCore}`,
    ],
    ["flow-timeout", `${actual.flowTimeoutSeconds}s`, `${desired.flowTimeoutSeconds}s`],
  ];
  return rows.filter(([, from, to]) => from !== to)
    .map(([name, from, to]) => `${name} ${from} -> ${to}`).join(", ");
}

function sourceText(address: IpAddress | undefined): string {
  return address?.text ?? "unset";
}

const unset4 = parseIp("255.255.255.255");
const unset6 = parseIp("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

/** The request that sets them; VPP takes both addresses each time. */
export function confRequest(conf: LbConf): LbConfRequest {
  const ip4 = conf.ipv4Source ?? unset4;
  const ip6 = conf.ipv6Source ?? unset6;
  if (!ip4 || !ip6) throw new TypeError("an address that is all ones does not parse");
  return {
    ip4_src_address: ip4,
    ip6_src_address: ip6,
    sticky_buckets_per_core: conf.stickyBucketsPerCore,
    flow_timeout: conf.flowTimeoutSeconds,
  };
}

/** For people. */
export function describeConf(difference: string): PlannedChange {
  const noVip = { prefix: "", protocol: "", port: 0, address: "", frontend: "" };
  return { kind: "conf-set", ...noVip, detail: difference };
}
