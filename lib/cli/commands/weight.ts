import type { FrontendInfo } from "../../gen/maglev_pb.ts";
import { carryOut, change } from "../change.ts";
import { slotValue } from "../report.ts";

/** `set frontend F pool P backend B weight N [flush]`. */
export const setWeight = change(async (context) => {
  const { client, args, signal } = context;
  const frontend = slotValue(context, "frontend");
  const pool = slotValue(context, "pool");
  const backend = slotValue(context, "backend");
  const weight = Number(slotValue(context, "weight"));
  const flush = args.words.at(-1) === "flush";
  return await carryOut(context, {
    operations: [{ action: "weight", frontend, pool, backends: [backend], weight, flush }],
    question: `give backend ${backend} weight ${weight} in pool ${pool} of ${frontend}?`,
    isAlwaysAsked: false,
    text: (_, isForeseen) =>
      `backend ${backend} ${isForeseen ? "would have" : "has"} weight ${weight} in pool ${pool} ` +
      `of ${frontend}${flush ? `, flows ${isForeseen ? "would be " : ""}flushed` : ""}`,
    older: async () => {
      const request = { frontend, pool, backend, weight, flush };
      const info = await client.setFrontendPoolBackendWeight(request, { signal });
      return `backend ${backend} has weight ${weight} in pool ${pool} of ${frontend}` +
        `${flush ? ", flows flushed" : ""}${effectiveOf(info, pool, backend)}`;
    },
  });
});

function effectiveOf({ pools }: FrontendInfo, pool: string, backend: string): string {
  const entry = pools.find(({ name }) => name === pool)
    ?.backends.find(({ name }) => name === backend);
  const differs = entry && entry.effectiveWeight !== entry.weight;
  return differs ? `; effective ${entry.effectiveWeight}` : "";
}
