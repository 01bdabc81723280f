import { type Access, denial } from "../access/mod.ts";
import type { H2Request } from "../h2/mod.ts";
import type { Clock } from "../time/mod.ts";
import { identifyBy } from "./caller.ts";
import { FailedLogins } from "./failed_logins.ts";

/** Tells why whoever sends a request may not read, as a sentence; undefined if it may. */
export type ReadGate = (request: Pick<H2Request, "peer" | "connection" | "headers">) => Promise<
  string | undefined
>;

/**
 * Asks for the role view, where `access` tells of whom that is asked; undefined: of nobody now. Who
 * shows something wrong waits for the answer, as with the API.
 */
export function readGate(access: () => Access | undefined, clock: Clock): ReadGate {
  const failures = new FailedLogins(clock);
  return async (request) => {
    const decide = access();
    if (!decide) return undefined;
    const principal = identifyBy(decide)(request);
    const reason = denial(principal, "view");
    if (reason !== undefined && principal.isFailure) await failures.pause(principal.peer);
    return reason;
  };
}
