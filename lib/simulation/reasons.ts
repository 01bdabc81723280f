import { formatIp, hostPrefix, ipFromBytes } from "../ip/mod.ts";
import type { Wanted, WantedServer, WantedVip } from "./desired.ts";
import { vipName } from "./desired.ts";

/** Requests that change what VPP forwards by. */
export type Change =
  | {
    readonly kind: "add vip";
    readonly vip: string;
    readonly encap: string;
    readonly sticky: boolean;
  }
  | { readonly kind: "delete vip"; readonly vip: string }
  | {
    readonly kind: "add server" | "set weight";
    readonly vip: string;
    readonly address: string;
    readonly weight: number;
    readonly flush: boolean;
  }
  | {
    readonly kind: "delete server";
    readonly vip: string;
    readonly address: string;
    readonly flush: boolean;
  };

/** What VPP was made to hold for a VIP. */
interface HeldVip {
  readonly encap: string;
  readonly sticky: boolean;
  readonly weights: Map<string, number>;
}

const encaps = ["gre4", "gre6", "l3dsr", "nat4", "nat6"];

/**
 * Looks for a reason in what was desired for each change that VPP was asked for. A change takes a
 * while to arrive, so what was desired a moment ago is a reason as well.
 */
export class Reasons {
  readonly #samples: { readonly at: number; readonly wanted: Wanted }[] = [];
  readonly #held = new Map<string, HeldVip>();
  /** Flushes that operators asked for, by VIP and address. */
  readonly #asked = new Map<string, number>();
  /** By VIP and address: entries into a flushing state, and flushes seen. */
  readonly #entries = new Map<string, number>();
  readonly #flushes = new Map<string, number>();
  #lives = 0;

  /**
   * `now` tells the time, `windowMs` how long changes may take to arrive, `isKnown` whether this
   * maglevd has learned anything of the server at an address.
   */
  constructor(
    private readonly now: () => number,
    private readonly windowMs: () => number,
    private readonly isKnown: (address: string) => boolean = () => true,
  ) {}

  /** What is desired has, perhaps, changed. */
  sample(wanted: Wanted): void {
    const before = this.#samples.at(-1)?.wanted;
    this.#samples.push({ at: this.now(), wanted });
    for (const [vip, { servers }] of wanted) {
      for (const [address, { flush }] of servers) {
        if (!flush || before?.get(vip)?.servers.get(address)?.flush) continue;
        add(this.#entries, `${vip} ${address}`, 1);
      }
    }
    const oldest = this.now() - this.windowMs();
    while ((this.#samples[1]?.at ?? Infinity) < oldest) this.#samples.shift();
  }

  /** An operator wants the flows of a server moved. */
  flushAsked(vip: string, address: string): void {
    add(this.#asked, `${vip} ${address}`, 1);
  }

  /** maglevd has connected: nobody knows what was flushed before. */
  lifeBegan(): void {
    this.#lives++;
  }

  /** Somebody else has set a weight: what is kept may be this one, and flows may have come by it. */
  weightAltered(vip: string, address: string, weight: number): void {
    if (weight > 0) add(this.#entries, `${vip} ${address}`, 1);
    this.#held.get(vip)?.weights.set(address, weight);
  }

  /** Somebody else has put another VIP in the place of one. */
  vipAltered(vip: string, encap: string): void {
    this.#held.set(vip, { encap, sticky: false, weights: new Map() });
  }

  /** VPP has started, empty. */
  vppStarted(): void {
    this.#held.clear();
  }

  /** Why VPP should not have been asked this; undefined when there is nothing to say against it. */
  against(change: Change): string | undefined {
    const verdict = this.#judge(change);
    this.#apply(change);
    return verdict;
  }

  #judge(change: Change): string | undefined {
    const window = this.#samples;
    const some = (test: (vip: WantedVip | undefined, all: Wanted) => boolean) =>
      window.some(({ wanted }) => test(wanted.get(change.vip), wanted));
    switch (change.kind) {
      case "add vip": {
        const { encap, sticky } = change;
        const is = some((vip) => vip?.encap === encap && vip.sticky === sticky);
        return is ? undefined : "no frontend asks for such a VIP";
      }
      case "delete vip":
        return some((vip, all) => !vip || this.#isInTheWay(change.vip, all))
          ? undefined
          : "a frontend asks for this VIP as it is";
      case "delete server": {
        const { address } = change;
        const is = some((vip, all) =>
          !vip?.servers.has(address) || this.#isInTheWay(change.vip, all)
        );
        return is ? undefined : "the server is desired";
      }
      case "add server":
      case "set weight":
        return this.#judgeWeight(change, (test) =>
          some((vip) => {
            const server = vip?.servers.get(change.address);
            return server !== undefined && test(server);
          }));
    }
  }

  #judgeWeight(
    { kind, vip, address, weight, flush }: Change & { kind: "add server" | "set weight" },
    some: (test: (server: WantedServer) => boolean) => boolean,
  ): string | undefined {
    const key = `${vip} ${address}`;
    const before = this.#held.get(vip)?.weights.get(address);
    if (kind === "set weight" && weight < (before ?? 0) && !this.isKnown(address)) {
      return "nothing is known of the server that would speak against it";
    }
    const isKept = (server: WantedServer) =>
      kind === "add server" && server.weight === "kept" &&
      (weight === before || weight === (server.otherwise ?? 0));
    if (!some((server) => server.weight === weight || isKept(server))) {
      return `weight ${weight} was not desired`;
    }
    if (!flush) return undefined;
    const asked = this.#asked.get(key) ?? 0;
    if (asked === 0 && !some((server) => server.flush)) return "nobody asked for a flush";
    const flushes = add(this.#flushes, key, 1);
    // On each connection once more: nobody knows whether the last one was carried out.
    const reasons = (this.#entries.get(key) ?? 0) + asked + this.#lives;
    return flushes > reasons ? `flush ${flushes}, for ${reasons} reasons at most` : undefined;
  }

  /** Whether VPP's VIP cannot stay: it is to be another one, or another one of its prefix is. */
  #isInTheWay(name: string, wanted: Wanted): boolean {
    const held = this.#held.get(name);
    if (!held) return true;
    const vip = wanted.get(name);
    if (vip && (vip.encap !== held.encap || vip.sticky !== held.sticky)) return true;
    const [prefix = "", , port] = name.split(" ");
    return [...wanted.values()].some((other) =>
      other.prefix === prefix &&
      (other.encap !== held.encap || (other.port === 0) !== (port === "0"))
    );
  }

  #apply(change: Change): void {
    const { vip } = change;
    switch (change.kind) {
      case "add vip":
        this.#held.set(vip, {
          encap: change.encap,
          sticky: change.sticky,
          weights: this.#held.get(vip)?.weights ?? new Map(),
        });
        return;
      case "delete vip":
      case "delete server":
        // What is made anew may take over the weights.
        return;
      case "add server":
      case "set weight":
        this.#held.get(vip)?.weights.set(change.address, change.weight);
    }
  }
}

/** What a request changes, undefined if nothing of what VPP forwards by. */
export function changeOf(
  name: string,
  fields: Readonly<Record<string, unknown>>,
): Change | undefined {
  const vip = "pfx" in fields ? vipOf(fields) : "";
  const flag = (key: string) => fields[key] === true || fields[key] === 1;
  switch (name) {
    case "lb_add_del_vip_v2": {
      if (flag("is_del")) return { kind: "delete vip", vip };
      const encap = encaps[Number(fields.encap)] ?? "";
      return { kind: "add vip", vip, encap, sticky: flag("src_ip_sticky") };
    }
    case "lb_add_del_as_v2": {
      const address = addressText(fields.as_address);
      const isDeletion = flag("is_del");
      if (isDeletion) return { kind: "delete server", vip, address, flush: flag("is_flush") };
      const weight = Number(fields.weight);
      return { kind: "add server", vip, address, weight, flush: false };
    }
    case "lb_as_set_weight": {
      const address = addressText(fields.as_address);
      const weight = Number(fields.weight);
      return { kind: "set weight", vip, address, weight, flush: flag("is_flush") };
    }
    default:
      return undefined;
  }
}

function vipOf(fields: Readonly<Record<string, unknown>>): string {
  const { address } = fields.pfx as { readonly address: unknown };
  const port = Number(fields.port);
  const protocol = port === 0 ? 255 : Number(fields.protocol);
  return vipName({ prefix: hostPrefix(addressOf(address)), protocol, port });
}

function addressOf(wire: unknown) {
  const { family, bytes } = wire as { readonly family: number; readonly bytes: Uint8Array };
  return ipFromBytes(family === 0 ? bytes.slice(0, 4) : bytes.slice(0, 16));
}

function addressText(wire: unknown): string {
  return formatIp(addressOf(wire).bytes);
}

function add(counts: Map<string, number>, key: string, n: number): number {
  const sum = (counts.get(key) ?? 0) + n;
  counts.set(key, sum);
  return sum;
}
