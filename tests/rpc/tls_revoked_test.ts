import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import { accessByRules, type AuthRules } from "../../lib/access/mod.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { TlsFiles } from "../../lib/tls/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { certFile, keyFile, serverPaths, textOf } from "../support/certificates.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { serve } from "../api/support/harness.ts";

/** Both have the same subject, by two authorities; alice has a name besides. */
const rules = (given: string) =>
  rulesOf(`auth: { certificates: [{ subject: "CN=alice,O=Example", ${given} }] }`);

/** A client with one connection, and a stream of events on it after its first message. */
async function watching(port: number, as: "alice" | "mallory") {
  const client = Deno.createHttpClient({
    caCerts: [textOf(certFile("authority"))],
    cert: textOf(certFile(as)),
    key: textOf(keyFile(as)),
    ...{ http1: false, http2: true, poolMaxIdlePerHost: 1 },
  });
  const transport = createConnectTransport({
    baseUrl: `https://localhost:${port}`,
    fetch: (input, init) => fetch(input, { ...init, client }),
  });
  const api = createClient(Maglev, transport);
  const abort = new AbortController();
  const events = api.watchEvents({}, { signal: abort.signal })[Symbol.asyncIterator]();
  const first = await events.next();
  assert.equal(first.done, false);
  return {
    api,
    /** Whether it is told that a backend is disabled before the stream ends. */
    async hearsDisabled(): Promise<boolean> {
      for (;;) {
        const { done, value } = await events.next();
        if (done) return false;
        const { event } = value;
        if (event.case === "backend" && event.value.transition?.to === "disabled") return true;
      }
    },
    /** Rejects with what ends the stream; hangs while nothing does. */
    async ends(): Promise<void> {
      while (!(await events.next()).done);
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await events.next().catch(() => {});
      client.close();
    },
  };
}

/** An API that trusts both authorities at first, and what replaces them. */
async function served(access: () => AuthRules) {
  await using parts = new AsyncDisposableStack();
  const clientCa = await Deno.makeTempFile({ prefix: "maglev-ca-" });
  parts.defer(() => Deno.remove(clientCa));
  const trust = (...names: readonly ("authority" | "other-authority")[]) =>
    Deno.writeTextFile(clientCa, names.map((name) => textOf(certFile(name))).join(""));
  await trust("authority", "other-authority");
  const paths = { ...serverPaths, clientCa };
  const files = parts.use(await TlsFiles.open({ paths, clock: systemClock, log: new FakeLog() }));
  const harness = parts.use(await serve({ tls: files, access: accessByRules(access) }));
  files.follow(() => harness.server.reviewStreams());
  const all = parts.move();
  return { files, harness, trust, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

// Of a stream that the server ends fetch may keep the body (2.9.6), without a descriptor.
const options = { sanitizeResources: false };

Deno.test(
  "an authority that is trusted no more ends its clients' streams alone",
  options,
  async () => {
    await using api = await served(() => rules("role: admin"));
    const { files, harness, trust } = api;
    await using alice = await watching(harness.server.port, "alice");
    await using mallory = await watching(harness.server.port, "mallory");
    await files.reload();
    await trust("authority");
    const ended = assert.rejects(mallory.ends(), {
      code: Code.Unauthenticated,
      rawMessage: /"CN=alice,O=Example", is by no authority of --tls-client-ca any more$/,
    });
    await files.reload();
    await ended;
    // On the connection that there is she has lost what she had as well.
    await assert.rejects(mallory.api.disableBackend({ name: "web0" }), {
      code: Code.Unauthenticated,
    });
    // The other one may go on, and hears of what happens.
    await alice.api.disableBackend({ name: "web0" });
    assert.equal(await alice.hearsDisabled(), true);
    assert.equal(harness.bed.checker.backend("web0")?.state, "disabled");
  },
);

Deno.test("a certificate whose role or entry is taken away ends its streams", options, async () => {
  let now = rules("role: admin");
  await using api = await served(() => now);
  const { harness } = api;
  await using alice = await watching(harness.server.port, "alice");
  now = rules("role: view");
  harness.server.reviewStreams();
  await assert.rejects(alice.api.disableBackend({ name: "web0" }), {
    code: Code.PermissionDenied,
  });
  now = rulesOf('auth: { certificates: [{ subject: "CN=bob", role: view }] }');
  const ended = assert.rejects(alice.ends(), { code: Code.Unauthenticated });
  harness.server.reviewStreams();
  await ended;
});
