import type { Config, Frontend } from "../config/mod.ts";
import { compareIp, type IpAddress } from "../ip/mod.ts";

/** How a VIP is asked. */
export const ways = ["http", "https", "tcp", "icmp"] as const;

/** One of {@link ways}. */
export type Way = (typeof ways)[number];

/** A VIP that is asked. */
export interface Vip {
  /** The frontend's name, or names, if files have it under several. */
  readonly name: string;
  readonly address: IpAddress;
  /** What VPP matches. */
  readonly protocol: Frontend["protocol"];
  /** 0 is all ports. */
  readonly port: number;
  readonly way: Way;
}

/** A VIP that cannot be asked, and why. */
export interface Unasked {
  readonly name: string;
  readonly place: string;
  readonly why: string;
}

/** What is in the files together. */
export interface Targets {
  /** In the order of the files. */
  readonly vips: readonly Vip[];
  readonly unasked: readonly Unasked[];
}

/**
 * The VIPs of all configurations, each once: those of the same address, protocol and port are one,
 * with the description of the first. `scheme` is how ports other than 80 and 443 are asked. Pure.
 */
export function targetsOf(configs: readonly Config[], scheme: "" | Way): Targets {
  const united = new Map<string, { frontend: Frontend; names: Set<string> }>();
  for (const { frontends } of configs) {
    for (const frontend of frontends.values()) {
      const key = `${frontend.protocol} ${placeOf(frontend)}`;
      const one = united.getOrInsertComputed(key, () => ({ frontend, names: new Set() }));
      one.names.add(frontend.name);
    }
  }
  const vips: Vip[] = [];
  const unasked: Unasked[] = [];
  for (const { frontend, names } of united.values()) {
    const name = [...names].join(", ");
    const { address, protocol, port } = frontend;
    const way = wayOf(frontend, scheme);
    if (way) vips.push({ name, address, protocol, port, way });
    else unasked.push({ name, place: placeOf(frontend), why: "UDP has no answer to wait for" });
  }
  return { vips, unasked };
}

/** Where a VIP is: `192.0.2.1:80`, `[2001:db8::1]:443`, or the address of one with all ports. */
export function placeOf(
  { address, port }: { readonly address: IpAddress; readonly port: number },
): string {
  if (port === 0) return address.text;
  return address.family === 6 ? `[${address.text}]:${port}` : `${address.text}:${port}`;
}

/** Numeric order of addresses, then of ports: negative, zero or positive. */
export function comparePlaces(a: Vip, b: Vip): number {
  return compareIp(a.address, b.address) || a.port - b.port;
}

const wellKnown: Readonly<Record<number, Way>> = { 80: "http", 443: "https" };

/**
 * All ports together are asked by ICMP. Else a description that has `[http]`, `[https]` or `[tcp]`
 * says it; then what a well-known port is for; then `scheme`; else it is TCP.
 */
function wayOf({ protocol, port, description }: Frontend, scheme: "" | Way): Way | undefined {
  if (port === 0) return "icmp";
  const [, marker] = /\[(https?|tcp|icmp)\]/i.exec(description) ?? [];
  const marked = ways.find((way) => way === marker?.toLowerCase());
  if (protocol === "udp") return marked === "icmp" ? marked : undefined;
  return marked ?? wellKnown[port] ?? (scheme || "tcp");
}
