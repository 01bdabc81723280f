import type { Command, Node, Slot } from "./node.ts";
import { parseSpan } from "./span.ts";

/** Where a slot leads. */
interface After {
  readonly next?: () => readonly Node[];
  readonly run?: Command;
}

/** A frontend's name. */
export function frontendSlot(help: string, after: After): Slot {
  return {
    kind: "slot",
    name: "frontend",
    help,
    names: async (client, _, signal) =>
      (await client.listFrontends({}, { signal, timeoutMs: 1000 })).frontendNames,
    ...after,
  };
}

/** A backend's name. */
export function backendSlot(help: string, after: After): Slot {
  return {
    kind: "slot",
    name: "backend",
    help,
    names: async (client, _, signal) =>
      (await client.listBackends({}, { signal, timeoutMs: 1000 })).backendNames,
    ...after,
  };
}

/** A health check's name. */
export function healthcheckSlot(help: string, after: After): Slot {
  return {
    kind: "slot",
    name: "healthcheck",
    help,
    names: async (client, _, signal) =>
      (await client.listHealthChecks({}, { signal, timeoutMs: 1000 })).names,
    ...after,
  };
}

/** A pool of the frontend named earlier on the line. */
export function poolSlot(help: string, after: After): Slot {
  return {
    kind: "slot",
    name: "pool",
    help,
    names: async (client, args, signal) => {
      const name = args.values.get("frontend") ?? "";
      const frontend = await client.getFrontend({ name }, { signal, timeoutMs: 1000 });
      return frontend.pools.map((pool) => pool.name);
    },
    ...after,
  };
}

/** A backend of the pool named earlier on the line. */
export function poolBackendSlot(help: string, after: After): Slot {
  return {
    kind: "slot",
    name: "backend",
    help,
    names: async (client, args, signal) => {
      const name = args.values.get("frontend") ?? "";
      const frontend = await client.getFrontend({ name }, { signal, timeoutMs: 1000 });
      const pool = frontend.pools.find((pool) => pool.name === args.values.get("pool"));
      return pool?.backends.map((backend) => backend.name) ?? [];
    },
    ...after,
  };
}

/** How long ago something may be at most, as in {@link parseSpan}. */
export function spanSlot(name: string, help: string, after: After): Slot {
  return {
    kind: "slot",
    name,
    help,
    accepts: (word) =>
      parseSpan(word) === undefined
        ? `"${word}" is no time such as 90s, 15m, 1h30m or 2d`
        : undefined,
    ...after,
  };
}

/** Any word. */
export function wordSlot(name: string, help: string, after: After): Slot {
  return { kind: "slot", name, help, ...after };
}

/** A whole number from `min` to `max`. */
export function numberSlot(
  name: string,
  help: string,
  range: { readonly min: number; readonly max: number },
  after: After,
): Slot {
  const fits = (word: string) =>
    /^\d{1,15}$/.test(word) && Number(word) >= range.min && Number(word) <= range.max;
  return {
    kind: "slot",
    name,
    help,
    accepts: (word) =>
      fits(word) ? undefined : `"${word}" is not a whole number from ${range.min} to ${range.max}`,
    ...after,
  };
}
