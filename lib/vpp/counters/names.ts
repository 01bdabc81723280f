/** Entries of the stats segment. The lb plugin's have no leading slash (docs/vpp.md). */
export const statsNames = {
  bootTime: "/sys/boottime",
  next: "packet from existing sessions",
  first: "first session packet",
  untracked: "untracked packet",
  noServer: "no server configured",
  /** Packets that a route delivered to what it leads to: here a VIP. */
  routeTo: "/net/route/to",
  /** Packets sent by way of a route: here to a server, encapsulation included. */
  routeVia: "/net/route/via",
} as const;
