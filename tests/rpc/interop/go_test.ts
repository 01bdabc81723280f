import assert from "node:assert/strict";
import { accessByRules } from "../../../lib/access/mod.ts";
import { rulesOf } from "../../access/support/auth_bed.ts";
import { certFile, keyFile, serverIdentity } from "../../support/certificates.ts";
import { serve } from "../../api/support/harness.ts";

/** Where Debian's golang-google-grpc-dev puts its sources. */
const goPath = "/usr/share/gocode";

function haveGo(): boolean {
  try {
    Deno.statSync(`${goPath}/src/google.golang.org/grpc`);
    return new Deno.Command("go", { args: ["version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const missing = !haveGo();

/** Builds the peer, which takes seconds the first time; returns the program. */
async function build(directory: string): Promise<string> {
  const program = `${directory}/peer`;
  const source = new URL("go_peer/main.go", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command("go", {
    args: ["build", "-o", program, source],
    env: { GO111MODULE: "off", GOPATH: goPath, GOFLAGS: "" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return program;
}

const checks = [
  "ok dialling",
  "ok health",
  "ok 500 unary calls",
  "ok a compressed call",
  "ok an error",
  "ok an unknown method",
  "ok a stream's snapshot",
  "ok cancelling a stream",
  "ok a health stream",
  "ok a stream's deadline",
];

Deno.test({
  name: `Go's grpc: calls, compression, errors, streams, cancel, deadline, also over TLS${
    missing ? " (SKIPPED: needs go and golang-google-grpc-dev)" : ""
  }`,
  ignore: missing,
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      const program = await build(directory);
      const told = async (...args: string[]) => {
        const { stdout } = await new Deno.Command(program, { args }).output();
        return new TextDecoder().decode(stdout).trim().split("\n");
      };
      {
        await using harness = await serve();
        assert.deepEqual(await told(harness.address), checks);
        await harness.observer.until("handled maglev.Maglev/WatchEvents Canceled");
      }
      const entry = '{ subject: "CN=alice,O=Example", role: view }';
      const rules = rulesOf(`auth: { certificates: [${entry}] }`);
      const access = accessByRules(() => rules);
      await using secured = await serve({ tls: { identity: await serverIdentity(true) }, access });
      const address = `localhost:${secured.server.port}`;
      const ca = certFile("authority");
      const alice = [certFile("alice"), keyFile("alice")];
      assert.deepEqual(await told(address, ca, ...alice), ["ok files", ...checks]);
      const [, , health = ""] = await told(address, ca);
      assert.match(health, /^FAILED health: .*Unauthenticated/);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
