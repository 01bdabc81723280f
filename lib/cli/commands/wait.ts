import { drainWord } from "../backend_text.ts";
import { CommandFailure, exitCodes } from "../errors.ts";
import { pause } from "../events.ts";
import { parseSpan } from "../format.ts";
import type { Command, CommandContext } from "../node.ts";
import { report, slotValue } from "../report.ts";
import { ofVpp, olderServer, unlessOlder } from "../asking.ts";

/** Between two looks, in milliseconds. */
const lookEveryMs = 250;

/** Waited for at most, unless the command says otherwise. */
const defaultTimeout = "60s";

/** What is seen at one look. */
interface Seen {
  readonly isThere: boolean;
  /** How it is, for people: `web1 is down`. */
  readonly text: string;
}

/** `wait backend B up|down [--timeout T]`. */
export function waitForBackend(state: string): Command {
  return waiting(async (context) => {
    const { client, signal } = context;
    const name = slotValue(context, "backend");
    const backend = await client.getBackend({ name }, { signal });
    return { isThere: backend.state === state, text: `backend ${name} is ${backend.state}` };
  });
}

/** `wait backend B drained [--timeout T]`. What is not being drained will never be drained. */
export const waitUntilDrained = waiting(async (context) => {
  const { client, signal } = context;
  const name = slotValue(context, "backend");
  const { drain } = await client.getBackend({ name }, { signal });
  if (!drain) throw new CommandFailure(`backend ${name} is not being drained`);
  return { isThere: drain.drainedUnixNs !== 0n, text: `backend ${name} is ${drainWord(drain)}` };
});

/** `wait frontend F up|down [--timeout T]`. */
export function waitForFrontend(state: string): Command {
  return waiting(async (context) => {
    const { client, signal } = context;
    const name = slotValue(context, "frontend");
    const frontend = await client.getFrontend({ name }, { signal });
    if (frontend.state === "") throw new CommandFailure(`${olderServer} the states of frontends`);
    return { isThere: frontend.state === state, text: `frontend ${name} is ${frontend.state}` };
  });
}

/** `wait vpp in-step [--timeout T]`. */
export const waitForVpp = waiting(async (context) => {
  const { inStep, stepSinceNs, pendingSinceNs } = await ofVpp(
    context,
    (client, options) => client.getVPPInfo({}, options),
  );
  if (stepSinceNs === 0n && !inStep) {
    if (await unlessOlder(context, (client, options) => client.getStatus({}, options))) {
      return { isThere: false, text: "VPP was not looked at yet" };
    }
    throw new CommandFailure(`${olderServer} whether VPP is in step`);
  }
  // Said of the time before: what was changed right before this command counts as well.
  if (pendingSinceNs !== 0n) return { isThere: false, text: "changes are on their way to VPP" };
  return { isThere: inStep, text: `VPP is ${inStep ? "" : "not "}in step` };
}, /VPP is not connected|not connected to VPP/);

/** Looks again and again; what `passing` matches may pass by itself, other errors do not. */
function waiting(look: (context: CommandContext) => Promise<Seen>, passing?: RegExp): Command {
  const fetch = async (context: CommandContext) => {
    const { timeout = defaultTimeout } = context;
    const end = context.now() + (parseSpan(timeout) ?? 0);
    for (;;) {
      const { isThere, text } = await look(context).catch((error: unknown): Seen => {
        if (!(error instanceof Error) || !passing?.test(error.message)) throw error;
        return { isThere: false, text: error.message };
      });
      if (isThere) return text;
      if (context.now() >= end) {
        throw new CommandFailure(`still not so after ${timeout}: ${text}`, exitCodes.differs);
      }
      await pause(lookEveryMs, context.signal);
      if (context.signal.aborted) throw new CommandFailure("cancelled");
    }
  };
  const command = report({ fetch, text: (result) => result, json: (result) => ({ result }) });
  return { ...command, waits: true };
}
