import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { createMaglevClient } from "../../lib/cli/client.ts";
import { describeError } from "../../lib/cli/errors.ts";
import { watchEvents, watchOptions } from "../../lib/cli/events.ts";
import { runOnce } from "../../lib/cli/oneshot.ts";

const everything = watchOptions({ words: ["watch", "events"], values: new Map() });
const never = new AbortController().signal;

Deno.test("a server that does not open the stream is given up", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Promise((resolve) => request.signal.onabort = () => resolve(new Response())),
  );
  const address = `127.0.0.1:${server.addr.port}`;
  const watched = watchEvents(createMaglevClient(address), everything, never, 1);
  await assert.rejects(watched.next(), (error) => {
    assert.equal(describeError(error, "there"), "maglevd at there did not answer in time");
    return true;
  });
});

for (
  const [what, answer, reason] of [
    ["a web page", () => new Response("hello"), "unsupported content type text/plain"],
    ["an HTTP error", () => new Response("", { status: 405 }), "HTTP 405"],
  ] as const
) {
  Deno.test(`a server that answers with ${what} is not taken for maglevd`, async () => {
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
    const address = `127.0.0.1:${server.addr.port}`;
    assert.match(
      await failure(address),
      new RegExp(`^error: what answers at ${address} is not maglevd's API: ${reason}`),
    );
  });
}

Deno.test("a server that does not speak HTTP is not taken for maglevd", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const greeting = (async () => {
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode("SSH-2.0-server\r\n"));
    await connection.read(new Uint8Array(1000));
  })();
  const address = `127.0.0.1:${listener.addr.port}`;
  const said = await failure(address);
  await greeting;
  assert.equal(
    said,
    `error: what answers at ${address} is not maglevd's API: it does not speak HTTP`,
  );
});

Deno.test("a stream that breaks off is a closed connection", () => {
  const cause = new TypeError("error reading a body from connection");
  const error = new ConnectError(cause.message, Code.Unknown, undefined, undefined, cause);
  assert.equal(
    describeError(error, "there"),
    "cannot reach maglevd at there: the connection was closed",
  );
});

async function failure(server: string): Promise<string> {
  const flags = { server, color: false, json: false, yes: false, help: false, version: false };
  const said: string[] = [];
  const output = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  assert.equal(await runOnce({ ...flags, words: ["show", "backends"] }, output, never), 1);
  return said.join("\n");
}

Deno.test("watch events ends quietly when nobody reads its output any more", async () => {
  const root = new URL("../../", import.meta.url).pathname;
  const run = (args: string[], stderr: "piped" | "null") =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...args],
      stdin: "null",
      stdout: "piped",
      stderr,
    }).spawn();
  const server = run([`${root}tests/cli/server.ts`], "null");
  try {
    const port = await firstLine(server.stdout);
    const watch = run(
      [`${root}cli.ts`, "--server", `127.0.0.1:${port}`, "watch", "events"],
      "piped",
    );
    await firstLine(watch.stdout);
    assert.equal(await new Response(watch.stderr).text(), "");
    assert.equal((await watch.status).code, 1);
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
});

/** What comes first; the pipe is closed then. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  await reader.cancel();
  return value.trim();
}
