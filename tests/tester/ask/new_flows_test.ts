import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { ProbeCode } from "../../../lib/probes/mod.ts";
import { KeptFlows } from "../../../lib/tester/ask/kept_flows.ts";
import { checkOf, NewFlows, resultOf } from "../../../lib/tester/ask/new_flows.ts";
import type { Asker, AskOptions, TryResult } from "../../../lib/tester/ask/types.ts";
import type { Vip } from "../../../lib/tester/targets.ts";
import { systemClock } from "../../../lib/time/mod.ts";
import { Authority } from "../../probes/support/certificates.ts";
import { silent, TestServer } from "../../probes/support/servers.ts";
import { ip } from "../../support/ip.ts";
import { havePrograms, needing } from "../../support/programs.ts";
import { vip } from "../support/vips.ts";

const options: AskOptions = {
  // So long that no answer comes too late, however busy the machine is.
  timeoutMs: 60_000,
  host: "www.example.net",
  path: "/well?x=1",
  header: "X-Server",
  insecure: false,
};

const ways: readonly (readonly [name: string, make: (options: AskOptions) => Asker])[] = [
  ["a new flow", (options) => new NewFlows(options, systemClock)],
  ["a kept flow", (options) => new KeptFlows(options, new NewFlows(options, systemClock))],
];

function once(asker: Asker, vip: Vip): Promise<TryResult> {
  return new Promise((resolve) => asker.ask(vip, resolve));
}

function at(port: number, changes: Partial<Vip> = {}): Vip {
  return vip("web", { address: ip("127.0.0.1"), port, ...changes });
}

/** A server over HTTP, and the ports from which it was asked. */
function serve(answer: (request: Request) => Response) {
  const ports: number[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request, info) => {
      ports.push((info.remoteAddr as Deno.NetAddr).port);
      return answer(request);
    },
  );
  return { ports, port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

for (const [name, make] of ways) {
  Deno.test(`by ${name}: the request is what the flags say, the answer has status and header`, async () => {
    let seen = "";
    await using server = serve(({ method, url, headers }) => {
      const { pathname, search } = new URL(url);
      seen = `${method} ${pathname}${search} ${headers.get("host")} ${headers.get("user-agent")}`;
      return new Response("well", { headers: { "x-server": "web1" } });
    });
    await using asker = make(options);
    const result = await once(asker, at(server.port));
    deepEqual({ ...result, ms: 0 }, { kind: "answered", ms: 0, status: "200", header: "web1" });
    ok(result.kind === "answered" && result.ms > 0);
    match(seen, /^GET \/well\?x=1 www\.example\.net maglevt\/\d/);
  });

  Deno.test(`by ${name}: 204 and 302 are good, 404 and 503 are not, whoever gave them`, async () => {
    const statuses = [204, 302, 404, 503];
    await using server = serve(() =>
      new Response(null, { status: statuses.shift() ?? 500, headers: { "x-server": "web2" } })
    );
    await using asker = make(options);
    const told: string[] = [];
    for (let i = 0; i < 4; i++) {
      const result = await once(asker, at(server.port));
      if (result.kind === "hindered") throw new Error(result.text);
      const trouble = result.kind === "failed" ? `${result.trouble}: ${result.text}` : "good";
      told.push(`${result.status} ${result.header} ${trouble}`);
    }
    deepEqual(told, [
      "204 web2 good",
      "302 web2 good",
      "404 web2 http: status 404",
      "503 web2 http: status 503",
    ]);
  });

  Deno.test(`by ${name}: nobody listening is net, nobody answering a timeout`, async () => {
    await using asker = make({ ...options, timeoutMs: 50 });
    const refused = await once(asker, at(closedPort()));
    ok(refused.kind === "failed");
    deepEqual([refused.trouble, refused.status], ["net", "net"]);
    equal(refused.text, "connection refused");
    await using server = TestServer.tcp(silent);
    const late = await once(asker, at(server.port));
    ok(late.kind === "failed");
    deepEqual([late.trouble, late.status], ["timeout", "timeout"]);
    match(late.text, /^no response within (50ms|0\.05s)$/);
  });

  Deno.test(`by ${name}: a try that is cancelled is never told`, async () => {
    await using server = TestServer.tcp(silent);
    const asker = make(options);
    asker.ask(at(server.port), () => ok(false, "told"))();
    await asker[Symbol.asyncDispose]();
  });

  Deno.test({
    ...needing(
      havePrograms("openssl"),
      "openssl",
      `by ${name}: certificates count unless insecure`,
    ),
    async fn() {
      await using authority = await Authority.create();
      const { cert, key } = await authority.issue("DNS:other.example");
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
        () => new Response("well"),
      );
      await using strict = make(options);
      const secure = at(server.addr.port, { way: "https" });
      const refused = await once(strict, secure);
      ok(refused.kind === "failed");
      deepEqual([refused.trouble, refused.status], ["net", "tls"], refused.text);
      await using lax = make({ ...options, insecure: true });
      const taken = await once(lax, secure);
      equal(taken.kind === "answered" && taken.status, "200", JSON.stringify(taken));
      await lax[Symbol.asyncDispose]();
      await strict[Symbol.asyncDispose]();
      await server.shutdown();
    },
  });

  Deno.test(`by ${name}: what is not HTTP is asked by connecting`, async () => {
    await using server = TestServer.tcp(silent);
    await using asker = make(options);
    const result = await once(asker, at(server.port, { way: "tcp" }));
    equal(result.kind === "answered" && result.status, "open");
  });
}

Deno.test("a new flow is one each time, a kept one the same once its answer is complete", async () => {
  for (const [i, [, make]] of ways.entries()) {
    await using server = serve(() => new Response("well"));
    const asker = make(options);
    for (let n = 0; n < 5; n++) await once(asker, at(server.port));
    const flows = new Set(server.ports).size;
    // The next try of a kept one may come while the end of the last answer is on its way.
    ok(i === 0 ? flows === 5 : flows <= 2, String(flows));
    await asker[Symbol.asyncDispose]();
  }
});

Deno.test("a kept flow that the server ends is opened again", async () => {
  await using server = serve(() => new Response("well", { headers: { connection: "close" } }));
  await using asker = new KeptFlows(options, new NewFlows(options, systemClock));
  for (let n = 0; n < 3; n++) equal((await once(asker, at(server.port))).kind, "answered");
  equal(new Set(server.ports).size, 3);
});

Deno.test("kept flows whose answers have no end are closed when the next answer is there", async () => {
  const ended: Promise<void>[] = [];
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
  await using server = TestServer.tcp(async (connection) => {
    await connection.read(new Uint8Array(4096));
    await connection.write(new TextEncoder().encode(head));
    const gone = Promise.withResolvers<void>();
    ended.push(gone.promise);
    // Read until the other side has closed, in whatever manner.
    const more = await connection.read(new Uint8Array(4096)).catch(() => null);
    equal(more, null);
    gone.resolve();
  });
  const asker = new KeptFlows(options, new NewFlows(options, systemClock));
  const web = at(server.port);
  for (let n = 0; n < 4; n++) equal((await once(asker, web)).kind, "answered");
  await Promise.all(ended.slice(0, 3));
  await asker[Symbol.asyncDispose]();
  await Promise.all(ended);
});

Deno.test("what asks by kept flows closes what asks the others", async () => {
  let isClosed = false;
  const others: Asker = {
    ask: () => () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(void (isClosed = true)),
  };
  await new KeptFlows(options, others)[Symbol.asyncDispose]();
  equal(isClosed, true);
});

Deno.test("each outcome of a probe is one of a try", () => {
  const told = (code: ProbeCode, detail = "x", way: Vip["way"] = "http") => {
    const result = resultOf(at(80, { way }), { ok: false, code, detail, durationMs: 1 });
    if (result.kind === "hindered") return `hindered ${result.text}`;
    return `${result.kind === "failed" ? result.trouble : "ok"} ${result.status}`;
  };
  equal(told("L4OK", "", "tcp"), "ok open");
  equal(told("L4OK", "", "icmp"), "ok echo");
  for (const code of ["L4TOUT", "L6TOUT", "L7TOUT"] as const) equal(told(code), "timeout timeout");
  equal(told("L4CON"), "net net");
  equal(told("L6RSP"), "net tls");
  equal(told("L7RSP"), "http http");
  equal(told("SOCKERR", "no room"), "hindered no room");
  equal(
    told("L4CON", "CAP_NET_RAW is missing, and", "icmp"),
    "hindered CAP_NET_RAW is missing, and",
  );
});

Deno.test("each way is asked by the probe of that name", () => {
  for (const way of ["http", "https", "tcp", "icmp"] as const) {
    const check = checkOf(at(8080, { way }), { ...options, insecure: true });
    equal(check.type, way);
    equal(check.timeoutMs, 60_000);
    if (check.type !== "icmp") equal(check.port, 8080);
    if (check.type === "https") equal(check.tls.insecureSkipVerify, true);
  }
});
