import * as wire from "../../tests/h2/support/wire.ts";
import type { Random } from "../../tests/h2/fuzz/random.ts";

/**
 * The first that a client of TLS 1.3 says (RFC 8446 section 4.1.2), with a share of X25519: the
 * server answers with its own, its certificate and a signature. It costs the client next to nothing.
 */
export function clientHello(random: Random): Uint8Array {
  const suites = wire.hex("1301 1302 1303");
  const extensions = wire.join(
    extension(0, vector(2, wire.octets(0), vector(2, wire.text("localhost")))),
    extension(10, vector(2, wire.hex("001d"))),
    extension(13, vector(2, wire.hex("0403 0804 0401"))),
    extension(16, vector(2, vector(1, wire.text("h2")))),
    extension(43, vector(1, wire.hex("0304"))),
    extension(51, vector(2, wire.hex("001d"), vector(2, random.octets(32)))),
  );
  const body = wire.join(
    ...[wire.hex("0303"), random.octets(32), vector(1, random.octets(32))],
    ...[vector(2, suites), vector(1, wire.octets(0)), vector(2, extensions)],
  );
  return wire.join(wire.hex("16 0301"), vector(2, wire.octets(1), vector(3, body)));
}

function extension(type: number, data: Uint8Array): Uint8Array {
  return wire.join(wire.octets(0, type), vector(2, data));
}

/** Octets behind their number, which takes `bytes`. */
function vector(bytes: 1 | 2 | 3, ...pieces: Uint8Array[]): Uint8Array {
  const data = wire.join(...pieces);
  const length = [data.length >> 16, data.length >> 8 & 255, data.length & 255].slice(3 - bytes);
  return wire.join(wire.octets(...length), data);
}
