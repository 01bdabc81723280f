import type { Logger } from "../../log/mod.ts";
import { RetvalError } from "../client/mod.ts";
import { EncodeError } from "../../binapi/mod.ts";
import { confAttributes, confDifference, confOf, confRequest } from "../lb/mod.ts";
import { lbConf, lbConfGet } from "../../gen/vpp.ts";
import type { LbConf } from "../service.ts";
import type { Requester } from "./steps.ts";

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
    if (!(error instanceof RetvalError || error instanceof EncodeError)) throw error;
    log.warn("vpp-lb-conf-set-failed", { change, ...confAttributes(desired), err: error.message });
    return `global settings: ${change}: ${error.message}`;
  }
}
