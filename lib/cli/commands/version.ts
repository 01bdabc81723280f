import { unlessOlder } from "../asking.ts";
import { formatVersion, version } from "../../version/mod.ts";
import { describeError, type ExitCode, exitCodeOf, exitCodes } from "../errors.ts";
import type { CommandContext } from "../node.ts";
import { report } from "../report.ts";

/** What a maglevd says of itself, or why it does not. */
type Told =
  | {
    readonly kind: "told";
    readonly build: { readonly version: string; readonly commit: string; readonly date: string };
  }
  | { readonly kind: "older" }
  | { readonly kind: "failed"; readonly reason: string; readonly code: ExitCode };

/** `show version`: of this maglevc and of the maglevd that it asks. */
export const showVersion = report({
  fetch: async (context) => ({ told: await ask(context), server: context.server }),
  text: ({ told, server }) => `${formatVersion("maglevc")}\n${describe(told, server)}`,
  json: ({ told }) => ({
    maglevc: { ...version },
    maglevd: told.kind === "told" ? { ...told.build } : null,
  }),
  code: ({ told }) => told.kind === "failed" ? told.code : exitCodes.done,
});

/** The line with which a shell greets, of the server's side. */
export async function serverVersion(
  asked: Pick<CommandContext, "client" | "signal" | "server">,
): Promise<string> {
  return describe(await ask(asked), asked.server);
}

function describe(told: Told, server: string): string {
  switch (told.kind) {
    case "told": {
      const { version, commit, date } = told.build;
      return `maglevd ${version} (commit ${commit}, built ${date}) at ${server}`;
    }
    case "older":
      return `maglevd of an older version, which it does not tell, at ${server}`;
    case "failed":
      return told.reason;
  }
}

async function ask(asked: Pick<CommandContext, "client" | "signal" | "server">): Promise<Told> {
  try {
    const status = await unlessOlder(asked, (client, options) => client.getStatus({}, options));
    if (!status) return { kind: "older" };
    const { version, commit, buildDate } = status;
    return { kind: "told", build: { version, commit, date: buildDate || "unknown" } };
  } catch (error) {
    return { kind: "failed", reason: describeError(error, asked.server), code: exitCodeOf(error) };
  }
}
