import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { callTimeoutMs } from "../cli/mod.ts";
import { OperateRequestSchema } from "../gen/maglev_pb.ts";
import type { H2Request, H2Response } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import { onBehalfField } from "../rpc/mod.ts";
import { json, sentence } from "./answers.ts";
import { refusePage } from "./guard.ts";
import type { Maglevd } from "./maglevd.ts";
import { toWire } from "./to_wire.ts";

/** What steering needs. */
export interface ActionOptions {
  readonly maglevds: ReadonlyMap<string, Maglevd>;
  readonly log: Logger;
}

/** An operation on a thousand backends with long names is less than that, in octets. */
const longestRequest = 256 * 1024;

/**
 * Answers below `/admin/api/`: POST of JSON. `operate` takes an OperateRequest, `sync` and `reload`
 * theirs; each with `dryRun` changes nothing and answers with what would come of it.
 */
export function actionRoutes(
  { maglevds, log }: ActionOptions,
): (request: H2Request, url: URL, user: string) => Promise<H2Response> {
  return async (request, url, user) => {
    if (url.pathname === "/admin/api/user" && request.method === "GET") return json({ user });
    if (request.method !== "POST") return sentence(405, "only POST is taken", ["allow", "POST"]);
    const refused = refusePage(request);
    if (refused) return refused;
    const name = url.pathname.slice("/admin/api/".length);
    const action = actions[name];
    if (!action) return sentence(404, "there is no such action");
    const maglevd = maglevds.get(url.searchParams.get("server") ?? "");
    if (!maglevd) return sentence(404, "there is no such maglevd");
    const body = await bodyOf(request);
    if (body === undefined) return sentence(400, "that is no JSON object, or too long");
    const isDry = body["dryRun"] === true;
    const wrong = name === "operate" ? wrongOperation(body) : undefined;
    if (wrong !== undefined) return json({ error: wrong }, 400);
    const what = { user, peer: request.peer, server: maglevd.name, action: name };
    try {
      const options = { timeoutMs, headers: { [onBehalfField]: encodeURIComponent(user) } };
      const result = await action(maglevd, body, options);
      if (!isDry) log.info("action", { ...what, request: JSON.stringify(body).slice(0, 500) });
      return json(result);
    } catch (error) {
      const err = maglevd.describe(error);
      if (!isDry) log.warn("action-refused", { ...what, err });
      return json({ error: err }, 409);
    }
  };
}

type Body = { readonly [key: string]: JsonValue };
/** How a call is made: for how long, and for whom. */
type Options = { readonly timeoutMs: number; readonly headers: Record<string, string> };
type Action = (maglevd: Maglevd, body: Body, options: Options) => Promise<unknown>;

const timeoutMs = callTimeoutMs;

const actions: Readonly<Record<string, Action>> = {
  async operate({ client }, body, options) {
    return toWire(await client.operate(fromJson(OperateRequestSchema, body), options));
  },
  async sync({ client }, body, options) {
    const frontendName = typeof body["frontend"] === "string" ? body["frontend"] : undefined;
    const frontend = frontendName === undefined ? {} : { frontendName };
    if (body["dryRun"] === true) {
      return toWire(await client.planVPPLBState(frontend, options));
    }
    return toWire(await client.syncVPPLBState(frontend, options));
  },
  async reload({ client }, body, options) {
    // An older maglevd does not know the dry run of a reload, and would do it.
    if (body["dryRun"] === true) {
      return toWire(await client.checkConfig({ diff: true }, options));
    }
    return toWire(await client.reloadConfig({ force: body["force"] === true }, options));
  },
};

/** What is wrong with a request: unknown fields are mistakes, not something to be passed over. */
function wrongOperation(body: Body): string | undefined {
  try {
    fromJson(OperateRequestSchema, body);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function bodyOf(request: H2Request): Promise<Body | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body) {
    length += part.length;
    if (length > longestRequest) return undefined;
    parts.push(part);
  }
  try {
    const value: unknown = JSON.parse(await new Blob(parts as BlobPart[]).text());
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Body
      : undefined;
  } catch {
    return undefined;
  }
}
