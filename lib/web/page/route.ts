import { computed, signal } from "@preact/signals";
import { maglevds } from "./store.ts";

/** Where the reader is. `server` is empty for all maglevds together. */
export interface Route {
  readonly server: string;
  readonly view: "overview" | "backend" | "vpp" | "journal";
  /** Of the backend. */
  readonly name: string;
}

/** `/view` or `/admin`: links stay below where the page was opened. */
export const base: "/view" | "/admin" = location.pathname.startsWith("/admin") ? "/admin" : "/view";
/** Whether whoever looks may also steer. */
export const mayAct: boolean = base === "/admin";

const address = signal(location.pathname + location.search);

/** Parameters behind the path. */
export const query = computed(() => new URLSearchParams(address.value.split("?")[1] ?? ""));

/** The chosen view. Where the address names no maglevd, it is the one that was looked at last. */
export const route = computed((): Route => {
  const path = (address.value.split("?")[0] ?? "").slice(base.length);
  const [where, server = "", view = "", name = ""] = path.split("/").slice(1).map(decoded);
  if (where === "all" && maglevds.value.size !== 1) {
    return { server: "", view: "overview", name: "" };
  }
  if (where !== "at") return { server: scope(), view: "overview", name: "" };
  if (view === "backend") return { server, view, name };
  return { server, view: view === "vpp" || view === "journal" ? view : "overview", name: "" };
});

/** The maglevd that the cookie names, if there is such a one, else the first. */
function scope(): string {
  const known = [...maglevds.value.keys()];
  const [, kept = ""] = /(?:^|; )maglev_scope=([^;]*)/.exec(document.cookie) ?? [];
  const name = decoded(kept);
  if (name === "*" && known.length > 1) return "";
  return known.includes(name) ? name : known[0] ?? "";
}

const year = 365 * 86_400;

/** Remembers what was chosen, for the next visit. */
export function rememberScope(server: string): void {
  const value = encodeURIComponent(server || "*");
  document.cookie = `maglev_scope=${value}; Path=/; Max-Age=${year}; SameSite=Lax`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a view. */
export function link(
  server: string,
  view: Route["view"] = "overview",
  name = "",
  params: Readonly<Record<string, string>> = {},
): string {
  const parts = server === "" ? ["all"] : ["at", server];
  if (view !== "overview") parts.push(view);
  if (name !== "") parts.push(name);
  const search = Object.keys(params).length === 0 ? "" : `?${new URLSearchParams(params)}`;
  return `${base}/${parts.map(encodeURIComponent).join("/")}${search}`;
}

/** Goes there. */
export function go(to: string, how: "push" | "replace" = "push"): void {
  if (to === address.peek()) return;
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  const isElsewhere = to.split("?")[0] !== address.peek().split("?")[0];
  address.value = to;
  if (isElsewhere && !to.includes("#")) scrollTo(0, 0);
}

/** Follows the back button, and links without loading the page anew. */
export function watchAddress(): void {
  addEventListener("popstate", () => address.value = location.pathname + location.search);
  addEventListener("click", (event) => {
    const anchor = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!anchor || !isPlain || event.defaultPrevented || anchor.target !== "") return;
    if (anchor.hasAttribute("download") || anchor.origin !== location.origin) return;
    if (!anchor.pathname.startsWith(`${base}/`) || anchor.pathname.startsWith("/view/api/")) return;
    event.preventDefault();
    go(anchor.pathname + anchor.search);
  });
}
