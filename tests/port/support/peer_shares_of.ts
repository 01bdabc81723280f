import { Budget } from "../../../lib/port/budget.ts";
import { PeerShares } from "../../../lib/port/peer_shares.ts";

/** PeerShares of a budget of `total`. */
export function sharesOf(
  { total, perPrefix, reserved }: { total: number; perPrefix: number; reserved: number },
): PeerShares {
  const budget = new Budget({
    name: "seats",
    unit: "connections",
    limit: total,
    reason: "so many",
  });
  return new PeerShares(budget, { perPrefix, reserved });
}
