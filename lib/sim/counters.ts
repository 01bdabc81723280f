import type { SegmentWriter } from "./segment.ts";

/** The four counters of the lb plugin (lb.h, lb_foreach_vip_counter): no leading slash. */
export const vipCounters = [
  "packet from existing sessions",
  "first session packet",
  "untracked packet",
  "no server configured",
] as const;

/** One of {@link vipCounters}. */
export type VipCounter = (typeof vipCounters)[number];

/** Packets and bytes that took a route, by the index of its load-balance object. */
export const routeTo = "/net/route/to";
/** Packets and bytes that reached a route by another one, such as a server's through a VIP. */
export const routeVia = "/net/route/via";

const interfaceCounters = ["drops", "punt", "ip4", "ip6", "rx-no-buf", "rx-miss", "rx-error"];
const interfaceTraffic = ["rx", "rx-unicast", "tx", "tx-unicast"];
const errors = [
  "null-node/blackholed packets",
  "lb4-gre4-port/no error",
  "lb4-gre4-port/protocol not supported",
  "lb6-gre6-port/no error",
  "lb6-gre6-port/protocol not supported",
];

/**
 * Fills a fresh segment as VPP does when it starts, in its order: the lb counters are not there
 * yet. `bootSeconds` is Unix time; VPP stores it as an integer although the type is a scalar.
 */
export function writeInitialDirectory(segment: SegmentWriter, bootSeconds: number): void {
  segment.set("scalar", "/sys/heartbeat", 0);
  segment.set("scalar", "/sys/last_stats_clear", 0);
  segment.set("scalar", "/sys/boottime", bootSeconds);
  addHeap(segment, "/mem/stat segment");
  segment.set("gauge", "/sys/vector_rate", 0);
  segment.addCounters("simple", "/sys/vector_rate_per_worker", 1);
  segment.addCounters("simple", "/sys/loops_per_worker", 1);
  segment.set("gauge", "/sys/num_worker_threads", segment.threads - 1);
  segment.addCounters("simple", "/node/errors", errors.length);
  for (const [i, name] of errors.entries()) segment.addSymlink(`/err/${name}`, "/node/errors", i);
  segment.set("scalar", "/sys/last_update", 0);
  segment.set("gauge", "/sys/input_rate", 0);
  segment.addCounters("combined", routeTo, 1);
  segment.addCounters("combined", routeVia, 1);
  addInterface(segment, "local0");
  addHeap(segment, "/mem/main heap");
}

/** What adding a VIP does: the counters appear with the first, and each slot begins at 0. */
export function prepareVipCounters(segment: SegmentWriter, index: number): void {
  for (const name of vipCounters) {
    segment.addCounters("simple", name, index + 1);
    segment.grow(name, index + 1);
    segment.zero(name, index);
  }
}

/** What creating a load-balance object does to the counters of its index. */
export function prepareRouteCounters(segment: SegmentWriter, index: number): void {
  for (const name of [routeTo, routeVia]) {
    segment.grow(name, index + 1);
    segment.zero(name, index);
  }
}

function addHeap(segment: SegmentWriter, name: string): void {
  segment.addCounters("simple", name, 7);
  segment.addSymlink(`${name}/used`, name, 1);
  segment.addSymlink(`${name}/total`, name, 0);
  segment.addSymlink(`${name}/free`, name, 2);
}

function addInterface(segment: SegmentWriter, name: string): void {
  for (const counter of interfaceCounters) segment.addCounters("simple", `/if/${counter}`, 1);
  for (const counter of interfaceTraffic) segment.addCounters("combined", `/if/${counter}`, 1);
  segment.addNames("/if/names", [name]);
  for (const counter of [...interfaceCounters, ...interfaceTraffic]) {
    segment.addSymlink(`/interfaces/${name}/${counter}`, `/if/${counter}`, 0);
  }
}
