import assert from "node:assert/strict";
import {
  Connection,
  type ConnectionUser,
  descriptorLimit,
  descriptorShares,
  Engine,
  type Failure,
} from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { target } from "./support/connection_stage.ts";
import { openDescriptors } from "./support/descriptors.ts";
import { Namespace, needingNamespaces } from "./support/namespaces.ts";

/** A user whose events can be awaited one after the other. */
class Recorder implements ConnectionUser {
  readonly #events: string[] = [];
  #wake = () => {};

  connected(): void {
    this.#note("connected");
  }
  readable(): void {
    this.#note("readable");
  }
  failed({ reason }: Failure): void {
    this.#note(`failed: ${reason}`);
  }
  async next(): Promise<string> {
    while (this.#events.length === 0) await new Promise<void>((wake) => this.#wake = wake);
    return this.#events.shift() ?? "";
  }
  #note(event: string): void {
    this.#events.push(event);
    this.#wake();
  }
}

async function establish(engine: Engine, port: number, user: Recorder): Promise<Connection> {
  const connection = engine.connect(target(port), user);
  assert.ok(connection instanceof Connection, String(connection));
  if (!connection.established) assert.equal(await user.next(), "connected");
  return connection;
}

Deno.test("bytes go out and come in, and the end is told", async () => {
  const before = openDescriptors();
  {
    await using engine = new Engine();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const user = new Recorder();
    using connection = await establish(engine, (listener.addr as Deno.NetAddr).port, user);
    connection.watchReading();
    const ping = new TextEncoder().encode("ping");
    assert.equal(connection.send(ping, 4n), 4);
    const peer = await listener.accept();
    const buffer = new Uint8Array(8);
    assert.equal(await peer.read(buffer), 4);
    await peer.write(new TextEncoder().encode("pong!"));
    assert.equal(await user.next(), "readable");
    assert.equal(connection.receive(), 5);
    assert.equal(new TextDecoder().decode(engine.inbox.bytes.subarray(0, 5)), "pong!");
    assert.equal(connection.receive(), -1);
    assert.equal(connection.failure, undefined);
    peer.close();
    assert.equal(await user.next(), "readable");
    assert.equal(connection.receive(), 0);
  }
  assert.equal(openDescriptors(), before);
});

Deno.test("closing resets the connection and leaves no TIME_WAIT", async () => {
  await using engine = new Engine();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connection = await establish(
    engine,
    (listener.addr as Deno.NetAddr).port,
    new Recorder(),
  );
  connection.send(new Uint8Array(1), 1n);
  const peer = await listener.accept();
  await peer.read(new Uint8Array(1));
  connection[Symbol.dispose]();
  connection[Symbol.dispose]();
  await assert.rejects(peer.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  peer.close();
});

Deno.test("a refused connection fails with its reason", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using engine = new Engine();
  assert.deepEqual(engine.connect(target(port), new Recorder()), {
    reason: "connection refused",
    isOwn: false,
  });
});

Deno.test("a user that throws doesn't cost the others their events", async () => {
  await using engine = new Engine();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const thrown = Promise.withResolvers<unknown>();
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    thrown.resolve(event.error);
  };
  globalThis.addEventListener("error", onError);
  class Thrower extends Recorder {
    override readable(): void {
      throw new Error("from a user");
    }
  }
  try {
    const quiet = new Recorder();
    using first = await establish(engine, port, new Thrower());
    using second = await establish(engine, port, quiet);
    for (const connection of [first, second]) {
      connection.watchReading();
      connection.send(new Uint8Array(1), 1n);
    }
    const peers = [await listener.accept(), await listener.accept()];
    for (const peer of peers) peer.close();
    assert.equal(await quiet.next(), "readable");
    assert.match(String(await thrown.promise), /from a user/);
  } finally {
    globalThis.removeEventListener("error", onError);
  }
});

Deno.test("connections begun from within events don't cost others their events", async () => {
  await using engine = new Engine();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const total = 600;
  let begun = 0;
  let ended = 0;
  const serving = (async () => {
    // A peer that is gone again fails to be accepted, and would end `for await`.
    while (ended < total) {
      await Promise.allSettled([listener.accept().then((peer) => peer.close())]);
    }
  })();
  const { promise, resolve } = Promise.withResolvers<void>();
  /** Told the end of its connection, closes it and begins the next one. */
  class Relay implements ConnectionUser {
    connection: Connection | undefined;

    begin(): void {
      if (begun++ >= total) return;
      const connection = engine.connect(target(port), this);
      assert.ok(connection instanceof Connection);
      this.connection = connection;
      if (connection.established) this.connected();
    }
    connected(): void {
      this.connection?.watchReading();
    }
    readable(): void {
      this.connection?.[Symbol.dispose]();
      if (++ended === total) resolve();
      new Relay().begin();
    }
    failed({ reason }: Failure): void {
      assert.fail(reason);
    }
  }
  for (let i = 0; i < 200; i++) new Relay().begin();
  await promise;
  listener.close();
  await serving;
});

Deno.test("closing the engine ends its waiter while sockets are still watched", async () => {
  const before = openDescriptors();
  const engine = new Engine();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connection = await establish(
    engine,
    (listener.addr as Deno.NetAddr).port,
    new Recorder(),
  );
  connection.watchReading();
  await engine.close();
  await engine.close();
  connection[Symbol.dispose]();
  assert.equal(openDescriptors(), before + 1);
});

Deno.test({
  ...needingNamespaces("closing the engine leaves nothing open, the way home included"),
  fn: async () => {
    await using namespace = await Namespace.create();
    const before = openDescriptors();
    const engine = new Engine();
    const far = { ...target(1), netns: namespace.name };
    assert.ok("reason" in engine.connect(far, new Recorder()));
    assert.equal(openDescriptors(), before + 4);
    await engine.close();
    assert.equal(openDescriptors(), before);
  },
});

Deno.test("closing the engine forgets its deadlines", async () => {
  const clock = new FakeClock();
  const engine = new Engine(clock);
  engine.deadline(5, () => assert.fail("expired"));
  await engine.close();
  assert.equal(clock.pending, 0);
  clock.advance(10);
});

Deno.test("an engine has as many descriptors for probes as the process's limit allows", async () => {
  await using engine = new Engine();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const { probes } = descriptorShares(descriptorLimit());
  const held = Math.min(probes, 1000);
  for (let i = 0; i < held; i++) assert.equal(engine.admission.take(false), undefined);
  const connection = engine.connect(target(port), new Recorder());
  assert.equal(connection instanceof Connection, held < probes);
  if (connection instanceof Connection) connection[Symbol.dispose]();
});

Deno.test("a program that leaves an idle engine open still ends", async () => {
  const code = `
    import { Engine } from "${import.meta.resolve("../../lib/net/mod.ts")}";
    const engine = new Engine();
    engine.deadline(engine.clock.now() + 5, () => console.log("expired"));
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", code],
    signal: AbortSignal.timeout(20_000),
    stdout: "piped",
  });
  const { code: exit, stdout } = await child.output();
  assert.equal(new TextDecoder().decode(stdout), "expired\n");
  assert.equal(exit, 0);
});
