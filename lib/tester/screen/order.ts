import type { VipStats } from "../stats/vip_stats.ts";
import { comparePlaces, placeOf } from "../targets.ts";

/** By what VIPs are sorted, in the order in which the key goes through them. */
export const orders = ["file", "name", "address", "loss", "p99", "failures"] as const;

/** One of {@link orders}. */
export type Order = (typeof orders)[number];

/** What each is called on the screen. */
export const orderNames: Readonly<Record<Order, string>> = {
  file: "as in the files",
  name: "name",
  address: "address",
  loss: "most loss first",
  p99: "slowest p99 first",
  failures: "most failures first",
};

/** The rows that the filter lets through, sorted; equal ones as in the files. Pure. */
export function arranged(
  rows: readonly VipStats[],
  order: Order,
  filter: RegExp | undefined,
  now: number,
): VipStats[] {
  const shown = rows.filter(({ vip }) =>
    filter === undefined || filter.test(vip.name) || filter.test(placeOf(vip))
  );
  if (order === "file") return shown;
  return shown.sort((a, b) => compare(a, b, order, now));
}

function compare(a: VipStats, b: VipStats, order: Exclude<Order, "file">, now: number): number {
  switch (order) {
    case "name":
      return a.vip.name < b.vip.name ? -1 : a.vip.name > b.vip.name ? 1 : 0;
    case "address":
      return comparePlaces(a.vip, b.vip);
    case "loss":
      return loss(b, now) - loss(a, now);
    case "p99":
      return (b.window.summary(now).p99 ?? -1) - (a.window.summary(now).p99 ?? -1);
    case "failures":
      return b.failures - a.failures;
  }
}

function loss(row: VipStats, now: number): number {
  const { tries, failures } = row.window.summary(now);
  return tries === 0 ? -1 : failures / tries;
}
