import type { Endpoint } from "./endpoint.ts";
import { CommandFailure, exitCodes, messageOf } from "./errors.ts";

/** The permission bits of whoever is neither owner nor of the group. */
const others = 0o007;

/** The token in a file. Throws CommandFailure, which never repeats what it holds. */
export async function readToken(path: string): Promise<string> {
  const fault = (reason: string) =>
    new CommandFailure(`--token-file ${path}: ${reason}`, exitCodes.usage);
  let text: string;
  let mode: number | null;
  try {
    [text, { mode }] = await Promise.all([Deno.readTextFile(path), Deno.stat(path)]);
  } catch (error) {
    throw fault(`cannot be read: ${messageOf(error)}`);
  }
  if (((mode ?? 0) & others) !== 0) throw fault("everybody can read it: chmod 600 and a new token");
  const token = text.trim();
  if (!/^[!-~]+$/.test(token)) throw fault("holds no token, or more than one");
  return token;
}

/** Throws CommandFailure where others on the way could read a token. */
export function checkTokenWay(endpoint: Endpoint, isSecured = false): void {
  if (isSecured || endpoint.kind === "unix" || isLoopback(endpoint.hostname)) return;
  throw new CommandFailure(
    `the token is not sent to ${endpoint.hostname} in the clear: others could read it on the ` +
      "way; --tls secures it",
    exitCodes.usage,
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}
