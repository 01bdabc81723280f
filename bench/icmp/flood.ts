/**
 * Sends ICMP packets as fast as it can until it is interrupted, then prints how many those were.
 * The argument is a {@link Flood} as JSON.
 */

import { libc } from "../../lib/net/libc.ts";
import { encodeSocketAddress } from "../../lib/net/layout.ts";
import { ip } from "../../tests/support/ip.ts";
import { type Flood, link } from "./scenes.ts";

const flood: Flood = JSON.parse(Deno.args[0] ?? "");
const request = 8;
const batch = 2000;

/** RFC 1071. */
function seal(bytes: Uint8Array): void {
  bytes[2] = bytes[3] = 0;
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = ~(sum + (sum >>> 16)) & 0xffff;
  bytes[2] = sum >> 8;
  bytes[3] = sum & 255;
}

const socket = libc.socket(2, 3 | 0o4000, 1);
const heard = libc.socket(2, 3 | 0o4000, 1);
const to = new Uint8Array(28);
const length = encodeSocketAddress(to, ip(flood.to), 0);
const incoming = new Uint8Array(2048);
const none = new Uint8Array(28);
const noneLength = new Uint32Array([28]);
let packet = new Uint8Array(16);
packet[0] = flood.what === "requests" ? request : 0;
let count = 0;
let stopped = false;

/** The reply to the newest request that came over the link. */
function answer(): void {
  for (;;) {
    const size = libc.recvfrom(heard, incoming, 2048n, 0, none, noneLength);
    if (size < 0) return;
    const from = incoming.subarray(12, 16).join(".");
    if (incoming[20] === request && from === link.here) packet = incoming.slice(20, size);
    packet[0] = 0;
  }
}

const begun = performance.now();
Deno.addSignalListener("SIGINT", () => {
  stopped = true;
});
while (!stopped) {
  if (flood.what === "answers") answer();
  seal(packet);
  for (let i = 0; i < batch; i++) {
    if (libc.sendto(socket, packet, BigInt(packet.length), 0, to, length) > 0) count++;
  }
  if (flood.what !== "answers") packet[5] = (packet[5] ?? 0) + 1 & 255;
  await new Promise((resolve) => setTimeout(resolve, 0));
}
const seconds = (performance.now() - begun) / 1000;
console.log(`${Math.round(count / seconds)} packets/s of flood`);
Deno.exit(0);
