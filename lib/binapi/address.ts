import { type IpAddress, ipFromBytes } from "../ip/mod.ts";
import { DecodeError, EncodeError, type WireReader } from "./bytes.ts";
import type { Field } from "./field.ts";

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

function bare(family: 4 | 6): Field<IpAddress> {
  return {
    read: family === 4 ? readIp4 : readIp6,
    write(to, value) {
      if (value.family !== family) throw new EncodeError(`${value.text} is not IPv${family}`);
      to.raw(value.bytes);
    },
  };
}

/** `vl_api_ip4_address_t`: four bytes. */
export const ip4Address: Field<IpAddress> = bare(4);

/** `vl_api_ip6_address_t`: sixteen bytes. */
export const ip6Address: Field<IpAddress> = bare(6);

/** `vl_api_address_union_t`: sixteen bytes whose meaning something else tells. */
export const addressUnion: Field<Uint8Array> = {
  read: (from) => from.raw(16).slice(),
  write: (to, value) => to.raw(value),
};

/** `vl_api_address_t`: 0 (IPv4) or 1 (IPv6), and 16 bytes, an IPv4 address in the first four. */
export const address: Field<IpAddress> = {
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
