import { createConnectRouter, type HandlerContext } from "@connectrpc/connect";
import {
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import { Maglev, type WatchRequest } from "../../../lib/gen/maglev_pb.ts";
import { olderService } from "../../cli/support/older.ts";

/** A maglevd of before, on a port of its own; streams stay open. */
export function serveOlder(): AsyncDisposable & { readonly address: string } {
  const router = createConnectRouter();
  const { watchEvents } = olderService;
  router.service(Maglev, {
    ...olderService,
    async *watchEvents(request: WatchRequest, context: HandlerContext) {
      if (watchEvents) yield* watchEvents(request, context);
      const { signal } = context;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });
  const handlers = new Map(router.handlers.map((each) => [each.requestPath, each]));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (req) => {
    const handler = handlers.get(new URL(req.url).pathname);
    if (!handler) return new Response("there is no such call", { status: 404 });
    return universalServerResponseToFetch(await handler(universalServerRequestFromFetch(req, {})));
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
