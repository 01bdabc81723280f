import type { InMemoryVpp } from "../sim/mod.ts";
import type { Action } from "./actions.ts";
import { vipName } from "./desired.ts";
import type { HeldWatch } from "./held_watch.ts";
import type { Reasons } from "./reasons.ts";
import { refusal } from "./wire_watch.ts";

/** What VPP goes through as a whole. */
export function disturb(vpp: InMemoryVpp, what: (Action & { readonly do: "vpp" })["what"]): void {
  switch (what) {
    case "restart":
      return vpp.restart();
    case "kill":
      return vpp.kill();
    case "start":
      return vpp.start();
    case "hang":
      return vpp.running ? vpp.hang() : undefined;
    case "resume":
      return vpp.resume();
    case "cut":
      return vpp.cut();
  }
}

const faults = {
  refuse: { kind: "retval", retval: refusal },
  silence: { kind: "silence" },
  late: { kind: "late", ms: 300 },
  duplicate: { kind: "duplicate" },
  die: { kind: "die", when: "before" },
  "die after": { kind: "die", when: "after" },
} as const;

/** Has VPP deal wrongly with some of the next requests. */
export function misbehave(
  vpp: InMemoryVpp,
  { fault, times }: Action & { readonly do: "fault" },
): void {
  const isChange = (name: string) => /^lb_(add|as_set|conf$)/.test(name);
  // VPP answers in order, and nothing else says where a dump ends: it is never cut or overtaken.
  const isWhole = (name: string) => name !== "sockclnt_create" && !name.endsWith("_dump");
  vpp.misbehave({
    fault: faults[fault],
    times,
    when: ({ name }) => fault === "refuse" ? isChange(name) : isWhole(name),
  });
}

/** A weight that only somebody else sets. */
const strangeWeight = 33;

/** Changes VPP behind maglevd's back. */
export function tamper(
  vpp: InMemoryVpp,
  { what, which }: Action & { readonly do: "tamper" },
  reasons: Reasons,
  held: HeldWatch,
): void {
  const { byHand } = vpp;
  const vips = vpp.state().filter(({ used }) => used);
  const vip = vips[which % Math.max(1, vips.length)];
  const server = vip?.servers.filter(({ used }) => used)[which % 3];
  if (what === "add vip") {
    byHand.addVip({ prefix: "203.0.113.9/32", protocol: 6, port: 80, encap: "gre4" });
  } else if (vip && what === "replace vip") {
    // It is in the way of all that frontends ask for on the prefix.
    const { prefix } = vip;
    for (const other of vips.filter((each) => each.prefix === prefix)) {
      byHand.deleteVip(other);
      held.altered(vipName(other));
    }
    const encap = prefix.includes(":") ? "nat6" : "nat4";
    byHand.addVip({ prefix, protocol: 255, port: 0, encap });
    reasons.vipAltered(vipName({ prefix, protocol: 255, port: 0 }), encap);
  } else if (vip && what === "delete vip") {
    byHand.deleteVip(vip);
    held.altered(vipName(vip));
  } else if (vip && server && what === "weight") {
    byHand.setWeight(vip, server.address, strangeWeight);
    reasons.weightAltered(vipName(vip), server.address, strangeWeight);
    held.altered(vipName(vip), server.address, strangeWeight);
  } else if (vip && server) {
    byHand.deleteServer(vip, server.address);
    held.altered(vipName(vip), server.address);
  }
}
