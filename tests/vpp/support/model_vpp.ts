/**
 * VPP's lb plugin as docs/vpp.md describes it, reduced to what decides whether a request is
 * accepted and what a dump shows afterwards. Answers requests directly, without a socket.
 */

import { RetvalError } from "../../../lib/vppclient/mod.ts";
import {
  type Call,
  type Dump,
  type Message,
  type Values,
  WireWriter,
} from "../../../lib/binapi/mod.ts";
import {
  cliInband,
  type LbAddDelAsV2,
  lbAddDelAsV2,
  type LbAddDelVipV2,
  lbAddDelVipV2,
  type LbAsSetWeight,
  lbAsSetWeight,
  type LbAsV2Details,
  type LbConf,
  lbConf,
  lbConfGet,
  type LbVipDetails,
  lbVipDump,
} from "../../../lib/gen/vpp.ts";
import { encodeRequest } from "../../../lib/vppclient/guards.ts";
import { ip } from "../../support/ip.ts";

interface ModelServer {
  readonly address: LbAddDelAsV2["as_address"];
  weight: number;
  used: boolean;
}

interface ModelVip {
  readonly pfx: LbAddDelVipV2["pfx"];
  readonly protocol: number;
  readonly port: number;
  readonly encap: number;
  readonly sticky: boolean;
  readonly tableLength: number;
  readonly index: number;
  removed: boolean;
  readonly servers: ModelServer[];
}

type Key = Pick<LbAddDelVipV2, "pfx" | "protocol" | "port">;

const gre4 = 0;
const l3dsr = 2;
const nat4 = 3;

/** Pure but for its own state. */
export class ModelVpp {
  readonly #vips: ModelVip[] = [];
  #conf: LbConf = {
    ip4_src_address: ip("255.255.255.255"),
    ip6_src_address: ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    sticky_buckets_per_core: 1024,
    flow_timeout: 40,
  };
  /** Each request as `name text`, in order. */
  readonly sent: string[] = [];
  /** Whether dumps show VIPs and servers in the opposite order. */
  reversed = false;

  request = <Q extends Values, P extends Values>(
    call: Call<Q, P>,
    value: Q,
  ): Promise<P> => {
    // What must not be sent throws here, as it does in the client.
    const header = { id: 1, clientIndex: 1, context: 1 };
    try {
      encodeRequest(new WireWriter(), call.request, header, value);
    } catch (error) {
      return Promise.reject(error);
    }
    this.sent.push(describe(call.request, value));
    if (isCall(call, cliInband)) return Promise.resolve(cast({ retval: 0, reply: this.text() }));
    if (isCall(call, lbConfGet)) return Promise.resolve(cast({ retval: 0, ...this.#conf }));
    const retval = this.#perform(call, value);
    if (retval < 0) return Promise.reject(new RetvalError(call.request.name, retval));
    return Promise.resolve(cast({ retval }));
  };

  dump = <Q extends Values, P extends Values>(
    dump: Dump<Q, P>,
    _: Q,
    each: (details: P) => void,
  ): Promise<void> => {
    const details = isDump(dump, lbVipDump) ? this.vipDetails() : this.asDetails();
    for (const one of this.reversed ? details.toReversed() : details) each(cast(one));
    return Promise.resolve();
  };

  #perform(call: unknown, value: unknown): number {
    if (call === lbAddDelVipV2) return this.vip(cast(value));
    if (call === lbAddDelAsV2) return this.server(cast(value));
    if (call === lbAsSetWeight) return this.weight(cast(value));
    if (call === lbConf) {
      this.#conf = cast(value);
      return 0;
    }
    throw new Error("the model does not know this request");
  }

  vip(request: LbAddDelVipV2): number {
    const present = this.#live(request);
    if (request.is_del) {
      if (!present) return -6;
      present.removed = true;
      for (const server of present.servers) server.used = false;
      return 0;
    }
    const port = request.port;
    const protocol = port === 0 ? 255 : request.protocol;
    const siblings = this.#vips.filter((vip) => !vip.removed && samePrefix(vip, request));
    if (siblings.some((vip) => vip.port === port && vip.protocol === protocol)) return -81;
    if (siblings.some((vip) => (vip.port === 0) !== (port === 0))) return -81;
    if (siblings.some((vip) => vip.encap !== request.encap)) return -73;
    this.#vips.push({
      pfx: request.pfx,
      protocol,
      port,
      encap: request.encap,
      sticky: request.src_ip_sticky,
      tableLength: request.new_flows_table_length,
      index: this.#vips.length + 1,
      removed: false,
      servers: [],
    });
    return 0;
  }

  server(request: LbAddDelAsV2): number {
    const vip = this.#live(request);
    if (!vip) return -6;
    const text = request.as_address.text;
    const present = vip.servers.find(({ address }) => address.text === text);
    if (request.is_del) {
      if (!present?.used) return -6;
      present.used = false;
      return 0;
    }
    if (request.as_address.family !== familyOf(vip.encap)) return -97;
    if (present?.used) return -81;
    if (present) {
      present.used = true;
      present.weight = request.weight;
    } else {
      vip.servers.push({ address: request.as_address, weight: request.weight, used: true });
    }
    return 0;
  }

  weight(request: LbAsSetWeight): number {
    const text = request.as_address.text;
    const server = this.#live(request)?.servers.find(({ address }) => address.text === text);
    if (!server?.used) return -6;
    server.weight = request.weight;
    return 0;
  }

  vipDetails(): LbVipDetails[] {
    return this.#vips.filter(({ removed }) => !removed).map((vip) => ({
      vip: { pfx: vip.pfx, protocol: vip.protocol, port: vip.port },
      encap: vip.encap,
      dscp: 10,
      srv_type: 0,
      target_port: 3307,
      flow_table_length: vip.tableLength & 0xffff,
    }));
  }

  asDetails(): LbAsV2Details[] {
    return this.#vips.flatMap((vip) =>
      vip.servers.map(({ address, weight, used }) => ({
        vip: { pfx: vip.pfx, protocol: vip.protocol, port: vip.port },
        app_srv: address,
        flags: used ? 1 : 0,
        in_use_since: 4,
        weight,
        num_buckets: used ? 10 : 0,
      }))
    );
  }

  /** Of `show lb vips verbose`, the lines that matter. */
  text(): string {
    return this.#vips.map((vip) => {
      const flags = `${vip.sticky ? " src_ip_sticky" : ""}${vip.removed ? " removed" : ""}`;
      const prefix = `${vip.pfx.address.text}/${vip.pfx.len}`;
      const port = vip.port === 0 ? "" : `  protocol:${vip.protocol} port:${vip.port}\n`;
      return ` ip4-gre4 [${vip.index}] ${prefix}${flags}\n  new_size:${vip.tableLength}\n${port}  #as:0\n\n`;
    }).join("");
  }

  /** Every live VIP and used server, sorted, for comparing. */
  summary(): string[] {
    return this.#vips.filter(({ removed }) => !removed).map((vip) => {
      const servers = vip.servers.filter(({ used }) => used)
        .map(({ address, weight }) => `${address.text}=${weight}`).sort();
      return `${keyText(vip)} encap ${vip.encap} sticky ${vip.sticky}: ${servers.join(" ")}`;
    }).sort();
  }

  /** Keys of the live VIPs. */
  keys(): string[] {
    return this.#vips.filter(({ removed }) => !removed).map(keyText);
  }

  #live(key: Key): ModelVip | undefined {
    const protocol = key.port === 0 ? 255 : key.protocol;
    return this.#vips.find((vip) =>
      !vip.removed && samePrefix(vip, key) && vip.port === key.port && vip.protocol === protocol
    );
  }
}

function keyText({ pfx, protocol, port }: Key): string {
  return `${pfx.address.text}/${pfx.len} ${protocol} ${port}`;
}

function samePrefix(a: Pick<Key, "pfx">, b: Pick<Key, "pfx">): boolean {
  return a.pfx.address.text === b.pfx.address.text && a.pfx.len === b.pfx.len;
}

function familyOf(encap: number): number {
  return encap === gre4 || encap === l3dsr || encap === nat4 ? 4 : 6;
}

function isCall(a: unknown, b: unknown): boolean {
  return a === b;
}

function isDump(a: unknown, b: unknown): boolean {
  return a === b;
}

function cast<T>(value: unknown): T {
  return value as T;
}

function describe(message: Message, value: Record<string, unknown>): string {
  const parts = Object.entries(value).map(([name, field]) => {
    if (name === "pfx") {
      const { address, len } = field as LbAddDelVipV2["pfx"];
      return `${address.text}/${len}`;
    }
    if (name === "as_address") return (field as LbAddDelAsV2["as_address"]).text;
    if (typeof field === "boolean") return field ? name : "";
    return ["protocol", "port", "weight", "encap", "cmd"].includes(name) ? `${name} ${field}` : "";
  });
  return [message.name, ...parts.filter((part) => part !== "")].join(" ");
}
