import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { jsonCall, jsonStream, RawClient } from "./support/raw.ts";
import { smallConfig } from "../api/support/small_config.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const emptySettings = new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const settingsFrame = 4;

Deno.test("HTTP/1.1 requests are answered on one connection, one after the other", async () => {
  await using harness = await serve();
  using client = await RawClient.connect(harness.address);
  for (let i = 0; i < 50; i++) {
    await client.send(jsonCall("ListFrontends"));
    const answer = await client.text(`{"frontendNames":["api","www"]}`);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  }
});

Deno.test("pipelined HTTP/1.1 requests are answered in order", async () => {
  await using harness = await serve();
  using client = await RawClient.connect(harness.address);
  await client.send(
    jsonCall("GetBackend", { name: "web0" }) + jsonCall("GetBackend", { name: "web1" }),
  );
  const answers = await client.text(`"name":"web1"`);
  assert.ok(answers.indexOf(`"name":"web0"`) < answers.indexOf(`"name":"web1"`));
});

Deno.test("a client that ends its side after the request is answered all the same", async () => {
  await using harness = await serve({ limits: {} });
  using client = await RawClient.connect(harness.address);
  await client.send(jsonCall("ListFrontends"));
  await client.closeWrite();
  assert.match(await client.text(), /"frontendNames"/);
});

Deno.test("the HTTP/2 preface is recognized one byte at a time", async () => {
  await using harness = await serve();
  using client = await RawClient.connect(harness.address);
  for (const byte of new TextEncoder().encode(preface)) await client.send(new Uint8Array([byte]));
  await client.send(emptySettings);
  const answer = await client.receive();
  assert.equal(answer[3], settingsFrame);
});

Deno.test("an HTTP/1.1 request is recognized one byte at a time", async () => {
  await using harness = await serve();
  using client = await RawClient.connect(harness.address);
  const request = new TextEncoder().encode(jsonCall("ListFrontends"));
  for (const byte of request) await client.send(new Uint8Array([byte]));
  assert.match(await client.text(`"api"`), /^HTTP\/1\.1 200 OK\r\n/);
});

Deno.test("a method that begins like the preface is HTTP/1.1", async () => {
  await using harness = await serve();
  using client = await RawClient.connect(harness.address);
  await client.send("PRI /maglev HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  assert.match(await client.text(), /^HTTP\/1\.1 404 /);
});

Deno.test("a connection that says nothing is closed when its time is up", async () => {
  await using harness = await serve({ limits: { handshakeMs: 50 } });
  using client = await RawClient.connect(harness.address);
  assert.equal(await client.text(), "");
  using dribbling = await RawClient.connect(harness.address);
  await dribbling.send("PRI * HT");
  assert.equal(await dribbling.text(), "");
});

Deno.test("of too many connections the idle one gives way, and none that is being answered", async () => {
  await using harness = await serve({
    limits: { connections: { connections: 2, perPrefix: 2, reserved: 0 } },
  });
  using watching = await RawClient.connect(harness.address);
  await watching.send(jsonStream("WatchEvents"));
  await harness.observer.until("started maglev.Maglev/WatchEvents");
  using idle = await RawClient.connect(harness.address);
  await idle.send(jsonCall("ListFrontends"));
  await idle.text("api");
  using third = await RawClient.connect(harness.address);
  await third.send(jsonStream("WatchEvents"));
  assert.equal(await idle.text().catch(() => ""), "", "the idle one is closed");
  await harness.observer.until("started maglev.Maglev/WatchEvents", 2);
  using fourth = await RawClient.connect(harness.address);
  assert.equal(await fourth.text().catch(() => ""), "", "nobody is idle now");
  assert.deepEqual(harness.log.named("grpc-connection-displaced"), [
    { peer: "127.0.0.1", for: "127.0.0.0/8" },
  ]);
  assert.deepEqual(harness.log.named("budget-refused"), [{
    ...{ budget: "grpc-connections", unit: "connections", used: 2, limit: 2, peer: "127.0.0.1" },
    reason: "the limit of 2 connections of 127.0.0.0/8 is reached, none is idle",
  }]);
});

Deno.test("a taken port is refused with a sentence", async () => {
  await using harness = await serve();
  await assert.rejects(
    serve({ addr: harness.address }),
    new RegExp(`cannot listen on ${harness.address} for gRPC: another program listens there`),
  );
});

Deno.test("an address that is none is refused with a sentence", async () => {
  await assert.rejects(serve({ addr: "localhost" }), /"localhost" is not host:port/);
});

Deno.test("listening on all interfaces takes both families", async () => {
  await using harness = await serve({ addr: ":0" });
  const { port } = harness.server;
  for (const host of ["127.0.0.1", "[::1]"]) {
    const response = await fetch(`http://${host}:${port}/maglev.Maglev/ListFrontends`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    assert.deepEqual(await response.json(), { frontendNames: ["api", "www"] });
  }
});

Deno.test("connect-web over HTTP/1.1: unary, errors, streams and leaving", async () => {
  await using harness = await serve();
  for (const useBinaryFormat of [true, false]) {
    const transport = createConnectTransport({
      baseUrl: `http://${harness.address}`,
      useBinaryFormat,
    });
    const client = createClient(Maglev, transport);
    const { backendNames } = await client.listBackends({});
    assert.deepEqual(backendNames, ["web0", "web1", "web2", "web3"]);
    await assert.rejects(
      client.getBackend({ name: "nope" }),
      /not_found.*backend "nope" not found/,
    );
    const abort = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { event } of client.watchEvents({}, { signal: abort.signal })) {
        if (event.case === "backend") seen.push(event.value.backendName);
        if (event.case === "frontend") seen.push(event.value.frontendName);
        if (event.case === "log") seen.push(event.value.msg);
        if (seen.length === 6) harness.log.info("hello");
        if (seen.length === 7) abort.abort();
      }
    })();
    await assert.rejects(watching);
    assert.deepEqual(seen, ["web0", "web1", "web2", "web3", "api", "www", "hello"]);
  }
  await harness.observer.until("handled maglev.Maglev/WatchEvents Canceled", 2);
  assert.equal(harness.log.listeners, 0);
});

Deno.test("long lists come as JSON over HTTP/1.1 as they do encoded", async () => {
  await using harness = await serve({}, new CheckerBed(smallConfig(3000)));
  const baseUrl = `http://${harness.address}`;
  const [json, binary] = await Promise.all([false, true].map((useBinaryFormat) => {
    const client = createClient(Maglev, createConnectTransport({ baseUrl, useBinaryFormat }));
    return client.listBackends({ details: true });
  }));
  assert.ok(json && binary);
  assert.equal(json.backends.length, 3000);
  assert.deepEqual(json.backends, binary.backends);
  assert.deepEqual(json.backendNames, binary.backendNames);
});

Deno.test("a watcher of a quiet stream that leaves over HTTP/1.1 is noticed", async () => {
  await using harness = await serve();
  const request = jsonCall("WatchEvents", {}).replace(
    "application/json",
    "application/connect+json",
  );
  const body = JSON.stringify({ backend: false, frontend: false });
  const envelope = new Uint8Array(5 + body.length);
  new DataView(envelope.buffer).setUint32(1, body.length);
  envelope.set(new TextEncoder().encode(body), 5);
  const head = request.slice(0, request.indexOf("content-length")) +
    `content-length: ${envelope.length}\r\n\r\n`;
  {
    using client = await RawClient.connect(harness.address);
    await client.send(head);
    await client.send(envelope);
    await harness.observer.until("started maglev.Maglev/WatchEvents");
  }
  await harness.observer.until("handled maglev.Maglev/WatchEvents Canceled");
  assert.equal(harness.log.listeners, 0);
});
