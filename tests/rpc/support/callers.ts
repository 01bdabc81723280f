import { accessByPlace, type Principal } from "../../../lib/access/mod.ts";
import { Audit, type AuditDeps } from "../../../lib/rpc/audit.ts";
import { type Identify, identifyBy } from "../../../lib/port/caller.ts";
import { type Clock, systemClock } from "../../../lib/time/mod.ts";

/** Somebody at `peer` who may do everything. */
export function operatorAt(peer = "127.0.0.1"): Principal {
  return { name: "operator", role: "admin", peer, method: "machine" };
}

/** Takes everybody for somebody who may do everything. */
export const anybody: Identify = identifyBy(accessByPlace({ open: true }));

/** An audit of a bed's server: what it tells is on the bed's stream. */
export function auditOn(
  events: AuditDeps["events"],
  observer: AuditDeps["observer"] = { audited: () => {} },
  clock: Clock = systemClock,
): Audit {
  return new Audit({ events, observer, clock });
}

/** An audit that nobody reads. */
export function unread(): Audit {
  return auditOn({ emit: () => {}, lastAsked: 0 });
}
