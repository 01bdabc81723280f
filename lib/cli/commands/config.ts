import {
  type CheckConfigResponse,
  type ConfigChange,
  ConfigChangeSchema,
  type Outcome,
  OutcomeSchema,
} from "../../gen/maglev_pb.ts";
import { change, type Changed, olderServer } from "../change.ts";
import { CommandFailure } from "../errors.ts";
import type { CommandContext } from "../node.ts";
import { formatConfigChanges, formatOutcomeText, isDangerous } from "../outcome_text.ts";
import { action, messageJson, report } from "../report.ts";
import { plainStyle } from "../style.ts";

/** `config check`. */
export const checkConfig = action(async ({ client, signal }) => {
  const response = await client.checkConfig({}, { signal });
  if (!response.ok) throw new CommandFailure(response.parseError || response.semanticError);
  return "config ok";
});

/** `config diff`: what a reload would change, and what it would come to. */
export const diffConfig = report({
  fetch: async (context) => {
    const { changes, outcome, refusal } = await foresee(context);
    if (!outcome) throw new CommandFailure(`${olderServer} how its file differs`);
    return { changes, outcome, refusal };
  },
  text: ({ changes, outcome, refusal }, { style }) =>
    [
      formatConfigChanges(changes, style),
      formatOutcomeText(outcome, style),
      ...(refusal === "" ? [] : [style.paint("bad", `a reload is refused: ${refusal}`)]),
    ].join("\n"),
  json: ({ changes, outcome, refusal }) => ({
    ...changesJson(changes),
    outcome: messageJson(OutcomeSchema, outcome),
    ...(refusal !== "" && { refusal }),
  }),
});

/** `config reload`. */
export const reloadConfig = reload(false);

/** `config reload force`: however much it takes out of service. */
export const forceConfig = reload(true);

function reload(force: boolean) {
  return change((context) => reloaded(context, force));
}

async function reloaded(context: CommandContext, force: boolean): Promise<Changed> {
  const { client, signal, dryRun, agree } = context;
  const { changes, outcome: foreseen, refusal } = await foresee(context);
  const isRefused = refusal !== "" && !force;
  if (dryRun || isRefused) {
    if (!foreseen) throw new CommandFailure(`${olderServer} what a reload would come to`);
    if (isRefused) throw refused(refusalText(changes, foreseen, refusal));
    return { ...telling("", changes), outcome: foreseen, isShown: false, isDryRun: true };
  }
  const isShown = foreseen !== undefined && isDangerous(foreseen) && await agree({
    details: (style) =>
      `${formatConfigChanges(changes, style)}\n${formatOutcomeText(foreseen, style)}`,
    question: "put this configuration into force?",
  });
  const response = await client.reloadConfig({ force }, { signal });
  if (!response.ok) {
    throw refused(response.parseError || response.semanticError || response.reloadError);
  }
  const { outcome } = response;
  const told = isShown || !outcome
    ? { text: () => "config reloaded" }
    : telling("config reloaded", response.changes);
  return { ...told, outcome, isShown, isDryRun: false };
}

/** What differs, and how to have it all the same. */
function refusalText(
  changes: readonly ConfigChange[],
  foreseen: Outcome,
  refusal: string,
): string {
  const diff = formatConfigChanges(changes, plainStyle);
  const hint = "maglevc config reload force";
  return [diff, formatOutcomeText(foreseen, plainStyle), `${refusal} (${hint})`].join("\n");
}

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
