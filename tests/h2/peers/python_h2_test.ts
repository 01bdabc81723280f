import assert from "node:assert/strict";
import { needsPython } from "../support/python.ts";
import { peerHandler, TestServer } from "../support/server.ts";

const script = new URL("./scripted_peer.py", import.meta.url).pathname;

Deno.test({
  ...needsPython("python3-h2 finds every frame in order: trailers, 32 MiB both ways, 500 streams"),
  async fn() {
    await using server = new TestServer(peerHandler);
    const { stdout, stderr, success } = await new Deno.Command("/usr/bin/python3", {
      args: [script, String(server.port)],
    }).output();
    assert.equal(success, true, new TextDecoder().decode(stderr));
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
      unary: { body: "hello", trailers: [["x-checked", "yes"]] },
      large: { counted: String(32 << 20), received: 32 << 20 },
      many: { after: 5, goaway: null },
      tiny_windows: { received: [50, 50, 50] },
      unread: { stuck: 65_535, other: 1000 },
      settings_in_between: { received: 300_000, trailers: [["x-checked", "yes"]] },
    });
  },
});
