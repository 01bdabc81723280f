import {
  type LbConf as LbConfRequest,
  lbConf,
  lbConfGet,
  type LbConfGetReply,
} from "../../gen/vpp.ts";
import { type IpAddress, ipFromBytes } from "../../ip/mod.ts";
import type { Logger } from "../../log/mod.ts";
import { isRefusal, type Requester } from "../../vppclient/mod.ts";
import type { LbConf, PlannedChange } from "../service.ts";

/** VPP's global settings. Rejects as the client does. */
export async function readConf(client: Requester): Promise<LbConf> {
  return confOf(await client.request(lbConfGet, {}));
}

/**
 * Sets VPP's global settings to what is desired, if `actual` differs. A refusal is logged only:
 * VIPs work with what VPP has. The result is how they still differ, undefined if they do not.
 * Rejects when the connection fails.
 */
export async function setConf(
  client: Requester,
  actual: LbConf,
  desired: LbConf,
  log: Logger,
): Promise<string | undefined> {
  const change = confDifference(actual, desired);
  if (change === "") return undefined;
  try {
    await client.request(lbConf, confRequest(desired));
    log.info("vpp-lb-conf-set", { change, ...confAttributes(desired) });
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    log.warn("vpp-lb-conf-set-failed", { change, ...confAttributes(desired), err: error.message });
    return `global settings: ${change}: ${error.message}`;
  }
}

/** How an address that was never set reads back: all ones (docs/vpp.md). */
const unset4 = ipFromBytes(new Uint8Array(4).fill(0xff));
const unset6 = ipFromBytes(new Uint8Array(16).fill(0xff));

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
  return address.text === unset4.text || address.text === unset6.text ? undefined : address;
}

/** The settings by their keys in the configuration, for people; undefined is unset. */
function confAttributes(conf: LbConf) {
  return {
    "ipv4-src-address": conf.ipv4Source?.text,
    "ipv6-src-address": conf.ipv6Source?.text,
    "sticky-buckets-per-core": conf.stickyBucketsPerCore,
    "flow-timeout": `${conf.flowTimeoutSeconds}s`,
  };
}

/** How the settings differ, `flow-timeout 40s -> 60s`; empty when they do not. */
export function confDifference(actual: LbConf, desired: LbConf): string {
  const present = new Map<string, unknown>(Object.entries(confAttributes(actual)));
  return Object.entries(confAttributes(desired))
    .filter(([name, value]) => value !== present.get(name))
    .map(([name, value]) => `${name} ${present.get(name) ?? "unset"} -> ${value ?? "unset"}`)
    .join(", ");
}

/** The request that sets them; VPP takes both addresses each time. */
export function confRequest(conf: LbConf): LbConfRequest {
  return {
    ip4_src_address: conf.ipv4Source ?? unset4,
    ip6_src_address: conf.ipv6Source ?? unset6,
    sticky_buckets_per_core: conf.stickyBucketsPerCore,
    flow_timeout: conf.flowTimeoutSeconds,
  };
}

/** For people. */
export function describeConf(difference: string): PlannedChange {
  const noVip = { prefix: "", protocol: "", port: 0, address: "", frontend: "" };
  return { kind: "conf-set", ...noVip, detail: difference };
}
