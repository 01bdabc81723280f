import assert from "node:assert/strict";
import { serve } from "../harness.ts";

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

Deno.test({
  name: `Go's grpc: calls, compression, errors, streams, cancel, deadline${
    missing ? " (SKIPPED: needs go and golang-google-grpc-dev)" : ""
  }`,
  ignore: missing,
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      await using harness = await serve();
      const program = await build(directory);
      const { stdout } = await new Deno.Command(program, { args: [harness.address] }).output();
      assert.deepEqual(new TextDecoder().decode(stdout).trim().split("\n"), [
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
      ]);
      await harness.observer.until("handled maglev.Maglev/WatchEvents Canceled");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
