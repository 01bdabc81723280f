import { accessByPlace, type Principal } from "../../lib/access/mod.ts";
import { type Identify, identifyBy } from "../../lib/rpc/caller.ts";

/** Somebody at `peer` who may do everything. */
export function operatorAt(peer = "127.0.0.1"): Principal {
  return { name: "operator", role: "admin", peer, method: "machine" };
}

/** Takes everybody for somebody who may do everything. */
export const anybody: Identify = identifyBy(accessByPlace({ open: true }));
