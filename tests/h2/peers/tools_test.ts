import assert from "node:assert/strict";
import { needs, run } from "../support/command.ts";
import { peerHandler, TestServer } from "../support/server.ts";

Deno.test({
  ...needs("curl", "curl uploads and downloads 8 MiB with prior knowledge"),
  async fn() {
    await using server = new TestServer(peerHandler);
    const file = await Deno.makeTempFile();
    try {
      const body = new Uint8Array(8 << 20).map((_, at) => at * 7);
      await Deno.writeFile(file, body);
      const { stdout } = await new Deno.Command("curl", {
        args: ["-sS", "--http2-prior-knowledge", "--data-binary", `@${file}`, `${server.url}/echo`],
      }).output();
      assert.equal(stdout.length, body.length);
      assert.equal(stdout.every((octet, at) => octet === body[at]), true);
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test({
  ...needs("curl", "curl sees status, fields and trailers"),
  async fn() {
    await using server = new TestServer(peerHandler);
    const said = await run("curl", "-sSi", "--http2-prior-knowledge", `${server.url}/zeros?3`);
    assert.match(said, /^HTTP\/2 200 \r\ncontent-type: application\/octet-stream\r\n/);
    assert.match(said, /x-checked: yes/);
    const head = await run("curl", "-sSI", "--http2-prior-knowledge", `${server.url}/zeros?3`);
    assert.match(head, /^HTTP\/2 200/);
  },
});

Deno.test({
  ...needs("nghttp", "nghttp with padding and CONTINUATION finds nothing to complain about"),
  async fn() {
    // With --continuation it sends more than a default server accepts.
    const limits = { maxHeaderListSize: 65_536 };
    await using server = new TestServer(peerHandler, { limits });
    const said = await run(
      "nghttp",
      "--verbose",
      "--null-out",
      "--padding=32",
      "--continuation",
      "--window-bits=16",
      `${server.url}/zeros?200000`,
      `${server.url}/zeros?1`,
    );
    assert.equal(said.match(/recv \(stream_id=\d+\) :status: 200/g)?.length, 2);
    assert.equal(said.match(/recv \(stream_id=\d+\) x-checked: yes/g)?.length, 2);
    assert.doesNotMatch(said, /\[ERROR\]|RST_STREAM|INVALID/);
  },
});

Deno.test({
  ...needs("h2load", "h2load gets every answer over 4 connections of 50 streams"),
  async fn() {
    await using server = new TestServer(peerHandler);
    const args = ["-n", "4000", "-c", "4", "-m", "50", `${server.url}/zeros?100`];
    const said = await run("h2load", ...args);
    assert.match(said, /4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored/);
  },
});
