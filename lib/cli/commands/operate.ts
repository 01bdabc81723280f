import type { BackendInfo, Outcome } from "../../gen/maglev_pb.ts";
import { carryOut, change, notOlder, type OperationInit } from "../change.ts";
import { CommandFailure, messageOf } from "../errors.ts";
import { parseSpan } from "../format.ts";
import { isGlob } from "../glob.ts";
import type { CommandContext, MaglevClient } from "../node.ts";
import { slotValue } from "../report.ts";
import { matchingBackends } from "./backends.ts";

/** `set backend NAME pause`. */
export const pauseBackend = operate({ verb: "pause", call: callOf("pause") });

/** `set backend NAME resume`. */
export const resumeBackend = operate({ verb: "resume", call: callOf("resume") });

/** `set backend NAME disable`. */
export const disableBackend = operate({ verb: "disable", call: callOf("disable") });

/** `set backend NAME enable`. */
export const enableBackend = operate({ verb: "enable", call: callOf("enable") });

/** `set backend NAME reset`. */
export const resetBackend = operate({ verb: "reset", call: () => notOlder("reset") });

/** `set backend NAME drain [for TIME]`. */
export const drainBackend = operate({
  verb: "drain",
  call: () => notOlder("drain"),
  more: ({ args }) => {
    const time = args.values.get("time");
    if (time === undefined) return {};
    const ms = parseSpan(time) ?? 0;
    if (ms === 0) throw new CommandFailure("the time has to be above 0");
    return { drainDeadlineNs: BigInt(ms) * 1_000_000n };
  },
});

interface Verb {
  readonly verb: string;
  /** The same at a maglevd that does not tell what comes of it. */
  readonly call: (client: MaglevClient, name: string, signal: AbortSignal) => Promise<BackendInfo>;
  /** What the operation has besides. */
  readonly more?: (context: CommandContext) => OperationInit;
}

function callOf(verb: "pause" | "resume" | "disable" | "enable"): Verb["call"] {
  return (client, name, signal) => client[`${verb}Backend` as const]({ name }, { signal });
}

/** Does it to the backend named, or to all that match, and says what came of it. */
function operate({ verb, call, more }: Verb) {
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
      older: () => eachInTurn(context, call, names),
    });
  });
}

/** `unknown` needs a word more, and so does a drain that comes or goes. */
function stateLine(
  verb: string,
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

async function eachInTurn(
  { client, signal }: CommandContext,
  call: Verb["call"],
  names: readonly string[],
): Promise<string> {
  const lines: string[] = [];
  const failures: string[] = [];
  for (const name of names) {
    try {
      const { state } = await call(client, name, signal);
      lines.push(`backend ${name} is ${state}`);
    } catch (error) {
      if (names.length === 1) throw error;
      failures.push(`backend ${name}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new CommandFailure([...lines, ...failures].join("\n"));
  return lines.join("\n");
}
