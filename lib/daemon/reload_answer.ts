/**
 * How `systemctl reload` learns what became of the reload. A signal has no answer, and the API may
 * listen elsewhere or nowhere near; so `maglevd --reload` opens a socket in the unit's runtime
 * directory, sends SIGHUP, and waits for the daemon to connect and to tell.
 *
 * @module
 */

import { type Environment, UsageError } from "../flags/mod.ts";
import { NetError, signalProcess } from "../net/mod.ts";
import type { ConfigReloadOutcome } from "../api/mod.ts";
import type { Reloaded } from "./daemon.ts";
import { type Clock, every } from "../time/mod.ts";
import { exitCodes } from "./flags.ts";

/** What became of a reload: what to exit with, and why it was not done; empty when it was. */
export interface ReloadAnswer {
  readonly code: number;
  readonly message: string;
}

const hangup = 1;
/** How often it is looked whether there is still somebody to answer. */
const lookMs = 200;

/** What is answered to a reload that ended so: it has failed if one of the files is not in force. */
export function answerTo({ config, authRejected, tlsRejected }: Reloaded): ReloadAnswer {
  const { code, message } = answerAbout(config);
  const kept = [
    ...authRejected === "" ? [] : [`who may do what stays as it was: ${authRejected}`],
    ...tlsRejected === "" ? [] : [`certificates stay as they were: ${tlsRejected}`],
  ];
  if (kept.length === 0) return { code, message };
  const lines = [message === "" ? "the configuration is in force, and not all else" : message];
  return { code: code || exitCodes.startFailed, message: [...lines, ...kept].join("\n") };
}

function answerAbout(outcome: ConfigReloadOutcome): ReloadAnswer {
  switch (outcome.kind) {
    case "ok":
      return { code: exitCodes.done, message: "" };
    case "parse-error":
      return { code: exitCodes.parse, message: outcome.message };
    case "semantic-error":
      return { code: exitCodes.semantic, message: outcome.message };
    case "refused":
    case "reload-error":
      return { code: exitCodes.startFailed, message: outcome.message };
  }
}

/**
 * The daemon's side: who waits for the outcome of the reload that is about to begin, undefined when
 * nobody does, as after a SIGHUP sent by hand. To be called before it begins: an earlier one is not
 * what is waited for.
 */
export async function reloadAsker(
  environment: Environment,
): Promise<Disposable & { tell(answer: ReloadAnswer): Promise<void> } | undefined> {
  const path = socketPath(environment);
  if (path === undefined) return undefined;
  const connection = await Deno.connect({ transport: "unix", path }).catch((error) => {
    // Nobody waits, or who did was killed and left its socket behind.
    const { NotFound, ConnectionRefused } = Deno.errors;
    if (error instanceof NotFound || error instanceof ConnectionRefused) return undefined;
    throw error;
  });
  if (!connection) return undefined;
  return {
    async tell(answer) {
      const octets = new TextEncoder().encode(JSON.stringify(answer));
      for (let at = 0; at < octets.length;) at += await connection.write(octets.subarray(at));
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

/**
 * The other side: has the unit's maglevd load its configuration again, and waits for what becomes of
 * it. Throws {@link UsageError} outside of a unit.
 */
export async function askForReload(environment: Environment, clock: Clock): Promise<ReloadAnswer> {
  const path = socketPath(environment);
  const pid = Number(environment.get("MAINPID"));
  if (path === undefined || !Number.isInteger(pid) || pid <= 1) {
    throw new UsageError(
      "--reload is for ExecReload= of a unit, which sets MAINPID and RUNTIME_DIRECTORY; " +
        "elsewhere: maglevc config reload",
    );
  }
  // Closing it removes it; being killed does not.
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  using listener = Deno.listen({ transport: "unix", path });
  try {
    signalProcess(pid, hangup);
    return await nextAnswer(listener, pid, clock);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return { code: exitCodes.startFailed, message: `cannot reload: ${error.message}` };
  }
}

async function nextAnswer(
  listener: Deno.UnixListener,
  pid: number,
  clock: Clock,
): Promise<ReloadAnswer> {
  const { promise: gone, resolve } = Promise.withResolvers<undefined>();
  const timer = every(clock, lookMs, () => {
    if (!isThere(pid)) resolve(undefined);
  });
  const accepted = listener.accept();
  const connection = await Promise.race([accepted, gone]);
  timer.cancel();
  if (!connection) {
    listener.close();
    await accepted.then((late) => late.close(), ignoreClosed);
  }
  const text = connection ? await new Response(connection.readable).text() : "";
  if (text !== "") return JSON.parse(text);
  const message = "maglevd ended before it had loaded the configuration";
  return { code: exitCodes.startFailed, message };
}

function ignoreClosed(error: unknown): void {
  if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) {
    throw error;
  }
}

function isThere(pid: number): boolean {
  try {
    signalProcess(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof NetError) return false;
    throw error;
  }
}

/** In the first of the unit's runtime directories; undefined when it has none. */
function socketPath(environment: Environment): string | undefined {
  const [folder = ""] = (environment.get("RUNTIME_DIRECTORY") ?? "").split(":");
  return folder === "" ? undefined : `${folder}/reload.sock`;
}
