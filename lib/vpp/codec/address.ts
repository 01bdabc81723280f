import { type IpAddress, ipFromBytes } from "../../ip/mod.ts";
import { DecodeError, EncodeError, type WireReader } from "./bytes.ts";
import { alias, enumeration, type Field, struct, u8, type ValueOf } from "./field.ts";

/**
 * Decoded addresses, so that a dump of 20,000 servers does not print each address again: printing
 * is what decoding one costs. Emptied when full, which only costs time.
 */
const known4 = new Map<number, IpAddress>();
const known6 = new Map<string, IpAddress>();
const maxKnown = 65_536;

/** The next 4 bytes as an address; equal bytes usually give the same object. */
function readIp4(from: WireReader): IpAddress {
  const key = from.u32();
  const address = known4.get(key);
  if (address) return address;
  const bytes = Uint8Array.of(key >>> 24, key >>> 16 & 0xff, key >>> 8 & 0xff, key & 0xff);
  return remember(known4, key, ipFromBytes(bytes));
}

/** The next 16 bytes as an address. */
function readIp6(from: WireReader): IpAddress {
  const bytes = from.raw(16);
  const key = String.fromCharCode(...bytes);
  return known6.get(key) ?? remember(known6, key, ipFromBytes(bytes));
}

function remember<K>(known: Map<K, IpAddress>, key: K, address: IpAddress): IpAddress {
  if (known.size >= maxKnown) known.clear();
  known.set(key, address);
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
    read: family === 4 ? readIp4 : readIp6,
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
    if (family === 1) return readIp6(from);
    const ip4 = readIp4(from);
    from.skip(12);
    return ip4;
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
