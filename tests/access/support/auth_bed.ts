import { Accounts, type AuthRules, parseAuth } from "../../../lib/access/mod.ts";
import { formatProblem } from "../../../lib/config/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";

/** Accounts of a machine with a root, alice, bob, and three groups. */
export const accounts: Accounts = new Accounts(new FakeClock(), {
  users: () => "root:x:0:0::/:\nalice:x:1000:1000::/:\nbob:x:1001:1001::/:\nnobody:x:65534:1::/:\n",
  groups: () => "root:x:0:\nmaglevd:x:997:\nops:x:500:alice\nnogroup:x:65534:\n",
});

/** The rules of a file. Throws with what is wrong with it. */
export function rulesOf(text: string): AuthRules {
  const outcome = parseAuth(text, "auth.yaml", accounts);
  if (outcome.kind === "valid") return outcome.rules;
  throw new Error(outcome.problems.map(formatProblem).join("\n"));
}

/** What is wrong with a file, a line for each problem. */
export function problemsOf(text: string): string {
  const outcome = parseAuth(text, "auth.yaml", accounts);
  return outcome.kind === "valid" ? "" : outcome.problems.map(formatProblem).join("\n");
}
