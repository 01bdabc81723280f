import type { ContextValues } from "@connectrpc/connect";
import { createContextKey, createContextValues } from "@connectrpc/connect";
import type { Access, Principal } from "../access/mod.ts";
import type { H2Request } from "../h2/mod.ts";
import { Client } from "./client.ts";
import { onBehalf, onBehalfField } from "./on_behalf.ts";
import { isLocalPeer } from "./prefix.ts";

/** Who sends a request. */
export type Identify = (request: Pick<H2Request, "peer" | "connection" | "headers">) => Principal;

/** Asks `access` about each request. */
export function identifyBy(access: Access): Identify {
  return ({ peer, connection, headers }) => {
    const credentials = connection instanceof Client ? connection.credentials : undefined;
    const valuesOf = (field: string) =>
      headers.filter(([name]) => name === field).map(([, value]) => value);
    const authorization = valuesOf("authorization");
    const caller = access({ peer, isLocal: isLocalPeer(peer), credentials, authorization });
    return onBehalf(caller, valuesOf(onBehalfField));
  };
}

const key = createContextKey<Principal | undefined>(undefined);

/** Values of a call that `principal` makes, on its way through Connect's handlers. */
export function calledBy(principal: Principal): ContextValues {
  return createContextValues().set(key, principal);
}

/** Who makes a call. Throws an Error when its adapter has not said so. */
export function principalOf(values: ContextValues): Principal {
  const principal = values.get(key);
  if (!principal) throw new Error("a call came without saying whose it is");
  return principal;
}
