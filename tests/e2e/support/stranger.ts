/**
 * Asks everything of a maglevd and of a web view that follows it, from where this is run:
 * `stranger.ts HOST:PORT HOST:PORT`. Prints what became of each call as JSON.
 *
 * @module
 */

import { Http2SessionManager } from "@connectrpc/connect-node";
import { apiServices } from "../../../lib/api/server.ts";
import { codeOf, makers } from "../../rpc/support/asking.ts";

const [api = "", web = ""] = Deno.args;
const baseUrl = `http://${api}`;
const session = new Http2SessionManager(baseUrl);
const calls: [way: string, method: string, code: number][] = [];
for (const [way, make] of Object.entries(makers)) {
  const transport = make(baseUrl, session);
  for (const method of apiServices(true).flatMap((service) => service.methods)) {
    // Connect's own client carries no call of many requests over gRPC-Web.
    if (way !== "gRPC" && method.methodKind === "bidi_streaming") continue;
    calls.push([way, `${method.parent.typeName}/${method.name}`, await codeOf(transport, method)]);
  }
}
session.abort();

/** What the view answers to a request. */
async function status(path: string, method = "GET"): Promise<number> {
  const answer = await fetch(`http://${web}${path}`, {
    method,
    headers: { "content-type": "application/json", origin: `http://${web}` },
    ...method === "POST" && { body: "{}" },
  });
  await answer.body?.cancel();
  return answer.status;
}

const view = {
  state: await status("/view/api/state"),
  operate: await status("/admin/api/operate", "POST"),
  sync: await status("/admin/api/sync", "POST"),
  reload: await status("/admin/api/reload", "POST"),
  user: await status("/admin/api/user"),
};
console.log(JSON.stringify({ calls, view }));
Deno.exit(0);
