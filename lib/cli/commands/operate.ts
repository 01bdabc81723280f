import type { BackendInfo, FrontendInfo } from "../../gen/maglev_pb.ts";
import { CommandFailure, messageOf } from "../errors.ts";
import { isGlob, matchesGlob } from "../glob.ts";
import type { CommandContext, MaglevClient } from "../node.ts";
import { action, slotValue } from "../report.ts";

/** `set backend NAME pause`. */
export const pauseBackend = operate({
  verb: "pause",
  takesOut: true,
  call: (client, name, signal) => client.pauseBackend({ name }, { signal }),
});

/** `set backend NAME resume`. */
export const resumeBackend = operate({
  verb: "resume",
  takesOut: false,
  call: (client, name, signal) => client.resumeBackend({ name }, { signal }),
});

/** `set backend NAME disable`. */
export const disableBackend = operate({
  verb: "disable",
  takesOut: true,
  call: (client, name, signal) => client.disableBackend({ name }, { signal }),
});

/** `set backend NAME enable`. */
export const enableBackend = operate({
  verb: "enable",
  takesOut: false,
  call: (client, name, signal) => client.enableBackend({ name }, { signal }),
});

interface Operation {
  readonly verb: string;
  /** Whether the backend gets no new flows afterwards. */
  readonly takesOut: boolean;
  readonly call: (client: MaglevClient, name: string, signal: AbortSignal) => Promise<BackendInfo>;
}

/** Does it to the backend named, or after a question to all that match, and says what came of it. */
function operate(operation: Operation) {
  return action(async (context) => {
    const backends = await namedBackends(context, slotValue(context, "backend"));
    await cautionFirst(context, operation, backends);
    const lines: string[] = [];
    const failures: string[] = [];
    for (const { name } of backends) {
      try {
        const { state } = await operation.call(context.client, name, context.signal);
        const until = state === "unknown" ? " until it is probed" : "";
        lines.push(`backend ${name} is ${state}${until}`);
      } catch (error) {
        if (backends.length === 1) throw error;
        failures.push(`backend ${name}: ${messageOf(error)}`);
      }
    }
    if (failures.length > 0) throw new CommandFailure([...lines, ...failures].join("\n"));
    return lines.join("\n");
  });
}

async function namedBackends(context: CommandContext, word: string): Promise<BackendInfo[]> {
  const { client, signal } = context;
  if (!isGlob(word)) return [await client.getBackend({ name: word }, { signal })];
  const { backends } = await client.listBackends({ details: true }, { signal });
  const matching = backends.filter((backend) => matchesGlob(word, backend.name));
  if (matching.length === 0) throw new CommandFailure(`no backend matches ${word}`);
  return matching;
}

async function cautionFirst(
  context: CommandContext,
  { verb, takesOut }: Operation,
  backends: readonly BackendInfo[],
): Promise<void> {
  const several = backends.length > 1;
  const emptied = takesOut ? await emptiedFrontends(context, backends) : [];
  if (!several && emptied.length === 0) return;
  await context.caution({
    details: [
      ...(several ? backends.map(({ name, state }) => `backend ${name} (${state})`) : []),
      ...emptied.map((name) => `frontend ${name} will have no backend up`),
    ],
    question: several
      ? `${verb} these ${backends.length} backends?`
      : `${verb} ${backends[0]?.name} all the same?`,
    mustAgree: several,
  });
}

/** Frontends that lose their last up backend when all of `backends` are taken out. */
async function emptiedFrontends(
  { client, signal }: CommandContext,
  backends: readonly BackendInfo[],
): Promise<string[]> {
  const leaving = new Set(backends.map((backend) => backend.name));
  const names = [...new Set(backends.flatMap((backend) => backend.frontends))].sort();
  const emptied: string[] = [];
  for (const name of names) {
    const frontend = await client.getFrontend({ name }, { signal });
    const up = upBackends(frontend);
    if (up.length > 0 && up.every((backend) => leaving.has(backend))) emptied.push(name);
  }
  return emptied;
}

function upBackends(frontend: FrontendInfo): string[] {
  return frontend.pools.flatMap((pool) =>
    pool.backends.flatMap((backend) => backend.state === "up" ? [backend.name] : [])
  );
}
