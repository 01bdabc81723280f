import { parseIp } from "../../ip/mod.ts";
import { protocolNumber, vipId } from "./vip.ts";

/** What the API does not tell about a VIP. */
export interface VipExtras {
  /** The index of its counters in the stats segment. */
  readonly poolIndex: number;
  readonly sticky: boolean;
  /** Slots of the new flow table: the dump has 16 bits for it, which end at 65535. */
  readonly flowTableLength?: number;
}

/** The command whose output is read here. */
export const verboseCommand = "show lb vips verbose";

const headPattern = /^ ip[46]-\w+ \[(\d+)\] ([0-9a-fA-F.:]+)\/(\d+)(.*)$/;
const lengthPattern = /\n {2}new_size:(\d+)\n/;
const portPattern = /\n {2}protocol:(\d+) port:(\d+)/;

/**
 * Reads the text of {@link verboseCommand}: extras by VIP id. It is text for people, so whatever
 * does not look as known is passed over, and a VIP that appears twice is left out: not knowing is
 * never a reason to touch a VIP. Yields now and then, for slicing.
 */
export function* parseVerbose(text: string): Generator<void, Map<string, VipExtras>> {
  const found = new Map<string, VipExtras>();
  const twice = new Set<string>();
  for (const paragraph of paragraphs(text)) {
    const vip = parseVip(paragraph);
    if (vip) {
      if (found.has(vip.id)) twice.add(vip.id);
      found.set(vip.id, vip.extras);
    }
    yield;
  }
  for (const id of twice) found.delete(id);
  return found;
}

/** Cuts before each line that begins a VIP: everything about it is indented further. */
function* paragraphs(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const next = text.indexOf("\n ip", start);
    const end = next < 0 ? text.length : next + 1;
    yield text.slice(start, end);
    start = end;
  }
}

/** A VIP without a protocol is for all ports. One that is removed only lingers. */
function parseVip(paragraph: string): { id: string; extras: VipExtras } | undefined {
  const headEnd = paragraph.indexOf("\n");
  const head = headEnd < 0 ? paragraph : paragraph.slice(0, headEnd);
  const [, index, prefix = "", length, flags] = headPattern.exec(head) ?? [];
  const address = parseIp(prefix);
  if (!address || flags === undefined) return undefined;
  const words = flags.split(" ");
  if (words.includes("removed")) return undefined;
  const [, protocol, port] = portPattern.exec(paragraph) ?? [];
  const id = vipId({
    address,
    prefixLength: Number(length),
    protocol: protocol === undefined ? protocolNumber("any") : Number(protocol),
    port: Number(port ?? 0),
  });
  const [, slots] = lengthPattern.exec(paragraph) ?? [];
  const extras = { poolIndex: Number(index), sticky: words.includes("src_ip_sticky") };
  return { id, extras: slots ? { ...extras, flowTableLength: Number(slots) } : extras };
}
