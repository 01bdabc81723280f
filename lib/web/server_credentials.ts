import {
  type ClientTls,
  type Connection,
  connectTo,
  readClientTls,
  readToken,
  type Server,
} from "../cli/mod.ts";
import type { Clock } from "../time/mod.ts";
import { withSlicedLists } from "./sliced_lists.ts";

/** What a maglevd is shown, and known by, as files have it at a moment. Others take another connection. */
export interface ServerCredentials {
  readonly token: string | undefined;
  /** Undefined: in the clear. */
  readonly tls: ClientTls | undefined;
}

/** Reads them. Throws CommandFailure, which repeats no secret. */
export async function readServerCredentials(server: Server): Promise<ServerCredentials> {
  const { tokenFile } = server;
  return {
    token: tokenFile === undefined ? undefined : await readToken(tokenFile),
    tls: await readClientTls(server),
  };
}

/** Whether there are files that may change. */
export function mayChange({ tokenFile, ca, cert }: Server): boolean {
  return [tokenFile, ca, cert].some((path) => path !== undefined);
}

/** Whether nobody could tell one from the other. */
export function isSame(one: ServerCredentials, other: ServerCredentials): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A connection that shows them. Throws CommandFailure where others on the way could read them. */
export function connectWith(
  { address }: Server,
  { token, tls }: ServerCredentials,
  clock: Clock,
): Connection {
  return connectTo(address, token, tls, (transport) => withSlicedLists(transport, clock));
}
