import type { Fault } from "../../../lib/sim/mod.ts";
import type { Bed } from "./bed.ts";
import type { ConfigWish } from "./wishes.ts";

/** One frontend with two servers. */
export const web: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2" },
  frontends: { web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }] } },
};
/** Its VIP, as VPP has it. */
export const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
/** What VPP holds when all is well. */
export const inStep = "192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=50";

/** Two frontends of one address with one server, which is here. */
export const ports = (b1: string): ConfigWish => ({
  backends: { b1 },
  frontends: {
    a: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100 }] },
    b: { vip: "192.0.2.1", key: "tcp 443", pools: [{ b1: 100 }] },
  },
});

/** How often VPP was sent a request of this name. */
export function sent(bed: Bed, name: string): number {
  return bed.sim.journal.requests(name).length;
}

/** From now on VPP refuses these requests. */
export function refuse(bed: Bed, name: string, retval = -1): () => void {
  const fault: Fault = { kind: "retval", retval };
  return bed.sim.misbehave({ when: (request) => request.name === name, fault });
}
