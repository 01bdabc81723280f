import assert from "node:assert/strict";
import type { H2Handler } from "../../lib/h2/mod.ts";
import { Budgets, type HttpPort, type HttpPortLimits, openHttpPort } from "../../lib/port/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { Lines } from "../e2e/support/process.ts";
import { Resetter } from "../support/reset.ts";
import { settle, until } from "../support/until.ts";
import { FakeLog } from "./support/fake_log.ts";
import { testSupervisor, uncounted } from "./support/listening.ts";
import { RawClient } from "../rpc/support/raw.ts";

const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const no = () => Promise.resolve({ status: 204, headers: [] });

/** A port that answers 204 unless told otherwise, and counts. */
function open(limits: HttpPortLimits = {}, answer: H2Handler = no) {
  const log = new FakeLog();
  const counts = { opened: 0, closed: 0, refused: 0, displaced: 0, failed: 0 };
  const port = openHttpPort({
    name: "metrics",
    addresses: [{ hostname: "127.0.0.1", port: 0 }],
    handlers: { http1: answer, http2: answer },
    limits,
    observer: {
      opened: () => void counts.opened++,
      closed: () => void counts.closed++,
      refused: () => void counts.refused++,
      displaced: () => void counts.displaced++,
      failed: () => void counts.failed++,
    },
    budgets: new Budgets(log, systemClock),
    clock: systemClock,
    log,
    supervisor: testSupervisor(log),
  });
  return { port, log, counts };
}

async function status(port: HttpPort): Promise<number> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return (await fetch(`http://${port.address}/`, { client })).status;
}

Deno.test("clients that connect and reset hold nobody up", async () => {
  const { port, counts } = open();
  using resetter = new Resetter();
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 60; i++) resetter.reset(port.port);
    assert.equal(await status(port), 204);
  }
  await until(() => counts.opened + counts.failed === 305);
  assert.ok(counts.failed > 0);
  await port.close();
  assert.deepEqual([counts.closed, port.connections], [counts.opened, 0]);
});

Deno.test("what a port does with its connections is counted", async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const limits = { connections: 1, perPrefix: 1, reserved: 0 };
  const { port, counts, log } = open({ connections: limits }, async () => {
    asked.resolve();
    await gate.promise;
    return { status: 204, headers: [] };
  });
  using first = await RawClient.connect(port.address);
  await until(() => counts.opened === 1);
  assert.equal(port.connections, 1);
  using second = await RawClient.connect(port.address);
  assert.equal(await first.text().catch(() => ""), "", "it was idle");
  await second.send(get);
  await asked.promise;
  using third = await RawClient.connect(port.address);
  assert.equal(await third.text().catch(() => ""), "", "the second is not");
  assert.deepEqual(counts, { opened: 2, closed: 1, refused: 1, displaced: 1, failed: 0 });
  assert.deepEqual(log.lines, [
    "info metrics-connection-displaced peer=127.0.0.1 for=127.0.0.0/8",
    "warn budget-refused budget=metrics-connections unit=connections used=1 limit=1 " +
    "peer=127.0.0.1 reason=the limit of 1 connections of 127.0.0.0/8 is reached, none is idle",
  ]);
  gate.resolve();
  await second.text("\r\n\r\n");
  await port.close();
  assert.deepEqual(counts, { opened: 2, closed: 2, refused: 1, displaced: 1, failed: 0 });
});

Deno.test("a port that is being closed takes no more clients while it answers the others", async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { port, counts } = open({}, async () => {
    asked.resolve();
    await gate.promise;
    return { status: 204, headers: [] };
  });
  using client = await RawClient.connect(port.address);
  await client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  await asked.promise;
  const closed = port.close();
  await settle();
  await assert.rejects(Deno.connect({ port: port.port }), Deno.errors.ConnectionRefused);
  gate.resolve();
  assert.match(await client.text(), /^HTTP\/1\.1 204 /);
  client[Symbol.dispose]();
  await closed;
  assert.deepEqual([counts.opened, counts.closed], [1, 1]);
});

Deno.test("a closed port is closed", async () => {
  const { port } = open();
  await port.close();
  await assert.rejects(Deno.connect({ port: port.port }), Deno.errors.ConnectionRefused);
});

/** The test's program in a process that may have 64 open files. */
async function fewDescriptors(
  visit: (lines: Lines, say: (text: string) => Promise<void>) => Promise<void>,
) {
  const program = new URL("support/few_descriptors.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n 64; exec "$0" run -A --no-check "$1"`, Deno.execPath(), program],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = new Lines(child.stdout);
  try {
    await visit(lines, (text) => writer.write(new TextEncoder().encode(text)));
  } finally {
    await writer.close();
    await child.status;
    await lines.ended;
  }
}

Deno.test("with 64 open files, 100 clients of each port leave room for probes", async () => {
  const backend = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of backend) accepted.push(conn);
  })();
  await fewDescriptors(async (lines, say) => {
    const [grpc = "", metrics = ""] = (await lines.find("addresses", () => true)).split(" ");
    const probe = async () => {
      const from = lines.seen.length;
      await say(`127.0.0.1:${backend.addr.port}\n`);
      return Number(await lines.find("connections made", () => true, { from }));
    };
    assert.equal(await probe(), 12);
    const clients: RawClient[] = [];
    for (const address of [grpc, metrics]) {
      for (let i = 0; i < 100; i++) clients.push(await RawClient.connect(address));
    }
    assert.equal(await probe(), 12);
    for (const client of clients) client[Symbol.dispose]();
    for (const address of [grpc, metrics]) await served(address);
  });
  backend.close();
  await accepting;
  for (const conn of accepted) conn.close();
});

/** Asks until it is answered: clients that have left may take a moment to be gone. */
async function served(address: string): Promise<void> {
  for (;;) {
    using client = await RawClient.connect(address);
    const asked = client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    const answer = await asked.then(() => client.text("\r\n\r\n")).catch(() => "");
    if (answer.startsWith("HTTP/1.1 204 ")) return;
  }
}

Deno.test("a port that is on no network has the number 0", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-port-" });
  const log = new FakeLog();
  const path = `${folder}/api.sock`;
  const port = openHttpPort({
    name: "metrics",
    addresses: [{ path }],
    handlers: { http1: no, http2: no },
    observer: uncounted,
    budgets: new Budgets(log, systemClock),
    clock: systemClock,
    log,
    supervisor: testSupervisor(log),
  });
  assert.deepEqual([port.port, port.address, port.addresses], [0, `unix:${path}`, [port.address]]);
  await port.close();
  await Deno.remove(folder, { recursive: true });
});
