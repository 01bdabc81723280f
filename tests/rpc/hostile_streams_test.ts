import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import assert from "node:assert/strict";
import { ListBackendsRequestSchema } from "../../lib/gen/maglev_pb.ts";
import { Budgets } from "../../lib/port/budget.ts";
import { systemClock } from "../../lib/time/mod.ts";
import * as wire from "../h2/support/wire.ts";
import { until } from "../support/until.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { serve } from "../api/support/harness.ts";
import { jsonCall, RawClient } from "./support/raw.ts";
import { smallConfig } from "../api/support/small_config.ts";

function callHeaders(id: number, method: string, end = 0): Uint8Array {
  return wire.headers(id, [
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", "test"],
    [":path", `/maglev.Maglev/${method}`],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ], wire.END_HEADERS | end);
}

/** An HTTP/2 client that never opens a window, and reads nothing. */
async function greet(address: string): Promise<RawClient> {
  const client = await RawClient.connect(address);
  await client.send(wire.join(wire.preface, wire.settings([4, 0]), wire.settingsAck));
  return client;
}

function budgetsOf(log: FakeLog) {
  const budgets = new Budgets(log, systemClock);
  const find = (name: string) =>
    [...budgets.all].find((each) => each.name === name) ?? assert.fail();
  return { budgets, find, used: (name: string) => find(name).used };
}

Deno.test("a shut window on a thousand streams of long lists holds one list", async () => {
  const bed = new CheckerBed(smallConfig(2000));
  const { budgets, used } = budgetsOf(bed.log);
  using _budgets = budgets;
  const { checker } = bed;
  const backend = checker.backend.bind(checker);
  let found = 0;
  checker.backend = (name) => {
    found++;
    return backend(name);
  };
  await using harness = await serve({ budgets }, bed);
  const request = toBinary(
    ListBackendsRequestSchema,
    create(ListBackendsRequestSchema, { details: true }),
  );
  {
    using client = await greet(harness.address);
    const calls = Array.from({ length: 1000 }, (_, i) => {
      const id = 2 * i + 1;
      const body = wire.data(id, encodeEnvelope(0, request), wire.END_STREAM);
      return wire.join(callHeaders(id, "ListBackends"), body);
    });
    await client.send(calls[0] ?? assert.fail());
    await until(() => used("own-answer-bytes") > 0);
    const one = used("own-answer-bytes");
    await client.send(wire.join(...calls.slice(1)));
    await harness.observer.until("sent maglev.Maglev/ListBackends", 1000);
    // Who comes in the time of one list shares it; how long that is depends on the machine.
    assert.ok(
      used("own-answer-bytes") < 200 * one,
      `${used("own-answer-bytes")} bytes, ${one} each`,
    );
    assert.ok(found < 200 * 2000, `looked up ${found} times`);
    using polite = await RawClient.connect(harness.address);
    await polite.send(jsonCall("ListFrontends"));
    assert.match(await polite.text("www"), /200 OK/);
  }
  await until(() => used("own-answer-bytes") === 0);
  await until(() => used("own-request-bytes") === 0);
});

Deno.test("a connection of half-sent requests holds no more than its share", async () => {
  const log = new FakeLog();
  const { budgets, used, find } = budgetsOf(log);
  using _budgets = budgets;
  await using harness = await serve({ budgets });
  const part = new Uint8Array(15_000);
  part.set([0, 0, 0, 0xff, 0xff]);
  {
    using client = await greet(harness.address);
    for (let i = 0; i < 100; i++) {
      const id = 2 * i + 1;
      await client.send(wire.join(callHeaders(id, "GetBackend"), wire.data(id, part)));
    }
    await until(() => find("own-request-bytes").refused >= 60);
    assert.ok(
      used("own-request-bytes") <= 1024 * 1024 + 100 * 1000,
      `${used("own-request-bytes")}`,
    );
    using polite = await RawClient.connect(harness.address);
    await polite.send(jsonCall("ListFrontends"));
    assert.match(await polite.text("www"), /200 OK/);
  }
  await until(() => used("own-request-bytes") === 0);
});

Deno.test("an HTTP/1.1 request that ends early is an invalid argument", async () => {
  await using harness = await serve();
  const types: [type: string, said: RegExp][] = [
    ["application/json", /"code":"invalid_argument","message":"the request ended before its body/],
    ["application/proto", /"code":"invalid_argument","message":"the request ended before its body/],
    ["application/grpc-web+proto", /grpc-status: 3\r\n/],
    ["application/grpc-web-text", /^HTTP\/1.1 200 [^]*application\/grpc-web-text/],
  ];
  for (const [type, said] of types) {
    using client = await RawClient.connect(harness.address);
    await client.send(
      `POST /maglev.Maglev/GetBackend HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\n` +
        "content-length: 100\r\n\r\nhalf",
    );
    await client.closeWrite();
    assert.match(await client.text(), said, type);
  }
});
