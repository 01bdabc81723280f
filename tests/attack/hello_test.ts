import { equal } from "node:assert/strict";
import { clientHello } from "../../tools/attack/hello.ts";
import { certificateOf } from "../../tools/attack/site/certificates.ts";
import { dial } from "../../tools/attack/socket.ts";
import { Random } from "../h2/fuzz/random.ts";
import { serve } from "../api/support/harness.ts";
import { serverIdentity } from "../support/certificates.ts";
import { sampleArena } from "./support/sample.ts";

Deno.test("a hello is answered with a server's, and hands are shaken with a certificate", async () => {
  await using harness = await serve({ tls: { identity: await serverIdentity(true) } });
  const { port } = harness.server;
  const { arena, counts } = sampleArena({ host: "127.0.0.1", host6: "", api: port, metrics: 0 }, 1);
  const { promise: answer, resolve: hear } = Promise.withResolvers<Uint8Array>();
  const raw = await dial(arena, { hear });
  await raw?.send(clientHello(new Random(1)));
  // A record of the handshake, and in it a ServerHello (RFC 8446 sections 5.1 and 4).
  const [record, , , , , message] = await answer;
  equal([record, message].join(), "22,2");
  raw?.close();
  for (const name of ["operator", "stranger", "nobody"] as const) {
    const { promise: heard, resolve } = Promise.withResolvers<unknown>();
    const secured = await dial(arena, { certificate: certificateOf(name), hear: resolve });
    // Settings come first in HTTP/2.
    await heard;
    secured?.close();
  }
  equal(counts.get("connections"), 4);
  await harness.server.shutdown();
  equal((await dial(arena, { certificate: certificateOf("nobody") })) === undefined, true);
});
