import type { MaglevdState } from "../state.ts";
import { mayAct } from "./route.ts";

/** What each role may do, from least to most, as maglevd has them. */
const roles = ["view", "operate", "admin"];

/**
 * Whether maglevd lets whoever steers here do what takes this role. An older one does not tell: what
 * it refuses is said when it does.
 */
export function covers(state: MaglevdState | undefined, needed: "operate" | "admin"): boolean {
  const role = state?.status?.role ?? "";
  return role === "" || roles.indexOf(role) >= roles.indexOf(needed);
}

/** Whether there are actions for this maglevd at all. */
export function maySteer(state: MaglevdState | undefined): boolean {
  return mayAct && covers(state, "operate");
}

/** What maglevd says to maglevd-frontend about its role. */
export function roleSentence({ status }: MaglevdState): string {
  const reason = status?.roleReason ? `: ${status.roleReason}` : "";
  return `this maglevd gives maglevd-frontend the role ${status?.role}${reason}`;
}
