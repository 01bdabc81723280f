import type { MaglevdState } from "../state.ts";
import { mayAct } from "./route.ts";
import { whoAmI } from "./store.ts";

/** What each role may do, from least to most, as maglevd has them. */
const roles = ["view", "operate", "admin"];

/** What an action takes. */
export type Needed = "operate" | "admin";

function covers(role: string, needed: Needed): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Whether who looks may do what takes this role, as the server of the page has it. */
export function iCover(needed: Needed): boolean {
  return covers(whoAmI.value?.role ?? "", needed);
}

/**
 * Whether maglevd lets the server of the page do what takes this role. An older one does not tell:
 * what it refuses is said when it does.
 */
function maglevdLets(state: MaglevdState | undefined, needed: Needed): boolean {
  const role = state?.status?.role ?? "";
  return role === "" || covers(role, needed);
}

/** Whether there are actions for this maglevd at all. */
export function maySteer(state: MaglevdState | undefined): boolean {
  return mayAct && iCover("operate") && maglevdLets(state, "operate");
}

/** Why something that takes this role cannot be done here; undefined: it can. */
export function hindrance(state: MaglevdState | undefined, needed: Needed): string | undefined {
  if (!iCover(needed)) return ownSentence();
  return !state || maglevdLets(state, needed) ? undefined : roleSentence(state);
}

/** What the server of the page says of who looks. */
function ownSentence(): string {
  const { name = "", role = "", reason = "" } = whoAmI.value ?? {};
  if (name === "") return "you are not logged in";
  return `${name} has the role ${role} here${reason === "" ? "" : `: ${reason}`}`;
}

/** What maglevd says to maglevd-frontend about its role. */
function roleSentence({ status }: MaglevdState): string {
  const reason = status?.roleReason ? `: ${status.roleReason}` : "";
  return `this maglevd gives maglevd-frontend the role ${status?.role}${reason}`;
}
