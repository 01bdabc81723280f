import { Code } from "@connectrpc/connect";
import type { JsonObject } from "@bufbuild/protobuf";
import type { BackendInfo, FrontendInfo } from "../gen/maglev_pb.ts";
import type { CommandContext, MaglevClient } from "./node.ts";
import { messageJson } from "./report.ts";
import { workTimeoutMs } from "./client.ts";
import { CommandFailure, describeError, exitCodes, hasCode, ignoring } from "./errors.ts";
import { formatAway } from "./format.ts";

/** What it takes to ask. */
export interface Asking {
  readonly client: MaglevClient;
  readonly signal: AbortSignal;
}

/** All backends. A maglevd of before tells their names only, and is asked for one after the other. */
export async function allBackends(asking: Asking): Promise<BackendInfo[]> {
  const { client, signal } = asking;
  const { backendNames, backends } = await client.listBackends({ details: true }, { signal });
  if (backends.length === backendNames.length) return backends;
  const all = await eachInTurn(backendNames, (name) => client.getBackend({ name }, { signal }));
  return withUsers(all, await allFrontends(asking));
}

/** One backend. */
export async function oneBackend(asking: Asking, name: string): Promise<BackendInfo> {
  const backend = await asking.client.getBackend({ name }, { signal: asking.signal });
  if (!isUntold(backend)) return backend;
  const [known = backend] = withUsers([backend], await allFrontends(asking));
  return known;
}

/** All frontends, as {@link allBackends} finds backends. */
export async function allFrontends({ client, signal }: Asking): Promise<FrontendInfo[]> {
  const { frontendNames, frontends } = await client.listFrontends({ details: true }, { signal });
  if (frontends.length === frontendNames.length) return frontends;
  return await eachInTurn(frontendNames, (name) => client.getFrontend({ name }, { signal }));
}

/** Frontends with the states of their backends, which a maglevd of before tells only of backends. */
export async function withStates(
  { client, signal }: Asking,
  frontends: readonly FrontendInfo[],
): Promise<readonly FrontendInfo[]> {
  const older = frontends.filter(isUntold);
  const names = new Set(
    older.flatMap(({ pools }) => pools.flatMap(({ backends }) => backends.map(({ name }) => name))),
  );
  const backends = await eachInTurn([...names], (name) => client.getBackend({ name }, { signal }));
  const byName = new Map(backends.map((backend) => [backend.name, backend]));
  for (const { pools } of older) {
    for (const entry of pools.flatMap(({ backends }) => backends)) {
      const backend = byName.get(entry.name);
      entry.state = backend?.state ?? "";
      entry.sinceUnixNs = backend ? sinceOf(backend) : 0n;
    }
  }
  return frontends;
}

/** Whether a maglevd of before has told this, which leaves out what was added since. */
export function isUntold(info: BackendInfo | FrontendInfo): boolean {
  return info.$typeName === "maglev.BackendInfo" ? info.sinceUnixNs === 0n : info.state === "";
}

/** When the state of a backend began, in Unix nanoseconds; 0: that is not known. */
export function sinceOf({ sinceUnixNs, transitions }: BackendInfo): bigint {
  return sinceUnixNs || (transitions[0]?.atUnixNs ?? 0n);
}

/** Of a backend, what JSON would else make up. */
const laterFields = ["health", "sinceUnixNs", "timeoutNs", "certificateEndUnixNs"];

/** A backend as JSON, without what was not told. */
export function backendJson(backend: BackendInfo): JsonObject {
  const json = messageJson(backend);
  return isUntold(backend) ? without(json, laterFields) : json;
}

/** A frontend as JSON, without what was not told. */
export function frontendJson(frontend: FrontendInfo): JsonObject {
  const json = messageJson(frontend);
  return isUntold(frontend) ? without(json, ["state", "activePool", "flushOnDown"]) : json;
}

function without(json: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([key]) => !keys.includes(key)));
}

/** Who uses them follows from the frontends. */
function withUsers(backends: BackendInfo[], frontends: readonly FrontendInfo[]): BackendInfo[] {
  for (const backend of backends) {
    const users = frontends.filter(({ pools }) =>
      pools.some((pool) => pool.backends.some(({ name }) => name === backend.name))
    );
    backend.frontends = users.map(({ name }) => name);
  }
  return backends;
}

/** What a reload has taken out meanwhile is left out. */
async function eachInTurn<T>(
  names: readonly string[],
  get: (name: string) => Promise<T>,
): Promise<T[]> {
  const found: T[] = [];
  for (const name of names) {
    const one = await get(name).catch(ignoring(Code.NotFound));
    if (one !== undefined) found.push(one);
  }
  return found;
}

/** What is said of a maglevd that lacks a call. */
export const olderServer = "this maglevd is older than maglevc and does not tell";

/** A maglevd that is older cannot do that. */
export function notOlder(verb: string): Promise<never> {
  throw new CommandFailure(`this maglevd is older than maglevc and has no ${verb}`);
}

/** How a call is made for which maglevd has to work. */
export interface Work {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Gives a call the time that such work takes. */
export function work({ signal }: Pick<Asking, "signal">): Work {
  return { signal, timeoutMs: workTimeoutMs };
}

/** Has maglevd change something. Where no answer comes in time nobody knows whether it has. */
export async function changing<T>(
  { signal, server }: Pick<CommandContext, "signal" | "server">,
  call: (options: Work) => Promise<T>,
): Promise<T> {
  try {
    return await call(work({ signal }));
  } catch (error) {
    if (!hasCode(error, Code.DeadlineExceeded)) throw error;
    const message = `${describeError(error, server)}; it may do what it was asked for all the same`;
    throw new CommandFailure(message, exitCodes.unreachable);
  }
}

/** A call, made with what it takes to ask. */
type Call<T> = (client: MaglevClient, options: { readonly signal: AbortSignal }) => Promise<T>;

/** What `call` finds; undefined if it is one that this maglevd does not know. */
export async function unlessOlder<T>(
  { client, signal }: Asking,
  call: Call<T>,
): Promise<T | undefined> {
  try {
    return await call(client, { signal });
  } catch (error) {
    if (!hasCode(error, Code.Unimplemented)) throw error;
    // A maglevd that is older answers this; whatever else listens there does not.
    await client.listHealthChecks({}, { signal });
    return undefined;
  }
}

/** What `call` finds of VPP. While VPP is away it throws a CommandFailure that says all about that. */
export async function ofVpp<T>(
  context: Asking & Pick<CommandContext, "now">,
  call: Call<T>,
): Promise<T> {
  const { client, signal, now } = context;
  try {
    return await call(client, { signal });
  } catch (error) {
    if (!hasCode(error, Code.Unavailable)) throw error;
    const status = await unlessOlder(context, () => client.getStatus({}, { signal }))
      // What was asked first is what the operator is told of.
      .catch(() => undefined);
    if (!status?.vppAway) throw error;
    throw new CommandFailure(`VPP is ${formatAway(status.vppAway, now())}`);
  }
}
