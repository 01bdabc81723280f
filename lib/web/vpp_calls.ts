import type { Event, LogEvent, VPPEvent } from "../gen/maglev_pb.ts";
import type { VppCall } from "./wire.ts";

/** So many are kept of each maglevd. */
const kept = 100;

/** Characters of a text that are kept. */
const longest = 300;

/** What VPP was asked lately, as far as a maglevd has told since it is followed. */
export class VppCalls {
  /** The newest last. */
  readonly #calls: VppCall[] = [];

  /** Takes an event, if it tells of VPP. */
  take(event: Event): void {
    const call = callOf(event);
    if (!call) return;
    this.#calls.push(call);
    if (this.#calls.length > kept) this.#calls.shift();
  }

  /** The newest first. */
  get newest(): readonly VppCall[] {
    return [...this.#calls].reverse();
  }
}

/** What an event or a log record tells of VPP's being asked; undefined: nothing. */
export function callOf({ event, atUnixNs }: Event): VppCall | undefined {
  if (event.case === "vpp") return connectionCall(event.value, atUnixNs);
  return event.case === "log" ? loggedCall(event.value) : undefined;
}

/** Changes of the connection itself, and of what is found. */
function connectionCall({ change, detail, attrs }: VPPEvent, atUnixNs: bigint): VppCall {
  return {
    at: Number(atUnixNs) / 1e6,
    call: change,
    about: "",
    detail: cut(detail || attrs.map(({ key, value }) => `${key} ${value}`).join(", ")),
    ok: change === "connected" || change === "in-step",
  };
}

type Attributes = ReadonlyMap<string, string>;

/** Each record that tells of a request to VPP: the message, and what it says. */
const requests: ReadonlyMap<
  string,
  { readonly call: string; readonly detail: (of: Attributes) => string }
> = new Map(Object.entries({
  "vpp-lb-conf-set": { call: "lb_conf", detail: (of) => of.get("change") ?? "" },
  "vpp-lb-conf-set-failed": { call: "lb_conf", detail: (of) => of.get("change") ?? "" },
  "vpp-lbsync-vip-add": { call: "lb_add_del_vip_v2", detail: (of) => `add, ${told(of, "encap")}` },
  "vpp-lbsync-vip-del": { call: "lb_add_del_vip_v2", detail: removal },
  "vpp-lbsync-vip-recreate": { call: "lb_add_del_vip_v2", detail: removal },
  "vpp-lbsync-as-add": { call: "lb_add_del_as_v2", detail: (of) => `add, ${told(of, "weight")}` },
  "vpp-lbsync-as-del": { call: "lb_add_del_as_v2", detail: () => "delete, flush" },
  "vpp-lbsync-as-weight": { call: "lb_as_set_weight", detail: weightChange },
  "vpp-reconciler-error": { call: "", detail: (of) => of.get("change") ?? "" },
  "vpp-lbsync-done": { call: "sync", detail: syncCounts },
}));

/** The names of the records that tell of requests to VPP: no others are asked for. */
export const requestRecords: readonly string[] = [...requests.keys()];

/** Of a change that VPP has refused, by its name in the record. */
const refusedCalls: readonly (readonly [prefix: string, call: string])[] = [
  ["vip-", "lb_add_del_vip_v2"],
  ["as-weight", "lb_as_set_weight"],
  ["as-", "lb_add_del_as_v2"],
];

function loggedCall({ msg, attrs, atUnixNs, level }: LogEvent): VppCall | undefined {
  const of: Attributes = new Map(attrs.map(({ key, value }) => [key, value]));
  const isMore = msg === "log-limited";
  const record = isMore ? of.get("record") ?? "" : msg;
  const request = requests.get(record);
  if (!request) return undefined;
  const error = of.get("err") ?? "";
  const change = of.get("change") ?? "";
  const refused = refusedCalls.find(([prefix]) => change.startsWith(prefix))?.[1] ?? "request";
  const more = isMore ? [`and ${of.get("suppressed")} more like it`] : [];
  const parts = [request.detail(of), ...more, error].filter((part) => part !== "");
  return {
    at: Number(atUnixNs) / 1e6,
    call: request.call || refused,
    about: cut(subjectOf(of)),
    detail: cut(parts.join(": ")),
    ok: error === "" && level.toLowerCase() === "info",
  };
}

/** `192.0.2.1 tcp/80 server 192.0.2.11 of www`; of a sync the frontends that it was about. */
function subjectOf(of: Attributes): string {
  const text = (name: string, before = "") => {
    const value = of.get(name) ?? "";
    return value === "" ? [] : [`${before}${value}`];
  };
  const scope = of.get("scope");
  if (scope !== undefined) return scope === "all" ? "all" : namesIn(of.get("frontends") ?? "");
  const port = of.get("port") ?? "0";
  const vip = of.get("vip")?.replace(/\/(32|128)$/, "") ?? "";
  const where = vip === "" ? [] : [vip, port === "0" ? "any" : `${of.get("protocol")}/${port}`];
  return [...where, ...text("address", "server "), ...text("frontend", "of ")].join(" ");
}

/** Of a list as records have it: `["www","mail"]`. */
function namesIn(list: string): string {
  return list.replaceAll(/[[\]"]/g, "").split(",").join(", ");
}

function told(of: Attributes, name: string): string {
  return `${name} ${of.get(name) ?? "?"}`;
}

function removal(of: Attributes): string {
  return ["delete", of.get("reason") ?? ""].filter((part) => part !== "").join(", ");
}

function weightChange(of: Attributes): string {
  const flush = of.get("flush") === "true" ? ", flush" : "";
  return `weight ${of.get("from") ?? "?"} → ${of.get("to") ?? "?"}${flush}`;
}

/** What a sync has come to, as the record counts it. */
const counted = [
  ["vip_added", "VIPs added"],
  ["vip_removed", "VIPs removed"],
  ["as_added", "servers added"],
  ["as_removed", "servers removed"],
  ["as_weight_updated", "weights set"],
  ["refused", "refused"],
] as const;

function syncCounts(of: Attributes): string {
  const changes = counted.flatMap(([name, words]) => {
    const count = Number(of.get(name));
    return count > 0 ? [`${words}: ${count}`] : [];
  });
  const what = changes.length === 0 ? "nothing to change" : changes.join(", ");
  return `${what}, in ${of.get("duration-ms") ?? "?"} ms`;
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
