import { parseSpan } from "./format.ts";
import type { Args, Command, MaglevClient, Node, Slot } from "./node.ts";

/** Where a slot leads. */
interface After {
  readonly next?: () => readonly Node[];
  readonly run?: Command;
}

/** A place for a word: any, unless `more` says otherwise. */
export function wordSlot(
  name: string,
  help: string,
  after: After,
  more: Pick<Slot, "accepts" | "names"> = {},
): Slot {
  return { kind: "slot", name, help, ...more, ...after };
}

/** A frontend's name. */
export function frontendSlot(help: string, after: After): Slot {
  return wordSlot("frontend", help, after, {
    names: async (client, _, signal) =>
      (await client.listFrontends({}, { signal, timeoutMs: 1000 })).frontendNames,
  });
}

/** A backend's name. */
export function backendSlot(help: string, after: After): Slot {
  return wordSlot("backend", help, after, {
    names: async (client, _, signal) =>
      (await client.listBackends({}, { signal, timeoutMs: 1000 })).backendNames,
  });
}

/** A health check's name. */
export function healthcheckSlot(help: string, after: After): Slot {
  return wordSlot("healthcheck", help, after, {
    names: async (client, _, signal) =>
      (await client.listHealthChecks({}, { signal, timeoutMs: 1000 })).names,
  });
}

/** A pool of the frontend named earlier on the line. */
export function poolSlot(help: string, after: After): Slot {
  return wordSlot("pool", help, after, {
    names: async (...asked) => (await poolsOf(...asked)).map(({ name }) => name),
  });
}

/** A backend of the pool named earlier on the line. */
export function poolBackendSlot(help: string, after: After): Slot {
  return wordSlot("backend", help, after, {
    names: async (client, args, signal) => {
      const pools = await poolsOf(client, args, signal);
      const pool = pools.find(({ name }) => name === args.values.get("pool"));
      return pool?.backends.map(({ name }) => name) ?? [];
    },
  });
}

async function poolsOf(client: MaglevClient, { values }: Args, signal: AbortSignal) {
  const name = values.get("frontend") ?? "";
  return (await client.getFrontend({ name }, { signal, timeoutMs: 1000 })).pools;
}

/** How long ago something may be at most, as in {@link parseSpan}. */
export function spanSlot(name: string, help: string, after: After): Slot {
  const accepts = (word: string) =>
    parseSpan(word) === undefined
      ? `"${word}" is no time such as 90s, 15m, 1h30m or 2d`
      : undefined;
  return wordSlot(name, help, after, { accepts });
}

/** A whole number from `min` to `max`. */
export function numberSlot(
  name: string,
  help: string,
  { min, max }: { readonly min: number; readonly max: number },
  after: After,
): Slot {
  const accepts = (word: string) =>
    /^\d{1,15}$/.test(word) && Number(word) >= min && Number(word) <= max
      ? undefined
      : `"${word}" is not a whole number from ${min} to ${max}`;
  return wordSlot(name, help, after, { accepts });
}
