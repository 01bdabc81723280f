import { tableShift } from "../../maglev/mod.ts";
import type { PlannedMove } from "../service.ts";
import { type ActualVip, serversInOrder } from "./actual.ts";
import type { PrefixPlan, VipChanges } from "./plan.ts";
import { namedVip } from "./vip.ts";

/** Slots of all the tables that are worked out for one plan: a second or two. */
const mostSlots = 2 ** 22;

/**
 * How many flows plans would move, of each VIP that is there and whose servers or weights change.
 * VIPs are left out once {@link mostSlots} were worked out.
 */
export function* plannedMoves(
  plans: readonly PrefixPlan[],
  actual: ReadonlyMap<string, ActualVip>,
): Generator<void, PlannedMove[]> {
  const moves: PlannedMove[] = [];
  let slots = 0;
  for (const changes of plans.flatMap(({ changes: each }) => each)) {
    const present = actual.get(changes.vip.id);
    if (!present) continue;
    slots += present.flowTableLength;
    if (slots > mostSlots) break;
    const share = yield* tableShift(tableOf(present), tableAfter(changes, present));
    moves.push({ ...namedVip(changes.vip), frontend: changes.vip.frontend, share });
  }
  return moves;
}

function tableOf(vip: ActualVip) {
  const servers = serversInOrder(vip).map(({ address: { bytes }, weight }) => ({
    ...{ address: bytes, weight },
  }));
  return { servers, length: vip.flowTableLength };
}

/** What VPP will have; a VIP that is made anew gets a table of the length that is configured. */
function tableAfter({ vip, isAdded, servers: changes }: VipChanges, present: ActualVip) {
  const servers = new Map(
    isAdded
      ? []
      : [...present.servers.values()].map(({ address, weight }) =>
        [address.text, { address: address.bytes, weight }] as const
      ),
  );
  for (const change of changes) {
    const { address: { text, bytes } } = change;
    if (change.kind === "as-del") servers.delete(text);
    else servers.set(text, { address: bytes, weight: change.weight });
  }
  const length = isAdded ? vip.flowTableLength : present.flowTableLength;
  return { servers: [...servers.values()], length };
}
