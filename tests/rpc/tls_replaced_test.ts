import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { TlsFiles } from "../../lib/tls/mod.ts";
import { certFile, keyFile, textOf } from "../support/certificates.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { serve } from "../api/support/harness.ts";

const ca = textOf(certFile("authority"));

/** A stream of events on a connection of its own, after its first message. */
async function watching(port: number) {
  const client = Deno.createHttpClient({ caCerts: [ca], http1: false, http2: true });
  const transport = createConnectTransport({
    baseUrl: `https://localhost:${port}`,
    fetch: (input, init) => fetch(input, { ...init, client }),
  });
  const abort = new AbortController();
  const events = createClient(Maglev, transport)
    .watchEvents({ frontend: false }, { signal: abort.signal })[Symbol.asyncIterator]();
  await events.next();
  return {
    /** Whether it sees that a backend is disabled. */
    async seesDisabled(): Promise<boolean> {
      for (;;) {
        const { done, value } = await events.next();
        if (done) return false;
        const { event } = value;
        if (event.case === "backend" && event.value.transition?.to === "disabled") return true;
      }
    },
    async leave(): Promise<void> {
      abort.abort();
      await events.next().catch(() => {});
      client.close();
    },
  };
}

/** The number of the certificate that new connections are shown. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: [ca] });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
  return serialNumber;
}

// Of fifty streams that are aborted fetch keeps the body of one or none (2.9.6), without a descriptor.
const options = { sanitizeResources: false };

Deno.test("certificates are replaced a hundred times under fifty streams", options, async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-tls-" });
  try {
    const paths = { cert: `${folder}/cert`, key: `${folder}/key`, clientCa: "" };
    const put = (name: "server" | "server-new") =>
      Promise.all([
        Deno.writeTextFile(paths.cert, textOf(certFile(name))),
        Deno.writeTextFile(paths.key, textOf(keyFile(name))),
      ]);
    await put("server");
    using files = await TlsFiles.open({ paths, clock: new FakeClock(), log: new FakeLog() });
    await using harness = await serve({ tls: files, addr: "127.0.0.1:0" });
    const { port } = harness.server;
    const streams = await Promise.all(Array.from({ length: 50 }, () => watching(port)));
    const seen = new Map<string, number>();
    for (let i = 0; i < 100; i++) {
      await put(i % 2 === 0 ? "server-new" : "server");
      await files.reload();
      const shown = await shownAt(port);
      seen.set(shown, (seen.get(shown) ?? 0) + 1);
    }
    assert.deepEqual([...seen.values()], [50, 50]);
    harness.bed.checker.operate([{ action: "disable", backend: "web0" }], { name: "me", from: "" });
    const sights = await Promise.all(streams.map((stream) => stream.seesDisabled()));
    assert.deepEqual(sights, sights.map(() => true));
    await Promise.all(streams.map((stream) => stream.leave()));
    assert.deepEqual(harness.log.named("grpc-handshake-failed"), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
