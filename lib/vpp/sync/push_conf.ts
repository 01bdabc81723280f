import type { LbConfig } from "../../config/mod.ts";
import type { Logger } from "../../log/mod.ts";
import { type ApiClient, RetvalError } from "../client/mod.ts";
import { EncodeError } from "../codec/mod.ts";
import { confDifference, confOf, confRequest, desiredConf } from "../lb/mod.ts";
import { lbConf, lbConfGet } from "../messages/mod.ts";
import type { LbConf } from "../service.ts";

/** VPP's global settings. Rejects as the client does. */
export async function readConf(
  client: Pick<ApiClient, "request">,
  signal?: AbortSignal,
): Promise<LbConf> {
  return confOf(await client.request(lbConfGet, {}, { signal }));
}

/**
 * Sets VPP's global settings if they differ. A refusal is logged only: VIPs work with what VPP
 * has. Rejects when the connection fails.
 */
export async function pushConf(
  client: Pick<ApiClient, "request">,
  config: LbConfig,
  log: Logger,
): Promise<void> {
  const desired = desiredConf(config);
  const change = confDifference(await readConf(client), desired);
  if (change === "") return;
  try {
    await client.request(lbConf, confRequest(desired));
    log.info("vpp-lb-conf-set", { change, ...attributes(desired) });
  } catch (error) {
    if (!(error instanceof RetvalError || error instanceof EncodeError)) throw error;
    log.warn("vpp-lb-conf-set-failed", { change, ...attributes(desired), err: error.message });
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
