import { action, slotValue } from "../report.ts";

/** `set frontend F pool P backend B weight N [flush]`. */
export const setWeight = action(async (context) => {
  const { client, args, signal } = context;
  const [frontend, pool, backend] = ["frontend", "pool", "backend"].map((name) =>
    slotValue(context, name)
  ) as [string, string, string];
  const weight = Number(slotValue(context, "weight"));
  const flush = args.words.at(-1) === "flush";
  const info = await client.setFrontendPoolBackendWeight(
    { frontend, pool, backend, weight, flush },
    { signal },
  );
  const entry = info.pools.find((p) => p.name === pool)?.backends.find((b) => b.name === backend);
  const effective = entry && entry.effectiveWeight !== entry.weight
    ? `; effective ${entry.effectiveWeight} while ${entry.state || "out of the active pool"}`
    : "";
  return `backend ${backend} has weight ${weight} in pool ${pool} of ${frontend}` +
    `${flush ? ", flows flushed" : ""}${effective}`;
});
