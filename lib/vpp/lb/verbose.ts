import { parseIp } from "../../ip/mod.ts";
import { protocolNumber, vipId } from "./vip.ts";

/** What the API does not tell about a VIP. */
export interface VipExtras {
  /** The index of its counters in the stats segment. */
  readonly poolIndex: number;
  readonly sticky: boolean;
}

/** The command whose output is read here. */
export const verboseCommand = "show lb vips verbose";

interface Head extends VipExtras {
  readonly prefix: string;
  readonly prefixLength: number;
  readonly removed: boolean;
}

const headPattern = /^ ip[46]-\w+ \[(\d+)\] ([0-9a-fA-F.:]+)\/(\d+)(.*)$/;
const portPattern = /^ {2}protocol:(\d+) port:(\d+)/;
const all = { protocol: protocolNumber("any"), port: 0 };

/**
 * Reads the text of {@link verboseCommand}: extras by VIP id. It is text for people, so whatever
 * does not look as known is passed over, and a VIP that appears twice is left out: not knowing is
 * never a reason to touch a VIP. Yields now and then, for slicing.
 */
export function* parseVerbose(text: string): Generator<void, Map<string, VipExtras>> {
  const found = new Map<string, VipExtras>();
  const twice = new Set<string>();
  const add = (head: Head | undefined, at: { protocol: number; port: number }) => {
    const address = head && parseIp(head.prefix);
    if (!head || head.removed || !address) return;
    const id = vipId({ address, prefixLength: head.prefixLength, ...at });
    if (found.has(id)) twice.add(id);
    found.set(id, { poolIndex: head.poolIndex, sticky: head.sticky });
  };
  let head: Head | undefined;
  for (const line of linesOf(text)) {
    if (isHead(line)) {
      add(head, all);
      head = parseHead(line);
      yield;
    } else if (head && line.startsWith("  protocol:")) {
      const [, protocol, port] = portPattern.exec(line) ?? [];
      if (port !== undefined) add(head, { protocol: Number(protocol), port: Number(port) });
      head = undefined;
    }
  }
  add(head, all);
  for (const id of twice) found.delete(id);
  return found;
}

/** Everything about a VIP is indented further than its first line. */
function isHead(line: string): boolean {
  return line.startsWith(" ") && !line.startsWith("  ") && line.length > 1;
}

function parseHead(line: string): Head | undefined {
  const [, index, prefix, length, flags] = headPattern.exec(line) ?? [];
  if (prefix === undefined || flags === undefined) return undefined;
  const words = flags.split(" ");
  return {
    poolIndex: Number(index),
    prefix,
    prefixLength: Number(length),
    sticky: words.includes("src_ip_sticky"),
    removed: words.includes("removed"),
  };
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    yield text.slice(start, end);
    start = end + 1;
  }
}
