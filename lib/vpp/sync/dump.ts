import { parseIp } from "../../ip/mod.ts";
import { type Clock, inSlices } from "../../time/mod.ts";
import type { ApiClient } from "../client/mod.ts";
import { ActualState, type DumpedVip, parseVerbose, verboseCommand } from "../lb/mod.ts";
import { cliInband, lbAsDump, lbVipDump } from "../messages/mod.ts";

/** What dumps need of a client. */
export type Dumper = Pick<ApiClient, "dump" | "request">;

const zero = parseIp("0.0.0.0");

/**
 * Asks VPP for everything its lb plugin holds. All of it, without filters: VPP ignores that of
 * VIPs, and an IPv4 one of servers never matches (docs/vpp.md). Rejects as the client does.
 */
export async function dumpActual(
  client: Dumper,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Map<string, DumpedVip>> {
  if (!zero) throw new TypeError("0.0.0.0 does not parse");
  const pfx = { address: zero, len: 0 };
  const any = { pfx, protocol: 255, port: 0 };
  const state = new ActualState();
  const vipDump = { ...any, pfx_matcher: { le: 0, ge: 0 } };
  // VPP answers in order: the servers find their VIPs.
  const [, , text] = await Promise.all([
    client.dump(lbVipDump, vipDump, (vip) => state.addVip(vip), { signal }),
    client.dump(lbAsDump, any, (server) => state.addServer(server), { signal }),
    client.request(cliInband, { cmd: verboseCommand }, { signal }),
  ]);
  return state.finish(await inSlices(clock, parseVerbose(text.reply)));
}
