import {
  type CheckConfigResponse,
  type ConfigChange,
  ConfigChangeSchema,
  OutcomeSchema,
} from "../../gen/maglev_pb.ts";
import { change, type Changed, olderServer } from "../change.ts";
import { CommandFailure } from "../errors.ts";
import type { CommandContext } from "../node.ts";
import { formatConfigChanges, formatOutcomeText, isDangerous } from "../outcome_text.ts";
import { action, messageJson, report } from "../report.ts";

/** `config check`. */
export const checkConfig = action(async ({ client, signal }) => {
  const response = await client.checkConfig({}, { signal });
  if (!response.ok) throw new CommandFailure(response.parseError || response.semanticError);
  return "config ok";
});

/** `config diff`: what a reload would change, and what it would come to. */
export const diffConfig = report({
  fetch: async (context) => {
    const { changes, outcome } = await foresee(context);
    if (!outcome) throw new CommandFailure(`${olderServer} how its file differs`);
    return { changes, outcome };
  },
  text: ({ changes, outcome }, view) =>
    `${formatConfigChanges(changes, view.style)}\n${formatOutcomeText(outcome, view)}`,
  json: ({ changes, outcome }) => ({
    ...changesJson(changes),
    outcome: messageJson(OutcomeSchema, outcome),
  }),
});

/** `config reload`. */
export const reloadConfig = change(async (context): Promise<Changed> => {
  const { client, signal, dryRun, agree } = context;
  const { changes, outcome: foreseen } = await foresee(context);
  if (dryRun) {
    if (!foreseen) throw new CommandFailure(`${olderServer} what a reload would come to`);
    return { ...telling("", changes), outcome: foreseen, isShown: false, isDryRun: true };
  }
  const isShown = foreseen !== undefined && isDangerous(foreseen) && await agree({
    details: (paper) =>
      `${formatConfigChanges(changes, paper.style)}\n${formatOutcomeText(foreseen, paper)}`,
    question: "put this configuration into force?",
  });
  const response = await client.reloadConfig({}, { signal });
  if (!response.ok) {
    throw refused(response.parseError || response.semanticError || response.reloadError);
  }
  const { outcome } = response;
  const told = isShown || !outcome
    ? { text: () => "config reloaded" }
    : telling("config reloaded", response.changes);
  return { ...told, outcome, isShown, isDryRun: false };
});

async function foresee({ client, signal }: CommandContext): Promise<CheckConfigResponse> {
  const response = await client.checkConfig({ diff: true }, { signal });
  if (!response.ok) throw refused(response.parseError || response.semanticError);
  return response;
}

function refused(reason: string): CommandFailure {
  return new CommandFailure(`config not reloaded, nothing was changed:\n${reason}`);
}

function telling(
  sentence: string,
  changes: readonly ConfigChange[],
): Pick<Changed, "text" | "json"> {
  return {
    text: ({ style }) =>
      [sentence, formatConfigChanges(changes, style)].filter((part) => part !== "").join("\n"),
    json: { ...(sentence !== "" && { result: sentence }), ...changesJson(changes) },
  };
}

function changesJson(changes: readonly ConfigChange[]) {
  return { changes: changes.map((each) => messageJson(ConfigChangeSchema, each)) };
}
