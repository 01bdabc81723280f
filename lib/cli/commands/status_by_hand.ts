import type { JsonObject } from "@bufbuild/protobuf";
import { handText } from "../by_hand.ts";
import { type ByHand, ByHandSchema } from "../../gen/maglev_pb.ts";
import { messageJson } from "../report.ts";
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
          what: { backend: name, ...said(hand) },
        }]
        : []
    ),
    ...frontends.flatMap(({ name: frontend, pools }) =>
      pools.flatMap(({ name: pool, backends: members }) =>
        members.flatMap(({ name: backend, byHand: hand }) =>
          hand
            ? [{
              text: `weight of ${backend} in pool ${pool} of ${frontend}: ${handText(hand, now)}`,
              what: { frontend, pool, backend, ...said(hand) },
            }]
            : []
        )
      )
    ),
  ];
}

function said(hand: ByHand): JsonObject {
  return messageJson(ByHandSchema, hand) as JsonObject;
}
