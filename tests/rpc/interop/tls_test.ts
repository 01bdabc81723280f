import assert from "node:assert/strict";
import { accessByRules } from "../../../lib/access/mod.ts";
import { loadIdentity } from "../../../lib/tls/mod.ts";
import { rulesOf } from "../../access/support/auth_bed.ts";
import { certFile, keyFile, serverPaths } from "../../support/certificates.ts";
import { havePrograms, havePythonModules, needing } from "../../support/programs.ts";
import { type Harness, serve } from "../../api/support/harness.ts";
import { makeStubs, PythonPeer } from "./python.ts";

const rules = rulesOf(
  'auth: { certificates: [{ subject: "CN=alice,O=Example", role: operate, name: alice }] }',
);

/** A server that knows alice, and nobody else. */
async function served(): Promise<Harness> {
  const identity = await loadIdentity(serverPaths);
  return await serve({ tls: { identity }, access: accessByRules(() => rules) });
}

const ca = certFile("authority");
const hasGrpcio = havePythonModules("grpc", "google.protobuf") && havePrograms("protoc");

Deno.test({
  ...needing(hasGrpcio, "python3-grpcio and protoc", "grpcio over TLS, with a certificate"),
  async fn() {
    const stubs = await makeStubs();
    try {
      await using harness = await served();
      const address = `localhost:${harness.server.port}`;
      const own = [certFile("alice"), keyFile("alice")];
      await using alice = new PythonPeer("grpcio_peer.py", stubs, address, ca, ...own);
      assert.partialDeepStrictEqual(await alice.do("pause", { name: "web1" }), { state: "paused" });
      assert.partialDeepStrictEqual(harness.bed.events[0], { actor: { name: "alice" } });
      await using nobody = new PythonPeer("grpcio_peer.py", stubs, address, ca);
      assert.partialDeepStrictEqual(await nobody.do("get_backend", { name: "web1" }), {
        code: "UNAUTHENTICATED",
      });
    } finally {
      await Deno.remove(stubs, { recursive: true });
    }
  },
});

/** What a program prints on both of its streams. */
async function printed(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test({
  ...needing(havePrograms("curl"), "curl", "curl over TLS, by HTTP/2 and by HTTP/1.1"),
  async fn() {
    await using harness = await served();
    const ask = (...options: string[]) =>
      printed(
        "curl",
        ...["-sS", "--cacert", ca, "--json", '{"name":"web1"}', ...options],
        ...["-w", " %{http_version} %{http_code}"],
        `https://localhost:${harness.server.port}/maglev.Maglev/PauseBackend`,
      );
    const alice = ["--cert", certFile("alice"), "--key", keyFile("alice")];
    assert.match(await ask("--http2", ...alice), /"state":"paused".* 2 200$/);
    assert.match(await ask("--http1.1", ...alice), /"state":"paused".* 1\.1 200$/);
    assert.match(await ask("--http2"), /it has to show a token or a certificate.* 2 401$/);
    const mallory = ["--cert", certFile("mallory"), "--key", keyFile("mallory")];
    assert.match(await ask(...mallory), /is not a client's by an authority.* 2 401$/);
  },
});

Deno.test({
  ...needing(havePrograms("openssl"), "openssl", "nothing below TLS 1.2 is spoken"),
  async fn() {
    await using harness = await served();
    const shake = (...options: string[]) =>
      printed(
        ...["openssl", "s_client", "-connect", `127.0.0.1:${harness.server.port}`] as const,
        ...["-CAfile", ca, "-cipher", "ALL:@SECLEVEL=0", ...options],
      );
    for (const version of ["-tls1", "-tls1_1"]) {
      assert.match(await shake(version), /^New, \(NONE\), Cipher is \(NONE\)$/m, version);
    }
    for (const [option, version] of [["-tls1_2", "TLSv1.2"], ["-tls1_3", "TLSv1.3"]] as const) {
      const said = await shake(option, "-alpn", "h2,http/1.1", "-verify_return_error");
      assert.match(said, new RegExp(`^New, ${version}, Cipher is `, "m"));
      assert.match(said, /^ALPN protocol: h2$/m);
      assert.match(said, /Verification: OK/);
    }
  },
});

Deno.test({
  ...needing(
    havePrograms("openssl"),
    "openssl",
    "who wants to begin the handshake anew is refused",
  ),
  async fn() {
    await using harness = await served();
    const port = `127.0.0.1:${harness.server.port}`;
    const client = new Deno.Command("openssl", {
      args: ["s_client", "-connect", port, "-CAfile", ca, "-tls1_2", "-alpn", "http/1.1"],
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    const writer = client.stdin.getWriter();
    // A command of s_client's: to renegotiate.
    await writer.write(new TextEncoder().encode("R\n"));
    const { stdout, stderr } = await client.output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.match(said, /^RENEGOTIATING$/m);
    assert.match(said, /no renegotiation/);
    await writer.close().catch(() => {});
  },
});
