import assert from "node:assert/strict";
import { connectTo } from "../../lib/cli/client.ts";
import { pause, watchEvents } from "../../lib/cli/events.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import type { MaglevClient } from "../../lib/cli/node.ts";
import { runOnce } from "../../lib/cli/oneshot.ts";
import { forget } from "../support/garbage.ts";
import { within } from "../support/deadline.ts";

/** The head of an answer that is longer than what comes of it. */
const halfAnswer = (type: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/${type}\r\ncontent-length: 9\r\n\r\n\0`;

/** A server that answers each request with `answer`, and with nothing more; `asked` counts them. */
class StuckServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #done: Promise<void>;
  readonly #open = new Set<Deno.Conn>();
  readonly #waiting: (() => void)[] = [];
  #asked = 0;

  constructor(answer: string) {
    this.#done = this.#serve(new TextEncoder().encode(answer));
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Resolves when so many requests have been answered with all that comes. */
  async asked(count: number): Promise<void> {
    while (this.#asked < count) await new Promise<void>((done) => void this.#waiting.push(done));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    // Whoever was not ended has failed already.
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await this.#done;
  }

  async #serve(answer: Uint8Array): Promise<void> {
    const connections: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      connections.push(this.#answer(connection, answer));
    }
    await Promise.all(connections);
  }

  async #answer(connection: Deno.Conn, answer: Uint8Array): Promise<void> {
    this.#open.add(connection);
    const octets = new Uint8Array(4096);
    // Who asks breaks off in the end.
    const read = () => connection.read(octets).catch(() => null);
    while (await read() !== null) {
      if (answer.length > 0) await connection.write(answer);
      this.#asked++;
      for (const done of this.#waiting.splice(0)) done();
    }
    if (this.#open.delete(connection)) connection.close();
  }
}

/** What may wait for a server, until `signal` says otherwise. */
const waits: Readonly<Record<string, (client: MaglevClient, signal: AbortSignal) => unknown>> = {
  "a call": (client, signal) => client.listBackends({}, { signal, timeoutMs: 0 }),
  "a call with a signal of several": (client, signal) =>
    client.listBackends({}, { signal: several(signal), timeoutMs: 0 }),
  "a stream": (client, signal) => exhausted(watchEvents(client, {}, signal, patience)),
  "a stream with a signal of several": (client, signal) =>
    exhausted(watchEvents(client, {}, several(several(signal)), patience)),
};

const patience = { openMs: 60_000, silenceMs: 60_000 };

/** What follows from `signal` and from another one that says nothing; nobody else holds it. */
function several(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, new AbortController().signal]);
}

async function exhausted(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

for (const [how, answer] of [["nothing", ""], ["half of an answer", halfAnswer]] as const) {
  for (const [what, wait] of Object.entries(waits)) {
    Deno.test(`${what} that has got ${how} is ended after a collection of garbage`, async () => {
      const type = what.startsWith("a call") ? "proto" : "connect+proto";
      await using server = new StuckServer(typeof answer === "string" ? answer : answer(type));
      using connection = connectTo(`127.0.0.1:${server.port}`);
      const stop = new AbortController();
      const over = Promise.resolve(wait(connection.client, stop.signal)).catch(() => {});
      await server.asked(1);
      await forget();
      stop.abort();
      await within(10_000, `the end of ${what}`, over);
    });
  }
}

Deno.test("a watch of two servers is ended after a collection of garbage", async () => {
  await using server = new StuckServer(halfAnswer("connect+proto"));
  const names = `127.0.0.1:${server.port},localhost:${server.port}`;
  const flags = parseFlags(["--server", names, "watch", "events"], { get: () => undefined });
  const stop = new AbortController();
  const code = runOnce(flags, { out: () => {}, err: () => {} }, stop.signal);
  await server.asked(2);
  await forget();
  stop.abort();
  assert.equal(await within(10_000, "the end of the watch", code), 0);
});

Deno.test("a pause is ended after a collection of garbage", async () => {
  const stop = new AbortController();
  const over = pause(60_000, several(stop.signal));
  await forget();
  stop.abort();
  await within(10_000, "the end of the pause", over);
});
