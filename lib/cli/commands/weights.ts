import type { FrontendInfo } from "../../gen/maglev_pb.ts";
import { carryOut, change, notOlder, type OperationInit } from "../change.ts";
import type { CommandContext } from "../node.ts";
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

/** `set frontend F pool P backend B weight reset`. */
export const resetWeight = change((context) => {
  const [frontend, pool, backend] = ["frontend", "pool", "backend"].map((name) =>
    slotValue(context, name)
  ) as [string, string, string];
  const operation = { action: "reset", frontend, pool, backends: [backend] };
  return reset(
    context,
    operation,
    `the weight of backend ${backend} in pool ${pool} of ${frontend}`,
  );
});

/** `set frontend F reset`. */
export const resetFrontend = change((context) => {
  const frontend = slotValue(context, "frontend");
  return reset(context, { action: "reset", frontend }, `each weight of frontend ${frontend}`);
});

/** `set all reset`. */
export const resetAll = change((context) =>
  reset(context, { action: "reset-all" }, "every state and weight")
);

async function reset(context: CommandContext, operation: OperationInit, what: string) {
  return await carryOut(context, {
    operations: [operation],
    question: `let the file say ${what}?`,
    isAlwaysAsked: operation.action === "reset-all",
    text: (_, isForeseen) => `${what} ${isForeseen ? "would be" : "is"} what the file says`,
    older: () => notOlder("reset"),
  });
}
