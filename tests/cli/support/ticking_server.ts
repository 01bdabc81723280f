/** A maglevd that tells one event and then gives signs of life, ten a second: a process of its own. */

import { createConnectRouter } from "@connectrpc/connect";
import {
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";

const place = { streamId: "run", seq: 1n };
const router = createConnectRouter();
router.service(Maglev, {
  async *watchEvents({ since }, { signal }) {
    yield { event: { case: "opening", value: { ...place, resumed: since !== undefined } } };
    yield { event: { case: "pool", value: { frontendName: "www" } }, seq: 1n };
    while (!signal.aborted) {
      yield { event: { case: "heartbeat", value: place } };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
});
const [handler] = router.handlers.filter(({ method }) => method.name === "WatchEvents");

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(port),
}, async (request) => {
  const answer = await handler?.(universalServerRequestFromFetch(request, { httpVersion: "1.1" }));
  return answer ? universalServerResponseToFetch(answer) : new Response(null, { status: 404 });
});
