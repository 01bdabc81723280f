import { notOlder } from "../asking.ts";
import type { BackendInfo, FrontendInfo, Outcome } from "../../gen/maglev_pb.ts";
import { carryOut, change, type OperationInit } from "../change.ts";
import { CommandFailure, messageOf } from "../errors.ts";
import { parseSpan } from "../format.ts";
import { isGlob } from "../glob.ts";
import type { CommandContext } from "../node.ts";
import { slotValue } from "../report.ts";
import { matchingBackends } from "./backends.ts";

/** `set backend NAME pause`. */
export const pauseBackend = operate("pause");

/** `set backend NAME resume`. */
export const resumeBackend = operate("resume");

/** `set backend NAME disable`. */
export const disableBackend = operate("disable");

/** `set backend NAME enable`. */
export const enableBackend = operate("enable");

/** `set backend NAME reset`. */
export const resetBackend = operate("reset");

/** `set backend NAME drain [for TIME]`. */
export const drainBackend = operate("drain", ({ args }) => {
  const time = args.values.get("time");
  if (time === undefined) return {};
  const ms = parseSpan(time) ?? 0;
  if (ms === 0) throw new CommandFailure("the time has to be above 0");
  return { drainDeadlineNs: BigInt(ms) * 1_000_000n };
});

type Verb = "pause" | "resume" | "disable" | "enable" | "reset" | "drain";

/**
 * Does it to the backend named, or to all that match, and says what came of it. `more` is what the
 * operation has besides.
 */
function operate(verb: Verb, more?: (context: CommandContext) => OperationInit) {
  return change(async (context) => {
    const word = slotValue(context, "backend");
    const { client, signal } = context;
    const backends = isGlob(word)
      ? await matchingBackends(context)
      : [await client.getBackend({ name: word }, { signal })];
    const names = backends.map(({ name }) => name);
    return await carryOut(context, {
      operations: [{ ...more?.(context), action: verb, backends: names }],
      question: names.length === 1
        ? `${verb} backend ${names[0]}?`
        : `${verb} these ${names.length} backends?`,
      // Whoever types a pattern does not see what it matches.
      isAlwaysAsked: isGlob(word),
      text: (outcome, isForeseen) =>
        backends.map((each) => stateLine(verb, each, outcome, isForeseen)).join("\n"),
      older: () => eachInTurn(context, verb, names),
    });
  });
}

/** `unknown` needs a word more, and so does a drain that comes or goes. */
function stateLine(
  verb: Verb,
  { name, state, drain }: BackendInfo,
  outcome: Outcome | undefined,
  isForeseen: boolean,
): string {
  if (verb === "drain") {
    return `backend ${name} ${isForeseen ? "would drain" : "drains"}, and is ${state}`;
  }
  const isUndrained = drain !== undefined && ["enable", "disable", "reset"].includes(verb);
  const more = isUndrained ? `, and ${isForeseen ? "would not drain" : "drains no"} more` : "";
  const now = outcome?.backends.find(({ backendName }) => backendName === name)?.stateTo;
  if (now === undefined) return `backend ${name} stays ${state}${more}`;
  const until = now === "unknown" ? " until it is probed" : "";
  return `backend ${name} ${isForeseen ? "would be" : "is"} ${now}${until}${more}`;
}

/** The same at a maglevd that does not tell what comes of it. */
async function eachInTurn(
  { client, signal }: CommandContext,
  verb: Verb,
  names: readonly string[],
): Promise<string> {
  const lines: string[] = [];
  const failures: string[] = [];
  for (const name of names) {
    try {
      const { state } = verb === "reset" || verb === "drain"
        ? await notOlder(verb)
        : await client[`${verb}Backend` as const]({ name }, { signal });
      lines.push(`backend ${name} is ${state}`);
    } catch (error) {
      if (names.length === 1) throw error;
      failures.push(`backend ${name}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new CommandFailure([...lines, ...failures].join("\n"));
  return lines.join("\n");
}

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
  const frontend = slotValue(context, "frontend");
  const pool = slotValue(context, "pool");
  const backend = slotValue(context, "backend");
  const what = `the weight of backend ${backend} in pool ${pool} of ${frontend}`;
  return reset(context, { action: "reset", frontend, pool, backends: [backend] }, what);
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
