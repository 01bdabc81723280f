import { type IpAddress, parseIp } from "../../lib/ip/mod.ts";

/** The address that `text` spells. Throws when it is none. */
export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (!address) throw new Error(`${text} is no address`);
  return address;
}
