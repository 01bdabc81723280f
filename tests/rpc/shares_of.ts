import { Budget } from "../../lib/rpc/budget/mod.ts";
import { Shares } from "../../lib/rpc/shares.ts";

/** Shares of a budget of `total`. */
export function sharesOf(
  { total, perPrefix, reserved }: { total: number; perPrefix: number; reserved: number },
): Shares {
  const budget = new Budget({
    name: "seats",
    unit: "connections",
    limit: total,
    reason: "so many",
  });
  return new Shares(budget, { perPrefix, reserved });
}
