import { type Connection, connectTo, readToken, type Server } from "../cli/mod.ts";

/** What a maglevd is shown, as files have it at a moment. Others take another connection. */
export interface Papers {
  readonly token: string | undefined;
}

/** Reads them. Throws CommandFailure, which repeats no secret. */
export async function papersFor({ tokenFile }: Server): Promise<Papers> {
  return { token: tokenFile === undefined ? undefined : await readToken(tokenFile) };
}

/** Whether there are files that may change. */
export function mayChange({ tokenFile }: Server): boolean {
  return tokenFile !== undefined;
}

/** Whether nobody could tell one from the other. */
export function isSame(one: Papers, other: Papers): boolean {
  return one.token === other.token;
}

/** A connection that shows them. Throws CommandFailure where others on the way could read them. */
export function connectWith({ address }: Server, { token }: Papers): Connection {
  return connectTo(address, token);
}
