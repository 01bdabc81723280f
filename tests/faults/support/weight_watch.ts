import { ipFromBytes } from "../../../lib/ip/mod.ts";
import type { JournalEntry, VppProcess } from "../../../lib/sim/mod.ts";

interface WirePrefix {
  readonly address: { readonly family: number; readonly bytes: Uint8Array };
  readonly length: number;
}

/** Watches every message for one that takes traffic from servers it must not be taken from. */
export class WeightWatch implements Disposable {
  /** What has gone wrong so far, a sentence each. */
  readonly offences: string[] = [];
  /** How many messages set a weight. */
  seen = 0;
  readonly #unsubscribe: () => void;

  /** `isHealthy` is asked by address at the time of each message. */
  constructor(vpp: VppProcess, private readonly isHealthy: (address: string) => boolean) {
    this.#unsubscribe = vpp.journal.subscribe((entry) => this.#look(entry));
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #look(entry: JournalEntry): void {
    if (entry.kind !== "request") return;
    const { name, fields } = entry.request;
    if (name === "lb_add_del_vip_v2" && fields.is_del === true) {
      this.offences.push(`${name} of ${addressOf((fields.pfx as WirePrefix).address)}`);
    }
    if (name !== "lb_add_del_as_v2" && name !== "lb_as_set_weight") return;
    this.seen++;
    const address = addressOf(fields.as_address as WirePrefix["address"]);
    if (!this.isHealthy(address)) return;
    if (fields.is_del === true || fields.weight === 0 || fields.is_flush === true) {
      const { weight, is_del, is_flush } = fields;
      this.offences.push(`${name} ${address} ${JSON.stringify({ weight, is_del, is_flush })}`);
    }
  }
}

function addressOf({ family, bytes }: WirePrefix["address"]): string {
  return ipFromBytes(family === 0 ? bytes.slice(0, 4) : bytes).text;
}
