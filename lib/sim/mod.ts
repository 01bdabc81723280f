/**
 * A VPP with the lb plugin that speaks the wire, for tests and the demo: the API socket, the
 * stats segment, and the plugin's behaviour with its quirks. Written from what a real VPP does
 * and independently of `lib/vppclient`, so that a misunderstanding there shows here. How messages
 * are laid out both have from VPP's own API files, by `lib/gen/vpp.ts`; recordings of a real VPP
 * hold them to it.
 *
 * {@link SimulatedVpp} listens on sockets; {@link InMemoryVpp} needs nothing but a clock and a
 * seed. What the latter puts in the place of sockets has the types of `lib/vppclient`, nothing else.
 *
 * @example A VPP without sockets, changed by hand
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { FakeClock } from "../time/mod.ts";
 *
 * const vpp = new InMemoryVpp({ clock: new FakeClock(), random: () => 0.5 });
 * vpp.start();
 * const vip = { prefix: "192.0.2.1/32", protocol: "tcp", port: 80 } as const;
 * equal(vpp.byHand.addVip({ ...vip, encap: "gre4" }), 0);
 * equal(vpp.byHand.addServer(vip, "198.51.100.1"), 0);
 * equal(vpp.state()[0]?.servers[0]?.weight, 100);
 * vpp.kill();
 * ```
 *
 * @module
 */

export { SimulatedVpp, type SimulatedVppOptions } from "./simulated_vpp.ts";
export { VppProcess } from "./process.ts";
export type { ProcessOptions, Traffic } from "./process.ts";
export type { OutgoingMessage, TableChanges } from "./messages.ts";
export { ByHand } from "./by_hand.ts";
export type { NewVip, ServerSnapshot, VipName, VipSnapshot } from "./by_hand.ts";
export type { Fault, Misbehaviour, SimRequest } from "./faults.ts";
export { Journal } from "./journal.ts";
export type { JournalEntry, SimEvent } from "./journal.ts";
export type { Encap, VipType } from "./lb_types.ts";
export type { VppIdentity } from "./vpp.ts";
export type { Clock, Timer } from "../time/mod.ts";
export { InMemoryVpp, type InMemoryVppOptions, portsOf, type VppPorts } from "./in_memory/vpp.ts";
