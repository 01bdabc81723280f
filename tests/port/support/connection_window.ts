import { clientPreface } from "../../../lib/h2/mod.ts";
import { RawClient } from "../../rpc/support/raw.ts";

/** SETTINGS without settings, and the window of each connection to begin with (RFC 9113). */
const settings = new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const initialWindow = 65_535;

const types = { settings: 4, windowUpdate: 8 } as const;
const acknowledged = 1;

/** Octets of request bodies that a server takes at once on one HTTP/2 connection, as it says itself. */
export async function connectionWindow(address: string): Promise<number> {
  using client = await RawClient.connect(address);
  await client.send(clientPreface);
  await client.send(settings);
  let window = initialWindow;
  let octets = new Uint8Array();
  for (;;) {
    octets = Uint8Array.from([...octets, ...await client.receive()]);
    for (let view = viewOf(octets); view; view = viewOf(octets)) {
      const length = view.getUint32(0) >>> 8;
      if (octets.length < 9 + length) break;
      const [type, flags] = [octets[3], octets[4]];
      // It is told of before anything that we say is answered.
      if (type === types.settings && flags === acknowledged) return window;
      if (type === types.windowUpdate && view.getUint32(5) === 0) window += view.getUint32(9);
      octets = octets.slice(9 + length);
    }
  }
}

function viewOf(octets: Uint8Array<ArrayBuffer>): DataView | undefined {
  return octets.length < 9 ? undefined : new DataView(octets.buffer, octets.byteOffset);
}
