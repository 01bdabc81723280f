import { carryOut, change, type OperationInit } from "../change.ts";
import { CommandFailure } from "../errors.ts";
import type { CommandContext } from "../node.ts";
import { slotValue } from "../report.ts";

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
    older: () => {
      throw new CommandFailure("this maglevd is older than maglevc and has no reset");
    },
  });
}
