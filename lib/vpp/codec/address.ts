import { type IpAddress, ipFromBytes } from "../../ip/mod.ts";
import { DecodeError, EncodeError } from "./bytes.ts";
import { alias, enumeration, type Field, struct, u8, type ValueOf } from "./field.ts";

/**
 * Decoded addresses, so that a dump of 20,000 servers does not print each address again: printing
 * is what decoding one costs. Emptied when full, which only costs time.
 */
const known = new Map<string, IpAddress>();
const maxKnown = 65_536;

/** The address with these bytes; equal bytes usually give the same object. */
function decoded(bytes: Uint8Array): IpAddress {
  const key = String.fromCharCode(...bytes);
  let address = known.get(key);
  if (!address) {
    address = ipFromBytes(bytes);
    if (known.size >= maxKnown) known.clear();
    known.set(key, address);
  }
  return address;
}

function bare(api: string, family: 4 | 6): Field<IpAddress> {
  return {
    api: [api],
    definition: {
      kind: "alias",
      name: family === 4 ? "ip4_address" : "ip6_address",
      of: family === 4 ? "u8[4]" : "u8[16]",
    },
    read: (from) => decoded(from.raw(family === 4 ? 4 : 16)),
    write(to, value) {
      if (value.family !== family) throw new EncodeError(`${value.text} is not IPv${family}`);
      to.raw(value.bytes);
    },
  };
}

/** Four bytes. */
export const ip4Address: Field<IpAddress> = bare("vl_api_ip4_address_t", 4);

/** Sixteen bytes. */
export const ip6Address: Field<IpAddress> = bare("vl_api_ip6_address_t", 6);

/** Sixteen bytes whose meaning something else tells; nobody here looks inside. */
export const addressUnion: Field<Uint8Array> = {
  api: ["vl_api_address_union_t"],
  read: (from) => from.raw(16).slice(),
  write: (to, value) => to.raw(value),
};

const addressFamily = enumeration("address_family", "u8", { ADDRESS_IP4: 0, ADDRESS_IP6: 1 });

/** A family (0 IPv4, 1 IPv6) and 16 bytes, an IPv4 address in the first four of them. */
export const address: Field<IpAddress> = {
  api: ["vl_api_address_t"],
  definition: { kind: "struct", name: "address", fields: { af: addressFamily, un: addressUnion } },
  read(from) {
    const family = from.u8();
    if (family > 1) throw new DecodeError(`address family ${family} is neither IPv4 nor IPv6`);
    const bytes = from.raw(16);
    return decoded(family === 0 ? bytes.subarray(0, 4) : bytes);
  },
  write(to, value) {
    to.u8(value.family === 4 ? 0 : 1);
    to.raw(value.bytes);
    to.zeros(16 - value.bytes.length);
  },
};

const anyPrefix = struct("prefix", { address, len: u8 });

/** An address and how many bits of it count. */
export type WirePrefix = ValueOf<{ address: typeof address; len: typeof u8 }>;

/** VPP aborts on lengths over 128 and makes garbage of IPv4 over 32, so neither is ever sent. */
export const prefix: Field<WirePrefix> = {
  ...anyPrefix,
  write(to, value, all) {
    const most = value.address.family === 4 ? 32 : 128;
    if (value.len > most) {
      throw new EncodeError(
        `prefix ${value.address.text}/${value.len} is longer than the ${most} bits of the address`,
      );
    }
    anyPrefix.write(to, value, all);
  },
};

/** {@link prefix} under the name that the lb plugin's messages use. */
export const addressWithPrefix: Field<WirePrefix> = alias("address_with_prefix", prefix);
