import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { covers, type Role, roleOfMethod } from "../access/mod.ts";
import { workTimeoutMs } from "../cli/mod.ts";
import { OperateRequestSchema } from "../gen/maglev_pb.ts";
import type { H2Request, H2Response } from "../h2/mod.ts";
import { type Logger, reasonOf } from "../log/mod.ts";
import { onBehalfField } from "../port/mod.ts";
import { json, sentence } from "./answers.ts";
import { refusedNow } from "./gate.ts";
import { refusePage } from "./guard.ts";
import type { Maglevd } from "./maglevd.ts";
import type { WebMetrics } from "./metrics.ts";
import { toWire } from "./to_wire.ts";
import type { Visitor } from "./visitors.ts";

/** What steering needs. */
export interface ActionOptions {
  readonly maglevds: ReadonlyMap<string, Maglevd>;
  readonly log: Logger;
  readonly metrics: Pick<WebMetrics, "acted">;
}

/** An operation on a thousand backends with long names is less than that, in octets. */
const longestRequest = 256 * 1024;

/**
 * Answers a POST of JSON below `/admin/api/`. `operate` takes an OperateRequest, `sync` and `reload`
 * theirs; each with `dryRun` changes nothing and answers with what would come of it. Each takes the
 * role here that its call takes at maglevd, whatever maglevd gives the frontend.
 */
export function actionRoutes(
  { maglevds, log, metrics }: ActionOptions,
): (request: H2Request, url: URL, visitor: Visitor) => Promise<H2Response> {
  return async (request, url, visitor) => {
    if (request.method !== "POST") return sentence(405, "only POST is taken", ["allow", "POST"]);
    const refused = refusePage(request);
    if (refused) return refused;
    const name = url.pathname.slice("/admin/api/".length);
    const action = actions.get(name);
    if (!action) return sentence(404, "there is no such action");
    const { name: user, peer } = visitor;
    const server = url.searchParams.get("server") ?? "";
    const what = { user, peer, server: server.slice(0, 100), action: name };
    const deny = (needed: Role) => {
      const err = refusedNow(visitor, needed);
      if (err === undefined) return undefined;
      metrics.acted(name, "denied");
      log.warn("action-refused", { ...what, role: visitor.now().role, err });
      return json({ error: err }, 403);
    };
    // Before anything of it is read: nothing here is for those who only look.
    const denied = deny(least);
    if (denied) return denied;
    const maglevd = maglevds.get(server);
    if (!maglevd) return sentence(404, "there is no such maglevd");
    const body = await bodyOf(request);
    if (body === undefined) return sentence(400, "that is no JSON object, or too long");
    const isDry = body["dryRun"] === true;
    const wrong = name === "operate" ? wrongOperation(body) : undefined;
    if (wrong !== undefined) return json({ error: wrong }, 400);
    // What it may may be another thing since: a body can take its time.
    const deniedNow = deny(neededFor(action, isDry));
    if (deniedNow) return deniedNow;
    try {
      const options = { timeoutMs, headers: { [onBehalfField]: encodeURIComponent(user) } };
      const result = await action.carryOut(maglevd, body, options);
      if (!isDry) {
        metrics.acted(name, "done");
        log.info("action", { ...what, request: JSON.stringify(body).slice(0, 500) });
      }
      return json(result);
    } catch (error) {
      const err = maglevd.describe(error);
      if (!isDry) {
        metrics.acted(name, "failed");
        log.warn("action-refused", { ...what, err });
      }
      return json({ error: err }, 409);
    }
  };
}

type Body = { readonly [key: string]: JsonValue };
/** How a call is made: for how long, and for whom. */
type Options = { readonly timeoutMs: number; readonly headers: Record<string, string> };

/** Something that can be done. */
interface Action {
  /** The method of the API that does it, or foresees it. */
  readonly method: (isDry: boolean) => string;
  readonly carryOut: (maglevd: Maglevd, body: Body, options: Options) => Promise<unknown>;
}

const timeoutMs = workTimeoutMs;

/** What every action takes, and the foreseeing of it. */
const least: Role = "operate";

function neededFor({ method }: Action, isDry: boolean): Role {
  const needed = roleOfMethod(`maglev.Maglev/${method(isDry)}`);
  return covers(least, needed) ? least : needed;
}

const actions: ReadonlyMap<string, Action> = new Map(Object.entries(
  {
    operate: {
      method: () => "Operate",
      async carryOut({ client }, body, options) {
        return toWire(await client.operate(fromJson(OperateRequestSchema, body), options));
      },
    },
    sync: {
      method: () => "SyncVPPLBState",
      async carryOut({ client }, body, options) {
        const frontendName = typeof body["frontend"] === "string" ? body["frontend"] : undefined;
        const frontend = frontendName === undefined ? {} : { frontendName };
        if (body["dryRun"] === true) {
          return toWire(await client.planVPPLBState(frontend, options));
        }
        return toWire(await client.syncVPPLBState(frontend, options));
      },
    },
    reload: {
      method: (isDry) => isDry ? "CheckConfig" : "ReloadConfig",
      async carryOut({ client }, body, options) {
        // An older maglevd does not know the dry run of a reload, and would do it.
        if (body["dryRun"] === true) {
          return toWire(await client.checkConfig({ diff: true }, options));
        }
        return toWire(await client.reloadConfig({ force: body["force"] === true }, options));
      },
    },
  } satisfies Readonly<Record<string, Action>>,
));

/** What is wrong with a request: unknown fields are mistakes, not something to be passed over. */
function wrongOperation(body: Body): string | undefined {
  try {
    fromJson(OperateRequestSchema, body);
    return undefined;
  } catch (error) {
    return reasonOf(error);
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
