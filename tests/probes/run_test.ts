import assert from "node:assert/strict";
import { createLogger, type LogRecord } from "../../lib/log/mod.ts";
import { probeCodes, type ProbeResult } from "../../lib/probes/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { openDescriptors } from "../net/support/descriptors.ts";
import { httpCheck, tcpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";
import { silent, TestServer } from "./support/servers.ts";
import { ip } from "../support/ip.ts";
import { nextError } from "../support/next_error.ts";

const localhost = ip("127.0.0.1");

Deno.test("a result known at once is told later all the same", async () => {
  await using harness = new Harness();
  let told = 0;
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const target = { address: localhost, check: tcpCheck({ port: 1 }), netns: "" };
  harness.start(target, (result) => {
    told++;
    resolve(result);
  });
  assert.equal(told, 0);
  assert.equal((await promise).code, "L4CON");
  assert.equal(told, 1);
});

Deno.test("a probe cancelled before its result was told says nothing", async () => {
  await using harness = new Harness();
  const target = { address: localhost, check: tcpCheck({ port: 1 }), netns: "" };
  harness.start(target, () => assert.fail("told"))();
  // Its result would have come before that of a later one.
  await harness.probe(tcpCheck({ port: 1 }));
});

Deno.test("cancelling frees the socket at once, and twice is harmless", async () => {
  await using harness = new Harness({ engine: { idleSockets: 0 } });
  await using server = TestServer.tcp(silent);
  const check = httpCheck({ port: server.port, timeoutMs: 60_000 });
  await harness.probe({ ...check, timeoutMs: 1 });
  const before = openDescriptors();
  const cancels = Array.from(
    { length: 10 },
    () => harness.start({ address: localhost, check, netns: "" }, () => assert.fail("told")),
  );
  assert.ok(openDescriptors() >= before + 10);
  for (const cancel of cancels) {
    cancel();
    cancel();
  }
  await harness.probe(tcpCheck({ port: 1 }));
});

Deno.test("who throws at a result costs the others that come at once nothing", async () => {
  await using harness = new Harness();
  const target = { address: localhost, check: tcpCheck({ port: 1 }), netns: "" };
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const thrown = nextError(() => {
    harness.start(target, () => {
      throw new Error("from whoever asked");
    });
    harness.start(target, resolve);
  });
  assert.equal((await promise).code, "L4CON");
  assert.equal(String(await thrown), "Error: from whoever asked");
});

Deno.test("closing the prober ends what is under way without results", async () => {
  await using server = TestServer.tcp(silent);
  await using harness = new Harness();
  const check = httpCheck({ port: server.port, timeoutMs: 60_000 });
  harness.start({ address: localhost, check, netns: "" }, () => assert.fail("told"));
  harness.prober.close();
});

Deno.test("a result may start the next probe from within", async () => {
  await using harness = new Harness();
  const target = { address: localhost, check: tcpCheck({ port: 1 }), netns: "" };
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = 100;
  const next = () => {
    if (left-- > 0) harness.start(target, next);
    else resolve();
  };
  next();
  await promise;
});

Deno.test("the codes are HAProxy's", () => {
  assert.deepEqual(probeCodes, [
    ...["L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP"],
    ...["L7OK", "L7TOUT", "L7RSP", "L7STS", "SOCKERR"],
  ]);
});

Deno.test("start and end are logged at debug, and only there", async () => {
  const records: LogRecord[] = [];
  const sink = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };
  const log = createLogger({ level: "info", clock: systemClock, sink });
  log.subscribe("debug", (record) => records.push(record));
  await using harness = new Harness({ log });
  const check = tcpCheck({ port: 1, name: "web" });
  const target = { backend: "web1", address: localhost, check, netns: "" };
  await new Promise((done) => harness.start(target, done));
  assert.deepEqual(records.map((record) => record.msg), ["probe-start", "probe-done"]);
  const about = {
    backend: "web1",
    address: "127.0.0.1",
    type: "tcp",
    healthcheck: "web",
    port: 1,
    netns: undefined,
  };
  assert.deepEqual(records[0]?.attributes, about);
  const { "duration-ms": duration, ...attributes } = records[1]?.attributes ?? {};
  assert.equal(typeof duration, "number");
  assert.deepEqual(attributes, {
    ...about,
    ok: false,
    code: "L4CON",
    detail: "connection refused",
  });
});
