import { UsageError } from "../../flags/mod.ts";
import { filterOf } from "../settings.ts";
import type { VipStats } from "../stats/vip_stats.ts";
import { comparePlaces, placeOf } from "../targets.ts";
import type { Key, KeyName } from "./keys.ts";

/** What the person at the keys has asked for. */
export interface Controls {
  readonly order: Order;
  readonly filter: RegExp | undefined;
  /** The filter as it was typed. */
  readonly filterText: string;
  /** The line of the filter while it is typed; undefined while it is not. */
  readonly draft: string | undefined;
  /** What was wrong with the draft; else empty. */
  readonly complaint: string;
  readonly isPaused: boolean;
  readonly isHelp: boolean;
  /** The first VIP on the screen. */
  readonly first: number;
}

/** How it begins. */
export const untouched: Controls = {
  order: "file",
  filter: undefined,
  filterText: "",
  draft: undefined,
  complaint: "",
  isPaused: false,
  isHelp: false,
  first: 0,
};

/** What a key asks of the rest of the program. */
export type Action = "quit" | "reset" | "redraw" | "stop";

/** What is on the screen, to move in. */
export interface Extent {
  /** VIPs that the filter lets through, … */
  readonly vips: number;
  /** … and how many of them are seen at a time. */
  readonly page: number;
}

/** What a key leads to. Pure. */
export function press(
  controls: Controls,
  key: Key,
  extent: Extent,
): { readonly controls: Controls; readonly action?: Action } {
  if (key.kind === "named") {
    if (key.name === "ctrl-c") return { controls, action: "quit" };
    if (key.name === "ctrl-z") return { controls, action: "stop" };
    if (key.name === "ctrl-l") return { controls, action: "redraw" };
  }
  if (controls.draft !== undefined) return { controls: typed(controls, controls.draft, key) };
  if (controls.isHelp) {
    const isQuit = key.kind === "text" && key.text === "q";
    return isQuit ? { controls, action: "quit" } : { controls: { ...controls, isHelp: false } };
  }
  if (key.kind === "named") return { controls: moved(controls, key.name, extent) };
  switch (key.text) {
    case "q":
      return { controls, action: "quit" };
    case "r":
      return { controls, action: "reset" };
    case "s":
      return { controls: { ...controls, order: next(controls.order, 1), first: 0 } };
    case "S":
      return { controls: { ...controls, order: next(controls.order, -1), first: 0 } };
    case "p":
    case " ":
      return { controls: { ...controls, isPaused: !controls.isPaused } };
    case "/":
    case "f":
      return { controls: { ...controls, draft: controls.filterText } };
    case "?":
    case "h":
      return { controls: { ...controls, isHelp: true } };
    case "j":
      return { controls: moved(controls, "down", extent) };
    case "k":
      return { controls: moved(controls, "up", extent) };
    default:
      return { controls };
  }
}

function next(order: Order, step: number): Order {
  const at = orders.indexOf(order) + step + orders.length;
  return orders[at % orders.length] ?? "file";
}

function moved(controls: Controls, name: KeyName, { vips, page }: Extent): Controls {
  const last = Math.max(0, vips - page);
  const to = (first: number) => ({ ...controls, first: Math.min(last, Math.max(0, first)) });
  switch (name) {
    case "up":
      return to(controls.first - 1);
    case "down":
      return to(controls.first + 1);
    case "page-up":
      return to(controls.first - page);
    case "page-down":
      return to(controls.first + page);
    case "home":
      return to(0);
    case "end":
      return to(last);
    case "escape":
      return { ...controls, filter: undefined, filterText: "", first: 0 };
    default:
      return controls;
  }
}

/** The line of the filter, a key later. */
function typed(controls: Controls, draft: string, key: Key): Controls {
  const line = (text: string) => ({ ...controls, draft: text, complaint: "" });
  if (key.kind === "text") return line(draft + key.text);
  switch (key.name) {
    case "backspace":
      return line([...draft].slice(0, -1).join(""));
    case "ctrl-u":
      return line("");
    case "escape":
      return { ...controls, draft: undefined, complaint: "" };
    case "enter":
      return filtered(controls, draft);
    default:
      return controls;
  }
}

function filtered(controls: Controls, text: string): Controls {
  const done = { ...controls, draft: undefined, complaint: "", filterText: text, first: 0 };
  try {
    return { ...done, filter: text === "" ? undefined : filterOf(text) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { ...controls, complaint: error.message };
  }
}

/** By what VIPs are sorted, in the order in which the key goes through them. */
const orders = ["file", "name", "address", "loss", "p99", "failures"] as const;

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
