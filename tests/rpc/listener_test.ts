import assert from "node:assert/strict";
import { acceptAll, listen } from "../../lib/rpc/listener.ts";
import type { AcceptingListener, Bind, BoundListener } from "../../lib/rpc/listener.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { needing } from "../support/programs.ts";
import { FakeLog } from "./fake_log.ts";
import { serve } from "./harness.ts";
import { testSupervisor, uncounted } from "./listening.ts";

/** Accepts what it is told to, one after the other, and is then closed. */
function script(
  results: readonly (string | Error)[],
  end: () => Error = () => new Deno.errors.BadResource("closed"),
): AcceptingListener {
  const left = [...results];
  return {
    accept() {
      const next = left.shift() ?? end();
      if (typeof next !== "string") return Promise.reject(next);
      const remoteAddr = { transport: "tcp", hostname: next, port: 1 } as const;
      return Promise.resolve({ remoteAddr } as Deno.TcpConn);
    },
  };
}

function errno(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Accepts all of a script; tells the peers, and how many connections were gone too soon. */
function accepting(results: readonly (string | Error)[]) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const peers: string[] = [];
  const abort = new AbortController();
  const counts = { failed: 0 };
  const listener = script(results, () => {
    abort.abort();
    return new Deno.errors.BadResource("closed");
  });
  const ended = acceptAll(listener, {
    name: "grpc",
    clock,
    log,
    observer: { ...uncounted, failed: () => void counts.failed++ },
    onConn: (_, peer) => void peers.push(peer),
  }, abort.signal);
  return { clock, log, peers, counts, ended };
}

for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]) {
  Deno.test(`a lack of ours (${code}) pauses accepting, and is said`, async () => {
    const lack = errno(code, "Too many open files (os error 24)");
    const { clock, log, peers, counts, ended } = accepting(["a", lack, lack, "::ffff:192.0.2.2"]);
    await clock.advanceAsync(0);
    assert.deepEqual([peers, log.records.length], [["a"], 1]);
    await clock.advanceAsync(99);
    assert.deepEqual(peers, ["a"]);
    await clock.advanceAsync(1);
    await ended;
    assert.deepEqual(peers, ["a", "192.0.2.2"]);
    assert.deepEqual(log.lines, Array(2).fill(`warn grpc-accept-error err=${lack.message}`));
    assert.equal(counts.failed, 0);
  });
}

Deno.test("connections that fail before they are accepted hold nobody up", async () => {
  const gone = [
    errno("ENOTCONN", "Transport endpoint is not connected"),
    errno("ECONNABORTED", "Software caused connection abort"),
    errno("EHOSTUNREACH", "No route to host"),
    new Error("something new"),
    new Deno.errors.Interrupted("for once"),
  ];
  const { clock, log, peers, counts, ended } = accepting([...gone, "a", ...gone, "b"]);
  await ended;
  assert.deepEqual(peers, ["a", "b"]);
  assert.equal(counts.failed, 10);
  assert.deepEqual([log.lines, clock.pending], [[], 0]);
});

Deno.test("a hundred failures in a row let other work have its turn, at its shortest", async () => {
  const gone = errno("ENOTCONN", "Transport endpoint is not connected");
  const hundred = Array.from({ length: 100 }, () => gone);
  const { clock, peers, counts, ended } = accepting([
    ...hundred.slice(1),
    "a",
    ...hundred,
    "b",
    ...hundred,
    "c",
  ]);
  for (let turn = 0; turn < 50; turn++) await clock.advanceAsync(0);
  assert.deepEqual([peers, counts.failed], [["a"], 199]);
  await clock.advanceAsync(9);
  assert.deepEqual(peers, ["a"]);
  await clock.advanceAsync(1);
  for (let turn = 0; turn < 50; turn++) await clock.advanceAsync(0);
  assert.deepEqual([peers, counts.failed], [["a", "b"], 299]);
  await clock.advanceAsync(10);
  await ended;
  assert.deepEqual(peers, ["a", "b", "c"]);
});

for (
  const death of [
    new Deno.errors.BadResource("Bad resource ID"),
    errno("EBADF", "Bad file descriptor"),
    errno("ENOTSOCK", "Socket operation on non-socket"),
  ]
) {
  Deno.test(`a listener that is no more (${death.message}) is given up`, async () => {
    const { signal } = new AbortController();
    const options = {
      name: "grpc",
      clock: new FakeClock(),
      log: new FakeLog(),
      observer: uncounted,
      onConn: () => {},
    } as const;
    await assert.rejects(acceptAll(script([], () => death), options, signal), death);
  });
}

Deno.test("answers do not wait for more to be sent with them", async () => {
  const asked: boolean[] = [];
  const conn = {
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 },
    setNoDelay: (on: boolean) => void asked.push(on),
  } as unknown as Deno.TcpConn;
  const abort = new AbortController();
  await acceptAll({ accept: () => Promise.resolve(conn) }, {
    name: "grpc",
    clock: new FakeClock(),
    log: new FakeLog(),
    observer: uncounted,
    onConn: () => abort.abort(),
  }, abort.signal);
  assert.deepEqual(asked, [true]);
});

Deno.test("however many connections come, all else has its turn in between", async () => {
  const conn = {
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 },
    setNoDelay() {},
  } as unknown as Deno.TcpConn;
  const clock = new FakeClock();
  const abort = new AbortController();
  let accepted = 0;
  const turns: number[] = [];
  clock.turn = {
    isOver: false,
    next: () => {
      turns.push(accepted);
      return Promise.resolve();
    },
  };
  await acceptAll({ accept: () => Promise.resolve(conn) }, {
    name: "grpc",
    clock,
    log: new FakeLog(),
    observer: uncounted,
    onConn: () => {
      if (++accepted === 1_000) abort.abort();
    },
  }, abort.signal);
  // The first of each lot was accepted before the turn that lets it go on.
  assert.deepEqual(turns.slice(0, 3), [33, 65, 97]);
  assert.equal(turns.length, 31);
});

Deno.test("a connection that cannot be made ready is closed, and others are served", async () => {
  let closed = 0;
  const broken = {
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 },
    setNoDelay() {
      throw errno("EINVAL", "Invalid argument");
    },
    close: () => void closed++,
  } as unknown as Deno.TcpConn;
  const abort = new AbortController();
  const counts = { failed: 0, accepted: 0 };
  const accept = () => {
    if (counts.failed === 0) return Promise.resolve(broken);
    abort.abort();
    return Promise.reject(new Error("closed"));
  };
  await acceptAll({ accept }, {
    name: "metrics",
    clock: new FakeClock(),
    log: new FakeLog(),
    observer: { ...uncounted, failed: () => void counts.failed++ },
    onConn: () => void counts.accepted++,
  }, abort.signal);
  assert.deepEqual([closed, counts], [1, { failed: 1, accepted: 0 }]);
});

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

function listening(bind: Bind, hostname?: string, canShare = false) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const listener = listen({ hostname, port: 0 }, {
    name: "grpc",
    clock,
    log,
    observer: uncounted,
    supervisor: testSupervisor(log, clock),
    onConn: () => {},
  }, { bind, canShare });
  return { clock, log, listener };
}

Deno.test("a listener that dies is opened again, on the port it had", async () => {
  const bound: FakeBound[] = [];
  const { clock, log, listener } = listening((hostname, port) => {
    const asked = bound.push(new FakeBound(hostname, port));
    if (asked === 2) throw new Deno.errors.AddrInUse("still there");
    return bound.at(-1) ?? new FakeBound(hostname, port);
  }, "127.0.0.1");
  assert.deepEqual([listener.hostname, listener.port], ["127.0.0.1", 4711]);
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
  const bind: Bind = (hostname, port, { shared }) => {
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
  assert.deepEqual([listener.hostname, listener.port], ["::", 4711]);
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
  assert.throws(() => open(first.port), /another program listens there/);
  for (const hostname of ["127.0.0.1", "127.0.0.2"]) {
    using conn = await Deno.connect({ hostname, port: first.port });
    assert.equal(await conn.read(new Uint8Array(1)), null);
  }
  await first.close();
  // What was closed is free at once.
  await open(first.port).close();
});

Deno.test("where there is no IPv6, every address is every IPv4 address", async () => {
  const tried: string[] = [];
  const { listener } = listening((hostname, port) => {
    tried.push(hostname);
    if (hostname === "::") throw new Error("Address family not supported by protocol");
    return new FakeBound(hostname, port);
  });
  assert.deepEqual([tried, listener.hostname], [["::", "0.0.0.0"], "0.0.0.0"]);
  await listener.close();
});

Deno.test("why a port cannot be had is said, and a taken one is not sought elsewhere", () => {
  const reasons: [error: Error, hostname: string | undefined, sentence: string, tries: number][] = [
    [new Deno.errors.AddrInUse(""), undefined, "[::]:0 for gRPC: another program listens there", 1],
    [new Deno.errors.AddrInUse(""), "a", "a:0 for gRPC: another program listens there", 1],
    [
      new Deno.errors.AddrNotAvailable(""),
      "192.0.2.77",
      "192.0.2.77:0 for gRPC: this machine has no such address",
      1,
    ],
    [
      new Deno.errors.PermissionDenied(""),
      undefined,
      "0.0.0.0:0 for gRPC: permission denied; ports below 1024 need CAP_NET_BIND_SERVICE",
      2,
    ],
    [new Error("Too many open files"), "::1", "[::1]:0 for gRPC: Too many open files", 1],
  ];
  for (const [error, hostname, sentence, tries] of reasons) {
    let tried = 0;
    const bind = () => {
      tried++;
      throw error;
    };
    assert.throws(() => listening(bind, hostname), {
      name: "ListenError",
      message: `cannot listen on ${sentence}`,
    });
    assert.equal(tried, tries, sentence);
  }
});

async function selfSigned(): Promise<{ cert: string; key: string } | undefined> {
  const directory = await Deno.makeTempDir();
  try {
    const { success } = await new Deno.Command("openssl", {
      args: [
        ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" "),
        ..."-subj /CN=localhost -addext subjectAltName=DNS:localhost".split(" "),
        ..."-addext basicConstraints=critical,CA:FALSE".split(" "),
        ...["-keyout", `${directory}/key`, "-out", `${directory}/cert`],
      ],
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const [cert, key] = await Promise.all(
      ["cert", "key"].map((name) => Deno.readTextFile(`${directory}/${name}`)),
    );
    return cert && key ? { cert, key } : undefined;
  } catch {
    return undefined;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const tls = await selfSigned();

Deno.test({
  ...needing(tls !== undefined, "openssl", "TLS: ALPN picks HTTP/2 or HTTP/1.1"),
  async fn() {
    if (!tls) return;
    await using harness = await serve({ tls, addr: ":0" });
    assert.deepEqual(harness.log.named("grpc-listen-open"), [], "it is not as open as that");
    for (const [http2, http1] of [[true, false], [false, true]] as const) {
      using client = Deno.createHttpClient({ caCerts: [tls.cert], http2, http1 });
      const url = `https://localhost:${harness.server.port}/maglev.Maglev/ListFrontends`;
      const headers = { "content-type": "application/json" };
      const response = await fetch(url, { client, method: "POST", headers, body: "{}" });
      assert.deepEqual(await response.json(), { frontendNames: ["api", "www"] });
    }
  },
});

Deno.test({
  ...needing(tls !== undefined, "openssl", "TLS: who does not speak it is let go"),
  async fn() {
    if (!tls) return;
    await using harness = await serve({ tls });
    const conn = await Deno.connect({ port: harness.server.port });
    await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: test\r\n\r\n"));
    const buffer = new Uint8Array(100);
    while (await conn.read(buffer).catch(() => null));
    conn.close();
    const [failure] = harness.log.named("grpc-handshake-failed");
    assert.equal(failure?.peer, "127.0.0.1");
    assert.match(String(failure?.err), /TLS|tls|corrupt|InvalidContentType/);
  },
});
