/** The maglevd of fixed answers on a real port, in a process of its own: prints its port. */

import { createConnectRouter } from "@connectrpc/connect";
import {
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import { routes } from "./fixture.ts";

const router = createConnectRouter();
routes(router);
const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.args[0] ?? 0),
  onListen: ({ port }) => console.log(port),
}, async (request) => {
  const handler = handlers.get(new URL(request.url).pathname);
  if (!handler) return new Response(undefined, { status: 404 });
  const answer = await handler(universalServerRequestFromFetch(request, { httpVersion: "1.1" }));
  return universalServerResponseToFetch(answer);
});
