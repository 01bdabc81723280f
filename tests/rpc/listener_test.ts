import assert from "node:assert/strict";
import { acceptAll } from "../../lib/rpc/listener.ts";
import type { AcceptingListener } from "../../lib/rpc/listener.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { needing } from "../support/programs.ts";
import { FakeLog } from "./fake_log.ts";
import { serve } from "./harness.ts";

/** Accepts what it is told to, one after the other. */
function script(...results: readonly (string | Error)[]): AcceptingListener {
  const left = [...results];
  return {
    accept() {
      const next = left.shift() ?? new Deno.errors.BadResource("closed");
      if (typeof next !== "string") return Promise.reject(next);
      const remoteAddr = { transport: "tcp", hostname: next, port: 1 } as const;
      return Promise.resolve({ remoteAddr } as Deno.TcpConn);
    },
  };
}

Deno.test("running out of descriptors neither ends accepting nor fills the log", async () => {
  const clock = new FakeClock();
  const log = new FakeLog();
  const peers: string[] = [];
  const tooMany = new Error("Too many open files (os error 24)");
  const accepting = acceptAll(
    script("192.0.2.1", tooMany, tooMany, tooMany, "::ffff:192.0.2.2"),
    { clock, log, onConn: (_, peer) => void peers.push(peer) },
  );
  for (let i = 0; i < 5; i++) await clock.advanceAsync(100);
  await accepting;
  assert.deepEqual(peers, ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(log.records.map(({ level, msg, attributes }) => [level, msg, attributes.err]), [
    ["warn", "grpc-accept-error", tooMany.message],
  ]);
});

async function selfSigned(): Promise<{ cert: string; key: string } | undefined> {
  const directory = await Deno.makeTempDir();
  try {
    const { success } = await new Deno.Command("openssl", {
      args: [
        ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" "),
        ..."-subj /CN=localhost -addext subjectAltName=DNS:localhost".split(" "),
        ..."-addext basicConstraints=critical,CA:FALSE".split(" "),
        ...["-keyout", `${directory}/key`, "-out", `${directory}/cert`],
      ],
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const [cert, key] = await Promise.all(
      ["cert", "key"].map((name) => Deno.readTextFile(`${directory}/${name}`)),
    );
    return cert && key ? { cert, key } : undefined;
  } catch {
    return undefined;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const tls = await selfSigned();

Deno.test({
  ...needing(tls !== undefined, "openssl", "TLS: ALPN picks HTTP/2 or HTTP/1.1"),
  async fn() {
    if (!tls) return;
    await using harness = await serve({ tls });
    for (const [http2, http1] of [[true, false], [false, true]] as const) {
      using client = Deno.createHttpClient({ caCerts: [tls.cert], http2, http1 });
      const url = `https://localhost:${harness.server.port}/maglev.Maglev/ListFrontends`;
      const headers = { "content-type": "application/json" };
      const response = await fetch(url, { client, method: "POST", headers, body: "{}" });
      assert.deepEqual(await response.json(), { frontendNames: ["api", "www"] });
    }
  },
});

Deno.test({
  ...needing(tls !== undefined, "openssl", "TLS: who does not speak it is let go"),
  async fn() {
    if (!tls) return;
    await using harness = await serve({ tls });
    const conn = await Deno.connect({ port: harness.server.port });
    await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: test\r\n\r\n"));
    const buffer = new Uint8Array(100);
    while (await conn.read(buffer).catch(() => null));
    conn.close();
  },
});
