import { connectionAttacks } from "./families/connections.ts";
import { fieldAttacks } from "./families/fields.ts";
import { frameAttacks } from "./families/frames.ts";
import { http1Attacks } from "./families/http1.ts";
import { machineAttacks } from "./families/machine.ts";
import { recordAttacks } from "./families/records.ts";
import { requestAttacks } from "./families/requests.ts";
import { responseAttacks } from "./families/responses.ts";
import { tlsAttacks } from "./families/tls.ts";
import type { Attack } from "./types.ts";

/** Every attack there is, in the order of docs/security.md. */
export const attacks: readonly Attack[] = [
  ...connectionAttacks,
  ...tlsAttacks,
  ...requestAttacks,
  ...recordAttacks,
  ...responseAttacks,
  ...http1Attacks,
  ...frameAttacks,
  ...fieldAttacks,
  ...machineAttacks,
];
