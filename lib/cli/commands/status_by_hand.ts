import type { JsonObject } from "@bufbuild/protobuf";
import { handText } from "../by_hand.ts";
import type { Found } from "./status_found.ts";

/** All that was set by hand. */
export function byHand(
  { backends, frontends }: Found,
  now: number,
): { readonly text: string; readonly what: JsonObject }[] {
  return [
    ...backends.flatMap(({ name, byHand: hand, drain }) =>
      hand
        ? [{
          text: `backend ${name}: ${handText(hand, now, drain)}`,
          what: { backend: name, value: hand.value, file: hand.file },
        }]
        : []
    ),
    ...frontends.flatMap(({ name: frontend, pools }) =>
      pools.flatMap(({ name: pool, backends: members }) =>
        members.flatMap(({ name: backend, byHand: hand }) =>
          hand
            ? [{
              text: `weight of ${backend} in pool ${pool} of ${frontend}: ${handText(hand, now)}`,
              what: { frontend, pool, backend, value: hand.value, file: hand.file },
            }]
            : []
        )
      )
    ),
  ];
}
