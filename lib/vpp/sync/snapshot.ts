import { parseIp } from "../../ip/mod.ts";
import { type Clock, inSlices } from "../../time/mod.ts";
import type { ApiClient } from "../client/mod.ts";
import { ActualState, confOf, type DumpedVip, parseVerbose, verboseCommand } from "../lb/mod.ts";
import { cliInband, lbAsV2Dump, lbConfGet, lbVipDump } from "../../gen/vpp.ts";
import type { LbConf } from "../service.ts";

/** What reading needs of a client. */
export type Dumper = Pick<ApiClient, "dump" | "request">;

/** What the lb plugin holds at one moment. */
export interface Snapshot {
  readonly conf: LbConf;
  /** By their ids. */
  readonly vips: Map<string, DumpedVip>;
}

const zero = parseIp("0.0.0.0");

/**
 * Asks VPP for everything its lb plugin holds. All of it, without filters: VPP ignores that of
 * VIPs, and an IPv4 one of servers never matches (docs/vpp.md). Rejects as the client does.
 */
export async function readSnapshot(client: Dumper, clock: Clock): Promise<Snapshot> {
  if (!zero) throw new TypeError("0.0.0.0 does not parse");
  const pfx = { address: zero, len: 0 };
  const any = { pfx, protocol: 255, port: 0 };
  const state = new ActualState();
  const vipDump = { ...any, pfx_matcher: { le: 0, ge: 0 } };
  // VPP answers in order: the servers find their VIPs.
  const [conf, , , text] = await Promise.all([
    client.request(lbConfGet, {}),
    client.dump(lbVipDump, vipDump, (vip) => state.addVip(vip)),
    client.dump(lbAsV2Dump, any, (server) => state.addServer(server)),
    client.request(cliInband, { cmd: verboseCommand }),
  ]);
  const extras = await inSlices(clock, parseVerbose(text.reply));
  return { conf: confOf(conf), vips: state.finish(extras) };
}
