/**
 * The messages of VPP's API that this program knows, one file per VPP API file.
 *
 * @module
 */

import type { Call, Dump, Message } from "../codec/mod.ts";
import { ipRouteLookup, ipRouteLookupV2 } from "./ip.ts";
import {
  lbAddDelAs,
  lbAddDelVip,
  lbAsDump,
  lbAsSetWeight,
  lbConf,
  lbConfGet,
  lbFlushVip,
  lbVipDump,
} from "./lb.ts";
import {
  apiVersions,
  controlPing,
  sockclntCreate,
  sockclntCreateReply,
  sockclntDelete,
} from "./memclnt.ts";
import { cliInband } from "./vlib.ts";
import { showVersion } from "./vpe.ts";

export * from "./ip.ts";
export * from "./lb.ts";
export * from "./memclnt.ts";
export * from "./vlib.ts";
export * from "./vpe.ts";
export { keep } from "./guards.ts";

/** What the control plane cannot work without. A VPP that lacks one is refused by its name. */
export const neededExchanges: readonly (Call | Dump)[] = [
  sockclntDelete,
  controlPing,
  showVersion,
  cliInband,
  ipRouteLookup,
  lbConf,
  lbConfGet,
  lbAddDelVip,
  lbAddDelAs,
  lbAsSetWeight,
  lbVipDump,
  lbAsDump,
];

const otherExchanges: readonly (Call | Dump)[] = [apiVersions, ipRouteLookupV2, lbFlushVip];

/** Both halves of an exchange. */
export function messagesOf(exchange: Call | Dump): readonly Message[] {
  const answer = exchange.kind === "call" ? exchange.reply : exchange.details;
  return [exchange.request, answer];
}

/** Every declared message. */
export const allMessages: readonly Message[] = [
  sockclntCreate,
  sockclntCreateReply,
  ...[...neededExchanges, ...otherExchanges].flatMap(messagesOf),
];
