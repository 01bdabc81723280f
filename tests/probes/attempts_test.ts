import assert from "node:assert/strict";
import { once } from "node:events";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { type Connection, type Failure, ownFailure, refused } from "../../lib/net/mod.ts";
import type { Attempt, Outcome } from "../../lib/probes/attempt.ts";
import { BodySearch } from "../../lib/probes/body_search.ts";
import { ConnectionStream } from "../../lib/probes/connection_stream.ts";
import { HttpRequests } from "../../lib/probes/http_request.ts";
import { IcmpHubs } from "../../lib/probes/icmp_hubs.ts";
import { TargetNotes } from "../../lib/probes/target_notes.ts";
import { beginProbe } from "../../lib/probes/table.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { ip } from "../support/ip.ts";
import { httpCheck, tcpCheck } from "./support/checks.ts";
import { type FakeConnection, FakeEngine } from "./support/fake_connection.ts";

const noMemory = ownFailure("out of memory");
const noRoute = { reason: "no route to host", isOwn: false };
const reset = { reason: "connection reset by peer", isOwn: false };

/** One attempt over a fake connection, and what it reports. */
class Stage {
  readonly engine = new FakeEngine();
  readonly notes = new TargetNotes();
  /** Gives long searches their turns, when a test turns it. */
  readonly searches = new FakeClock();
  readonly outcomes: string[] = [];
  readonly address = ip("192.0.2.1");
  readonly connection: FakeConnection = this.engine.connection;

  begin(check: HealthCheck): Attempt {
    const engine = this.engine.whole;
    const context = {
      engine,
      requests: new HttpRequests("1"),
      search: new BodySearch(this.searches),
      icmp: new IcmpHubs(engine),
      notes: this.notes,
      ca: [],
    };
    const target = { address: this.address, check, netns: "blue" };
    return beginProbe(context, target, (outcome) => this.#note(outcome));
  }
  #note({ ok, code, detail }: Outcome): void {
    assert.equal(ok, code.endsWith("OK"));
    this.outcomes.push(`${code} ${detail}`);
  }
}

Deno.test("a probe connects to the check's port from the source of the address's family", () => {
  const stage = new Stage();
  const [v4, v6] = [ip("192.0.2.7"), ip("2001:db8::7")];
  stage.begin(tcpCheck({ port: 81, probeIpv4Source: v4, probeIpv6Source: v6 }));
  const { address } = stage;
  assert.deepEqual(stage.engine.targets, [
    { address, port: 81, source: v4, netns: "blue", suspect: false },
  ]);
});

Deno.test("whoever did not connect in time is suspect until it is heard of again", () => {
  const stage = new Stage();
  stage.connection.established = false;
  const outcome = (attempt: Attempt) => {
    const { code, detail } = attempt.timedOut();
    return `${code} ${detail}`;
  };
  const check = tcpCheck({ timeoutMs: 1500 });
  const suspected = () => stage.engine.targets.at(-1)?.suspect;
  assert.equal(outcome(stage.begin(check)), "L4TOUT not connected within 1.5s");
  stage.begin(check);
  assert.equal(suspected(), true);
  stage.engine.user?.failed(noMemory);
  stage.begin(check);
  assert.equal(suspected(), true);
  stage.engine.user?.failed(refused);
  stage.begin(check);
  assert.equal(suspected(), false);
  stage.begin(check).timedOut();
  stage.begin(check);
  assert.equal(suspected(), true);
  stage.engine.user?.connected();
  stage.begin(check);
  assert.equal(suspected(), false);
  assert.deepEqual(stage.outcomes, [
    "SOCKERR out of memory",
    "L4CON connection refused",
    "L4OK connected",
  ]);
});

Deno.test("whoever is found nowhere after a while is suspect, what is said at once changes nothing", () => {
  const stage = new Stage();
  stage.connection.established = false;
  const suspected = () => {
    stage.begin(tcpCheck());
    return stage.engine.targets.at(-1)?.suspect;
  };
  const refuse = (failure: Failure) => {
    stage.engine.refusal = failure;
    stage.begin(tcpCheck());
    stage.engine.refusal = undefined;
  };
  refuse(noRoute);
  assert.equal(suspected(), false);
  stage.engine.user?.failed(noRoute);
  assert.equal(suspected(), true);
  refuse(noRoute);
  assert.equal(suspected(), true);
  refuse(refused);
  assert.equal(suspected(), false);
});

Deno.test("an attempt tells what its connection knows, and nothing when there is none", () => {
  const stage = new Stage();
  Object.assign(stage.connection, { heardAt: 12, heldUpMs: 3, established: false });
  const attempt = stage.begin(tcpCheck());
  assert.equal(attempt.heardAt, 12);
  assert.equal(attempt.heldUpMs, 3);
  attempt.close();
  assert.equal(stage.connection.closed, true);
  assert.equal(attempt.heardAt, undefined);
  assert.equal(attempt.heldUpMs, 0);
  stage.engine.refusal = noMemory;
  assert.equal(stage.begin(tcpCheck()).heldUpMs, 0);
  assert.deepEqual(stage.outcomes, ["SOCKERR out of memory"]);
});

Deno.test("a request that does not go out whole is our own lack, or the peer's reset", () => {
  const cases = [
    [5, "SOCKERR the request does not fit into the socket's buffer"],
    [noMemory, "SOCKERR out of memory"],
    [reset, "L7RSP connection reset by peer"],
  ] as const;
  for (const [sends, expected] of cases) {
    const stage = new Stage();
    stage.connection.sends = sends;
    stage.begin(httpCheck());
    assert.deepEqual(stage.outcomes, [expected]);
    assert.match(stage.connection.sent.join(), /^GET \/ HTTP\/1.1\r\n/);
  }
});

Deno.test("a socket that cannot be watched is our own lack, with TLS too", () => {
  for (const check of [httpCheck(), httpCheck({ type: "https" })]) {
    const stage = new Stage();
    const attempt = stage.begin(check);
    stage.engine.user?.failed(noMemory);
    assert.deepEqual(stage.outcomes, ["SOCKERR out of memory"]);
    attempt.close();
  }
});

Deno.test("a response is read until there is nothing more, and then later", () => {
  const stage = new Stage();
  const { incoming } = stage.connection;
  stage.begin(httpCheck());
  incoming.push("HTTP/1.1 ", "200 O", "nothing", "K\r\n\r\n");
  stage.engine.user?.readable();
  assert.deepEqual(stage.outcomes, []);
  assert.equal(incoming.length, 1);
  stage.engine.user?.readable();
  assert.deepEqual(stage.outcomes, ["L7OK status 200"]);
});

Deno.test("a response that breaks off is the peer's doing, or our own lack", () => {
  const cases = [
    ["end", "L7RSP connection closed before a response"],
    [reset, "L7RSP connection reset by peer"],
    [noMemory, "SOCKERR out of memory"],
  ] as const;
  for (const [incoming, expected] of cases) {
    const stage = new Stage();
    stage.begin(httpCheck());
    stage.connection.incoming.push(incoming);
    stage.engine.user?.readable();
    assert.deepEqual(stage.outcomes, [expected]);
  }
});

Deno.test("a search that takes long is begun once, and is what a timeout is for", () => {
  const stage = new Stage();
  const check = httpCheck({ responseRegexp: "(?s)[ab].{1000}[xy]", timeoutMs: 1000 });
  const attempt = stage.begin(check);
  const body = "ab".repeat(20_000);
  const response = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  stage.connection.incoming.push(response, "end");
  stage.engine.user?.readable();
  stage.engine.user?.readable();
  assert.equal(stage.searches.pending, 1);
  assert.deepEqual(attempt.timedOut(), {
    ok: false,
    code: "L7TOUT",
    detail: "regexp not searched to the end within 1s",
  });
  attempt.close();
  assert.equal(stage.searches.pending, 0);
  assert.deepEqual(stage.outcomes, []);
});

Deno.test("a TLS session that breaks for a lack of ours says nothing about the peer", async () => {
  for (
    const [failure, expected] of [
      [noMemory, "SOCKERR out of memory"],
      [reset, "L6RSP connection reset by peer"],
    ] as const
  ) {
    const stage = new Stage();
    const attempt = stage.begin(tcpCheck({
      tls: { serverName: "a.example", insecureSkipVerify: true },
    }));
    stage.connection.incoming.push(...Array(9).fill(failure));
    while (stage.outcomes.length === 0) {
      stage.engine.user?.readable();
      await new Promise((resolve) => setTimeout(resolve));
    }
    assert.equal(stage.outcomes[0], expected);
    attempt.close();
  }
});

Deno.test("a body that is being searched is all that is received", () => {
  const stage = new Stage();
  const attempt = stage.begin(httpCheck({ responseRegexp: "(?s)[ab].{10}[xy]" }));
  const body = "ab".repeat(32_768);
  stage.connection.incoming.push("HTTP/1.1 200 OK\r\n\r\n", body, "unread", reset);
  stage.engine.user?.readable();
  stage.engine.user?.readable();
  assert.deepEqual(stage.connection.incoming, ["unread", reset]);
  assert.deepEqual(stage.outcomes, []);
  stage.searches.advance(1);
  assert.deepEqual(stage.outcomes, ["L7RSP regexp not found in 65536 bytes of body"]);
  attempt.close();
});

Deno.test("a server whose chunks have no end is given up after a few hundred KiB", () => {
  const stage = new Stage();
  const attempt = stage.begin(httpCheck({ responseRegexp: "up" }));
  const chunk = `1;${"x".repeat(8000)}\r\ny\r\n`;
  const endless = ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"];
  stage.connection.incoming.push(...endless, ...Array(1000).fill(chunk));
  // The attempt closes the connection only when the run does, which this stage has not.
  stage.engine.user?.readable();
  assert.equal(stage.outcomes[0], "L7RSP framing of chunks over 327680 bytes");
  const taken = 1000 - stage.connection.incoming.length;
  assert.ok(taken <= 41, `${taken} chunks`);
  attempt.close();
});

/** A stream over a fake connection, and what comes out of it. */
function streamed() {
  const engine = new FakeEngine();
  const stream = new ConnectionStream(
    engine.whole,
    engine.connection as unknown as Connection,
  );
  const data: string[] = [];
  stream.on("data", (bytes: Uint8Array) => data.push(new TextDecoder().decode(bytes)));
  return { stream, data, connection: engine.connection, engine };
}

Deno.test("a stream brings what comes, and its end", async () => {
  const { stream, data, connection } = streamed();
  connection.incoming.push("one", "two");
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(data.join(""), "onetwo");
  connection.incoming.push("three", "end");
  const ended = once(stream, "end");
  stream.pull();
  await ended;
  assert.equal(data.join(""), "onetwothree");
  stream.destroy();
});

Deno.test("a stream whose bytes stay as they came, whatever is received next", async () => {
  const { stream, connection, engine } = streamed();
  stream.removeAllListeners("data");
  stream.pause();
  connection.incoming.push("first");
  stream.pull();
  engine.inbox.bytes.fill(0);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(new TextDecoder().decode(stream.read() ?? new Uint8Array()), "first");
  stream.destroy();
});

Deno.test("a stream ends when the connection broke, after what came before, and knows why", async () => {
  const { stream, data, connection } = streamed();
  connection.incoming.push("last", reset);
  await once(stream, "end");
  assert.equal(data.join(""), "last");
  assert.equal(stream.brokenBy, "connection reset by peer");
  stream.destroy();
});

Deno.test("a stream takes in a handshake's bytes and then a session's, and no more", async () => {
  for (
    const [isSecure, most, words] of [
      [false, 262_144, "TLS handshake over 262144 bytes"],
      [true, 1_048_576, "response over 1048576 bytes of TLS"],
    ] as const
  ) {
    const { stream, data, connection } = streamed();
    if (isSecure) stream.secured();
    const piece = "x".repeat(65_536);
    connection.incoming.push(...Array(most / piece.length).fill(piece));
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(data.join("").length, most);
    assert.equal(stream.brokenBy, undefined);
    connection.incoming.push("y", "z");
    const ended = once(stream, "end");
    stream.pull();
    await ended;
    assert.equal(stream.brokenBy, words);
    assert.deepEqual(connection.incoming, ["z"]);
    assert.equal(data.join("").length, most);
    stream.destroy();
  }
});

Deno.test("a stream that was told to stop leaves the rest where it is", async () => {
  const { stream, data, connection } = streamed();
  await new Promise((resolve) => setTimeout(resolve));
  stream.stopReading();
  connection.incoming.push("unread");
  stream.pull();
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(connection.incoming, ["unread"]);
  assert.deepEqual(data, []);
  stream.destroy();
});

Deno.test("a stream sends all at once, or says why not", async () => {
  const write = async (connection: (fake: FakeConnection) => void) => {
    const { stream, connection: fake } = streamed();
    connection(fake);
    const failed = new Promise<string>((resolve) => {
      stream.on("error", (error: Error) => resolve(error.message));
    });
    const done = new Promise<string>((resolve) =>
      stream.write(new TextEncoder().encode("hello"), (error) => !error && resolve("sent"))
    );
    const result = await Promise.race([done, failed]);
    stream.destroy();
    return [result, ...fake.sent].join();
  };
  assert.equal(await write(() => {}), "sent,hello");
  assert.equal(await write((fake) => fake.sends = 3), "the peer takes no data,hello");
  assert.equal(await write((fake) => fake.sends = reset), "connection reset by peer,hello");
  assert.equal(await write((fake) => fake.closed = true), "connection closed");
});
