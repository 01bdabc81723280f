import type { LbConfig } from "../../config/mod.ts";
import type { Logger } from "../../log/mod.ts";
import { RetvalError } from "../client/mod.ts";
import { EncodeError } from "../../binapi/mod.ts";
import { confDifference, confOf, confRequest, desiredConf } from "../lb/mod.ts";
import { lbConf, lbConfGet } from "../../gen/vpp.ts";
import type { LbConf } from "../service.ts";
import type { Requester } from "./steps.ts";

/** VPP's global settings. Rejects as the client does. */
export async function readConf(client: Requester): Promise<LbConf> {
  return confOf(await client.request(lbConfGet, {}));
}

/**
 * Sets VPP's global settings if `actual` differs from what is configured. A refusal is logged only:
 * VIPs work with what VPP has. The result is how they still differ, undefined if they do not.
 * Rejects when the connection fails.
 */
export async function setConf(
  client: Requester,
  actual: LbConf,
  config: LbConfig,
  log: Logger,
): Promise<string | undefined> {
  const desired = desiredConf(config);
  const change = confDifference(actual, desired);
  if (change === "") return undefined;
  try {
    await client.request(lbConf, confRequest(desired));
    log.info("vpp-lb-conf-set", { change, ...attributes(desired) });
    return undefined;
  } catch (error) {
    if (!(error instanceof RetvalError || error instanceof EncodeError)) throw error;
    log.warn("vpp-lb-conf-set-failed", { change, ...attributes(desired), err: error.message });
    return `global settings: ${change}: ${error.message}`;
  }
}

function attributes(conf: LbConf) {
  return {
    "ipv4-src-address": conf.ipv4Source?.text,
    "ipv6-src-address": conf.ipv6Source?.text,
    "sticky-buckets-per-core": conf.stickyBucketsPerCore,
    "flow-timeout": `${conf.flowTimeoutSeconds}s`,
  };
}
