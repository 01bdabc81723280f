import assert from "node:assert/strict";
import type { H2Field, H2Request } from "../../lib/h2/mod.ts";
import { machineNames, pageRefusal, strictRules } from "../../lib/port/browsers.ts";
import { serve } from "../api/support/harness.ts";
import { jsonCall, RawClient } from "../rpc/support/raw.ts";

const rules = {
  hostNames: new Set(["lb1", "lb1.example.net"]),
  origins: new Set(["https://status.example.net"]),
};

function refusal(authority: string, ...headers: readonly H2Field[]): string | undefined {
  const request: H2Request = {
    ...{ method: "POST", scheme: "http", authority, path: "/", peer: "192.0.2.1", connection: {} },
    headers,
    body: { [Symbol.asyncIterator]: () => assert.fail("the body is not to be read") },
    trailers: () => [],
    signal: new AbortController().signal,
  };
  return pageRefusal(request, rules);
}

Deno.test("Host is an address, localhost, a name of this machine, or left out", () => {
  const table: [allowed: boolean, ...hosts: string[]][] = [
    [true, "", "192.0.2.1", "192.0.2.1:9090", "[2001:db8::1]", "[::1]:9090", "localhost:9090"],
    [true, "LOCALHOST", "localhost.", "lb1", "LB1.example.net:9090", "lb1.example.net.:9090"],
    [false, "evil.example", "evil.example:9090", "lb1.evil.example", "localhost.evil.example"],
    [false, "192.0.2.1.evil.example", "[evil.example]", "[192.0.2.1]", "2001:db8::1", "a:b:c", "."],
    [false, "[::1].evil.example", "evil.example:localhost", "192.0.2.256"],
  ];
  for (const [allowed, ...hosts] of table) {
    for (const host of hosts) {
      assert.equal(refusal(host) === undefined, allowed, host);
      if (host !== "") assert.equal(refusal("", ["host", host]) === undefined, allowed, host);
    }
  }
  assert.equal(
    refusal("Evil.example:9090"),
    'host "evil.example:9090" is neither an address nor a name of this machine; ' +
      "maglevd --host-name adds one",
  );
  assert.match(refusal("x".repeat(100)) ?? "", /^host "x{100}" is neither/);
  const long = `y${"x".repeat(100)}`;
  assert.match(refusal(long) ?? "", /^host "yx{99}…" is neither/);
});

Deno.test("a page is the port's own, or listed", () => {
  const table: [host: string, origin: string, allowed: boolean][] = [
    ["192.0.2.1:9090", "http://192.0.2.1:9090", true],
    ["LB1:9090", "http://lb1:9090", true],
    ["192.0.2.1:9090", "https://status.example.net", true],
    ["192.0.2.1:9090", "HTTPS://Status.example.net", true],
    ["192.0.2.1:9090", "https://192.0.2.1:9090", false],
    ["192.0.2.1:9090", "http://192.0.2.1", false],
    ["192.0.2.1:9090", "http://evil.example", false],
    ["192.0.2.1:9090", "null", false],
    ["", "http://evil.example", false],
  ];
  for (const [host, origin, allowed] of table) {
    assert.equal(refusal(host, ["origin", origin]) === undefined, allowed, `${origin} at ${host}`);
  }
  assert.equal(
    refusal("192.0.2.1", ["origin", "http://evil.example"]),
    'the page "http://evil.example" may not call this API; maglevd --allow-origin lets it',
  );
});

Deno.test("gRPC proper, which no page can speak, may call this machine what it likes", () => {
  const type = (value: string): H2Field => ["content-type", value];
  assert.equal(refusal("evil.example", type("application/grpc+proto")), undefined);
  for (const each of ["application/grpc-web", "application/json", "application/proto"]) {
    assert.match(refusal("evil.example", type(each)) ?? "", /^host /);
  }
});

Deno.test("a machine is called what its name says, and what /etc/hosts says of it", () => {
  const hosts = [
    "127.0.0.1 localhost",
    "127.0.1.1\tLB1.example.net  lb1 # this one",
    "192.0.2.7 other.example.net other # lb1",
    "2001:db8::1 lb1-v6 lb1",
    "",
    "# 10.0.0.1 lb1 hidden",
  ].join("\n");
  const names = (hostname: string, text = hosts) => [...machineNames(hostname, text)].sort();
  assert.deepEqual(names("Lb1"), ["lb1", "lb1-v6", "lb1.example.net"]);
  assert.deepEqual(names("lb1.site.example"), [
    "lb1",
    "lb1-v6",
    "lb1.example.net",
    "lb1.site.example",
  ]);
  assert.deepEqual(names("lb1", ""), ["lb1"]);
  assert.deepEqual(names("", hosts), []);
});

Deno.test("a page that rebinds its name disables nothing, and is told of at a limited rate", async () => {
  await using harness = await serve({ browsers: strictRules });
  using client = await RawClient.connect(harness.address);
  const attack = jsonCall("DisableBackend", { name: "web0" }).replace(
    /host: .*/,
    "host: evil.example",
  );
  for (let i = 0; i < 20; i++) {
    await client.send(attack);
    const answer = await client.text("\r\n0\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 403 [^]*"code":"permission_denied"[^]*adds one/);
  }
  assert.equal(harness.bed.checker.backend("web0")?.state, "unknown");
  assert.equal(harness.log.named("grpc-page-refused").length, 5);
});

Deno.test("what a plain form can send, and a GET, change nothing", async () => {
  await using harness = await serve();
  const types = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
    undefined,
  ];
  for (const type of types) {
    const response = await fetch(`http://${harness.address}/maglev.Maglev/DisableBackend`, {
      method: "POST",
      body: new TextEncoder().encode('{"name":"web0"}'),
      ...type !== undefined && { headers: { "content-type": type } },
    });
    assert.equal(response.status, 415, String(type));
    await response.body?.cancel();
  }
  const query = new URLSearchParams({
    encoding: "json",
    message: '{"name":"web0"}',
    connect: "v1",
  });
  const got = await fetch(`http://${harness.address}/maglev.Maglev/DisableBackend?${query}`);
  assert.equal(got.status, 405);
  await got.body?.cancel();
  assert.equal(harness.bed.checker.backend("web0")?.state, "unknown");
});

Deno.test("a browser is told that a listed page may call, and any other that it may not", async () => {
  await using harness = await serve({ browsers: rules });
  using client = await RawClient.connect(harness.address);
  const preflight = (origin: string, ...fields: string[]) =>
    [
      "OPTIONS /maglev.Maglev/DisableBackend HTTP/1.1",
      `host: ${harness.address}`,
      `origin: ${origin}`,
      "access-control-request-method: POST",
      ...fields,
      "\r\n",
    ].join("\r\n");
  await client.send(preflight("https://status.example.net"));
  const told = await client.text("\r\n\r\n");
  assert.match(told, /^HTTP\/1\.1 204 /);
  assert.match(told, /access-control-allow-origin: https:\/\/status\.example\.net\r\n/);
  assert.match(told, /access-control-allow-methods: GET, POST\r\n/);
  const [, fields] = /access-control-allow-headers: ([^\r]*)\r\n/.exec(told) ?? [];
  assert.deepEqual(fields?.split(", "), [
    // What clients of Connect send, those of gRPC-Web, and who says who it is.
    ...["authorization", "connect-protocol-version", "connect-timeout-ms", "content-type"],
    ...["grpc-timeout", "x-grpc-web", "x-user-agent"],
  ]);
  assert.match(told, /access-control-max-age: 7200\r\n/);
  assert.match(told, /vary: origin\r\n/);
  assert.doesNotMatch(told, /private-network/);
  await client.send(
    preflight("https://status.example.net", "access-control-request-private-network: true"),
  );
  assert.match(await client.text("\r\n\r\n"), /access-control-allow-private-network: true\r\n/);
  await client.send(preflight("https://evil.example"));
  const refused = await client.text("lets it\n");
  assert.match(refused, /^HTTP\/1\.1 403 /);
  assert.doesNotMatch(refused, /access-control/);
  assert.equal(harness.bed.checker.backend("web0")?.state, "unknown");
});

Deno.test("a listed page may read answers, and nobody else is told that it may", async () => {
  await using harness = await serve({ browsers: rules });
  const ask = async (...fields: string[]) => {
    using client = await RawClient.connect(harness.address);
    await client.send(jsonCall("GetBackend", { name: "web0" }, "connection: close", ...fields));
    return await client.text();
  };
  const listed = await ask("origin: https://status.example.net");
  assert.match(listed, /^HTTP\/1\.1 200 /);
  assert.match(listed, /access-control-allow-origin: https:\/\/status\.example\.net\r\n/);
  const exposed = "grpc-message, grpc-status, grpc-status-details-bin";
  assert.ok(listed.includes(`access-control-expose-headers: ${exposed}\r\n`), listed);
  for (const fields of [[], ["origin: http://localhost"]]) {
    const own = await ask(...fields);
    assert.match(own, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(own, /access-control/);
  }
});
