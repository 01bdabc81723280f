import assert from "node:assert/strict";
import { type Bind, type BoundListener, listen } from "../../lib/port/listener.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { FakeLog } from "./support/fake_log.ts";
import { testSupervisor, uncounted } from "./support/listening.ts";
import { errno, listening } from "./support/listener_bed.ts";

/** A bound port of a test's own, whose `accept` does what it is told until it is closed. */
class FakeBound implements BoundListener {
  readonly addr: { hostname: string; port: number };
  closed = 0;
  readonly #next = Promise.withResolvers<never>();

  constructor(hostname: string, port: number) {
    this.addr = { hostname, port: port || 4711 };
    // It may be closed before anything is accepted.
    this.#next.promise.catch(() => {});
  }

  accept = (): Promise<never> => this.#next.promise;

  /** The kernel takes it away. */
  die(): void {
    this.#next.reject(errno("EBADF", "Bad file descriptor"));
  }

  close(): void {
    this.closed++;
    this.#next.reject(new Deno.errors.BadResource("closed"));
  }
}

Deno.test("a listener that dies is opened again, on the port it had", async () => {
  const bound: FakeBound[] = [];
  const { clock, log, listener } = listening((hostname, port) => {
    const asked = bound.push(new FakeBound(hostname, port));
    if (asked === 2) throw new Deno.errors.AddrInUse("still there");
    return bound.at(-1) ?? new FakeBound(hostname, port);
  }, "127.0.0.1");
  assert.deepEqual([listener.address, listener.port], ["127.0.0.1:4711", 4711]);
  bound[0]?.die();
  await clock.advanceAsync(99);
  assert.deepEqual([bound.length, bound[0]?.closed], [1, 1]);
  await clock.advanceAsync(1);
  assert.equal(bound.length, 2);
  await clock.advanceAsync(200);
  assert.equal(bound.length, 3);
  assert.deepEqual(bound.map(({ addr }) => addr.port), [4711, 4711, 4711]);
  assert.deepEqual(log.named("task-failed").map(({ task, err }) => [task, err]), [
    ["grpc-listener", "Bad file descriptor"],
    [
      "grpc-listener",
      "cannot listen on 127.0.0.1:4711 for gRPC: another program listens there",
    ],
  ]);
  await listener.close();
  assert.deepEqual(bound.map(({ closed }) => closed > 0), [true, false, true]);
  assert.equal(bound[0]?.closed, 1, "what is gone is not closed again");
  assert.deepEqual([clock.pending, log.records.length], [0, 2]);
});

Deno.test("a listener that is closed stays closed", async () => {
  const bound: FakeBound[] = [];
  const { clock, listener } = listening((hostname, port) => {
    bound.push(new FakeBound(hostname, port));
    return bound.at(-1) ?? new FakeBound(hostname, port);
  });
  await listener.close();
  await listener.close();
  await clock.advanceAsync(60_000);
  assert.equal(bound.length, 1);
});

/** Binds whatever is asked for, and tells what was; `fails` may refuse. */
function fakeBinding(fails: (hostname: string, shared: boolean, nth: number) => void = () => {}) {
  const bound: FakeBound[] = [];
  const asked: string[] = [];
  const bind: Bind = (hostname, port, shared) => {
    asked.push(`${hostname} ${port}${shared ? " shared" : ""}`);
    fails(hostname, shared, asked.length);
    const socket = new FakeBound(hostname, port);
    bound.push(socket);
    return socket;
  };
  return { bind, bound, asked };
}

Deno.test("this machine's own addresses have queues of their own, all of one life", async () => {
  const { bind, bound, asked } = fakeBinding();
  const { clock, listener } = listening(bind, undefined, true);
  assert.deepEqual(asked, [":: 0 shared", "127.0.0.1 4711 shared", "::1 4711 shared"]);
  assert.equal(listener.address, "[::]:4711");
  bound[1]?.die();
  await clock.advanceAsync(100);
  assert.deepEqual(asked.slice(3), [
    // It has to be nobody else's.
    ":: 4711",
    ":: 4711 shared",
    "127.0.0.1 4711 shared",
    "::1 4711 shared",
  ]);
  assert.deepEqual(bound.map(({ closed }) => closed > 0), [
    ...Array(4).fill(true),
    ...Array(3).fill(false),
  ]);
  await listener.close();
  assert.ok(bound.every(({ closed }) => closed > 0));
});

Deno.test("an own address that cannot be had is reached like all others", async () => {
  const { bind, bound, asked } = fakeBinding((hostname) => {
    if (hostname === "::1") throw new Deno.errors.AddrNotAvailable("");
  });
  const { listener } = listening(bind, undefined, true);
  assert.deepEqual([asked.length, bound.length], [3, 2]);
  await listener.close();
});

Deno.test("one address has one queue", async () => {
  for (const hostname of ["127.0.0.1", "192.0.2.1", "localhost"]) {
    const { bind, asked } = fakeBinding();
    const { listener } = listening(bind, hostname, true);
    assert.deepEqual(asked, [`${hostname} 0`]);
    await listener.close();
  }
  const { bind, asked } = fakeBinding();
  const { listener } = listening(bind, "0.0.0.0", true);
  assert.deepEqual(asked, ["0.0.0.0 0 shared", "127.0.0.1 4711 shared"]);
  await listener.close();
});

Deno.test("a port is nobody else's, though its sockets share it", async () => {
  const log = new FakeLog();
  const open = (port: number) =>
    listen({ hostname: undefined, port }, {
      ...{ name: "grpc", clock: systemClock, log, observer: uncounted },
      onConn: (conn) => conn.close(),
      supervisor: testSupervisor(log),
    });
  const first = open(0);
  const { port } = first;
  assert.ok(port);
  assert.throws(() => open(port), /another program listens there/);
  for (const hostname of ["127.0.0.1", "127.0.0.2"]) {
    using conn: Deno.TcpConn = await Deno.connect({ hostname, port });
    assert.equal(await conn.read(new Uint8Array(1)), null);
  }
  await first.close();
  // What was closed is free at once.
  await open(port).close();
});

Deno.test("where there is no IPv6, every address is every IPv4 address", async () => {
  const tried: string[] = [];
  const { listener } = listening((hostname, port) => {
    tried.push(hostname);
    if (hostname === "::") throw new Error("Address family not supported by protocol");
    return new FakeBound(hostname, port);
  });
  assert.deepEqual([tried, listener.address], [["::", "0.0.0.0"], "0.0.0.0:4711"]);
  await listener.close();
});
