import assert from "node:assert/strict";
import { acceptAll, type AcceptingSocket } from "../../lib/port/listener.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { certFile, serverIdentity, textOf } from "../support/certificates.ts";
import { FakeLog } from "./support/fake_log.ts";
import { serve } from "../api/support/harness.ts";
import { uncounted } from "./support/listening.ts";
import { errno, listening } from "./support/listener_bed.ts";

/** Accepts what it is told to, one after the other, and is then closed. */
function script(
  results: readonly (string | Error)[],
  end: () => Error = () => new Deno.errors.BadResource("closed"),
): Pick<AcceptingSocket, "accept"> {
  const left = [...results];
  return {
    accept() {
      const next = left.shift() ?? end();
      if (typeof next !== "string") return Promise.reject(next);
      const remoteAddr = { transport: "tcp", hostname: next, port: 1 } as const;
      return Promise.resolve({ remoteAddr, setNoDelay() {} } as unknown as Deno.TcpConn);
    },
  };
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

Deno.test("what this machine lacks for now is said and waited for, and no client's fault", async () => {
  for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]) {
    const { clock, log, peers, counts, ended } = accepting([errno(code, "there is none"), "a"]);
    await clock.advanceAsync(49);
    assert.deepEqual([peers, log.lines.length], [[], 1]);
    assert.match(log.lines[0] ?? "", /grpc-accept-error .*there is none/);
    await clock.advanceAsync(1);
    await ended;
    assert.deepEqual([peers, counts.failed], [["a"], 0]);
  }
});

Deno.test("a listener that is no more ends, so that another can be opened", async () => {
  const ends = [
    new Deno.errors.BadResource("closed"),
    errno("EBADF", "Bad file descriptor"),
    errno("ENOTSOCK", "Socket operation on non-socket"),
  ];
  for (const end of ends) {
    const { peers, counts, ended } = accepting(["a", end, "b"]);
    await assert.rejects(ended, end);
    assert.deepEqual([peers, counts.failed], [["a"], 0]);
  }
});

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

Deno.test("TLS: ALPN picks HTTP/2 or HTTP/1.1", async () => {
  await using harness = await serve({ tls: { identity: await serverIdentity() }, addr: ":0" });
  for (const [http2, http1] of [[true, false], [false, true]] as const) {
    const caCerts = [textOf(certFile("authority"))];
    using client = Deno.createHttpClient({ caCerts, http2, http1 });
    const url = `https://localhost:${harness.server.port}/maglev.Maglev/ListFrontends`;
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { client, method: "POST", headers, body: "{}" });
    assert.deepEqual(await response.json(), { frontendNames: ["api", "www"] });
  }
});

Deno.test("TLS: who does not speak it is let go", async () => {
  await using harness = await serve({ tls: { identity: await serverIdentity() } });
  const conn = await Deno.connect({ port: harness.server.port });
  await conn.write(new TextEncoder().encode("get / http/1.1\r\nhost: test\r\n\r\n"));
  const buffer = new Uint8Array(100);
  while (await conn.read(buffer).catch(() => null));
  conn.close();
  const [failure] = harness.log.named("grpc-handshake-failed");
  assert.equal(failure?.peer, "127.0.0.1");
  assert.equal(failure?.err, "the client does not speak TLS");
});
