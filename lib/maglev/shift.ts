import { type MaglevServer, maglevTableSteps } from "./table.ts";

/** A table as VPP makes it. */
export interface Table {
  readonly servers: readonly {
    /** 4 or 16 bytes. */
    readonly address: Uint8Array;
    /** 0 to 255. */
    readonly weight: number;
  }[];
  /** Slots: a power of two. */
  readonly length: number;
}

/** Slots that are compared in one step. */
const slotsPerStep = 16_384;

/**
 * The share of new flows, from 0 to 1, that the one table gives to another server than the other
 * does: VPP takes the slot that the low bits of a flow's hash name. In steps of about a millisecond.
 */
export function* tableShift(before: Table, after: Table): Generator<void, number> {
  const indices = new Map<string, number>();
  const one = yield* maglevTableSteps(numbered(before, indices), before.length);
  const other = yield* maglevTableSteps(numbered(after, indices), after.length);
  const length = Math.max(before.length, after.length);
  let moved = 0;
  for (let hash = 0; hash < length; hash++) {
    if (one[hash & (before.length - 1)] !== other[hash & (after.length - 1)]) moved++;
    if (hash % slotsPerStep === slotsPerStep - 1) yield;
  }
  return moved / length;
}

/** Gives each address a number of its own, 0 being no server. */
function numbered({ servers }: Table, indices: Map<string, number>): MaglevServer[] {
  return servers.map(({ address, weight }) => {
    const key = address.join(".");
    const index = indices.get(key) ?? indices.size + 1;
    indices.set(key, index);
    return { index, address: in16Bytes(address), weight };
  });
}

/** As VPP has it (`ip46_address_t`). */
function in16Bytes(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  const bytes = new Uint8Array(16);
  bytes.set(address, 12);
  return bytes;
}
