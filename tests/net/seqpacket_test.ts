import assert from "node:assert/strict";
import {
  acceptSeqpacket,
  connectSeqpacket,
  FileDescriptor,
  listenSeqpacket,
  mapReadOnly,
  mapShared,
  memfd,
  receiveFd,
  sendFd,
} from "../../lib/net/mod.ts";
import { attemptUntil } from "../../lib/net/seqpacket.ts";
import { DescriptorMessage } from "../../lib/net/descriptor_message.ts";
import { libc } from "../../lib/net/libc.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { openDescriptors } from "./support/descriptors.ts";

const timeoutMs = 60_000;

async function withDirectory(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-net-" });
  try {
    await run(`${directory}/stats.sock`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a segment travels from one process's memory to another's by SCM_RIGHTS", async () => {
  await withDirectory(async (path) => {
    const before = openDescriptors();
    {
      using listener = listenSeqpacket(path);
      using segment = memfd("segment", 8192);
      using writable = mapShared(segment, 8192);
      new DataView(writable.buffer).setUint32(4096, 0xcafe);
      using client = await connectSeqpacket(path, { timeoutMs });
      using server = await acceptSeqpacket(listener, { timeoutMs });
      sendFd(server, segment);
      using received = await receiveFd(client, { timeoutMs });
      using mapping = mapReadOnly(received);
      assert.equal(mapping.size, 8192);
      assert.equal(new DataView(mapping.buffer).getUint32(4096), 0xcafe);
      new DataView(writable.buffer).setUint32(4096, 0xbeef);
      assert.equal(new DataView(mapping.buffer).getUint32(4096), 0xbeef);
    }
    assert.equal(openDescriptors(), before);
  });
});

Deno.test("receiving waits for a message that is sent later", async () => {
  await withDirectory(async (path) => {
    using listener = listenSeqpacket(path);
    using client = await connectSeqpacket(path);
    using server = await acceptSeqpacket(listener);
    using segment = memfd("segment", 4096);
    const receiving = receiveFd(client, { timeoutMs });
    await Promise.resolve();
    sendFd(server, segment);
    using received = await receiving;
    assert.ok(received.number > 2);
    const info = await Deno.readTextFile(`/proc/self/fdinfo/${received.number}`);
    const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "0", 8);
    assert.equal(flags & 0o2000000, 0o2000000, "it goes to no program that is started");
  });
});

Deno.test("a view of a mapping that is gone throws instead of crashing", () => {
  using segment = memfd("segment", 4096);
  const mapping = mapShared(segment, 4096);
  const view = new DataView(mapping.buffer);
  mapping[Symbol.dispose]();
  mapping[Symbol.dispose]();
  assert.throws(() => view.getUint8(0), TypeError);
  assert.equal(mapping.buffer.byteLength, 0);
});

Deno.test("mapping an empty file is refused", () => {
  using segment = memfd("segment", 0);
  assert.throws(() => mapReadOnly(segment), {
    name: "NetError",
    message: "map an empty file: invalid argument",
  });
});

Deno.test("connecting says why it failed", async () => {
  await withDirectory(async (path) => {
    await assert.rejects(connectSeqpacket(path), {
      code: "ENOENT",
      message: `connect to ${path}: no such file or directory`,
    });
    listenSeqpacket(path)[Symbol.dispose]();
    await assert.rejects(connectSeqpacket(path), {
      code: "ECONNREFUSED",
      message: `connect to ${path}: connection refused`,
    });
    const before = openDescriptors();
    assert.throws(() => listenSeqpacket(path), { code: "EADDRINUSE" });
    assert.equal(openDescriptors(), before);
  });
  await assert.rejects(connectSeqpacket("/".repeat(108)), RangeError);
});

Deno.test("a peer that closes without a descriptor, and one that stays silent, are told apart", async () => {
  await withDirectory(async (path) => {
    using listener = listenSeqpacket(path);
    using client = await connectSeqpacket(path);
    using server = await acceptSeqpacket(listener);
    await assert.rejects(receiveFd(client, { timeoutMs: 5 }), {
      code: "ETIMEDOUT",
      message: "receive a file descriptor: timed out",
    });
    server[Symbol.dispose]();
    await assert.rejects(receiveFd(client, { timeoutMs }), {
      code: "ECONNRESET",
      message: "receive a file descriptor: the peer closed without sending one",
    });
  });
});

Deno.test("a listener whose backlog is full is waited for, until the time is over", async () => {
  await withDirectory(async (path) => {
    using listener = listenSeqpacket(path);
    const clients: FileDescriptor[] = [];
    const clock = new FakeClock();
    const connect = async () => {
      const connecting = connectSeqpacket(path, { clock, timeoutMs: 40 });
      await clock.advanceAsync(50);
      clients.push(await connecting);
    };
    await assert.rejects(async () => {
      for (;;) await connect();
    }, { code: "ETIMEDOUT", message: `connect to ${path}: connection timed out` });
    assert.ok(clients.length >= 64, String(clients.length));
    const before = openDescriptors();
    const connecting = connectSeqpacket(path, { clock, timeoutMs: 40 });
    using served = await acceptSeqpacket(listener, { timeoutMs });
    await clock.advanceAsync(50);
    using _late = await connecting;
    assert.ok(served.number > 2);
    assert.equal(openDescriptors(), before + 2);
    for (const client of clients) client[Symbol.dispose]();
  });
});

Deno.test("of several descriptors in one message the first is kept, the others are closed", async () => {
  await withDirectory(async (path) => {
    using listener = listenSeqpacket(path);
    using client = await connectSeqpacket(path);
    using server = await acceptSeqpacket(listener);
    using segment = memfd("segment", 4096);
    const message = DescriptorMessage.carrying(segment.number);
    const view = new DataView(message.bytes.buffer);
    view.setBigUint64(72, 24n, true);
    view.setInt32(92, segment.number, true);
    const before = openDescriptors();
    assert.equal(libc.sendmsg(server.number, message.bytes, 0), 0);
    using _received = await receiveFd(client, { timeoutMs });
    assert.equal(openDescriptors(), before + 1);
  });
});

Deno.test("aborting ends a wait for clients", async () => {
  await withDirectory(async (path) => {
    using listener = listenSeqpacket(path);
    const stop = new AbortController();
    const accepting = acceptSeqpacket(listener, { signal: stop.signal });
    await Promise.resolve();
    stop.abort(new Error("over"));
    await assert.rejects(accepting, { message: "over" });
  });
});

Deno.test("a closed owner never closes or names its number again", () => {
  using other = memfd("segment", 1);
  const owner = new FileDescriptor(other.release());
  owner[Symbol.dispose]();
  owner[Symbol.dispose]();
  assert.ok(owner.closed);
  assert.throws(() => owner.number, /already closed/);
});

Deno.test("a client that was accepted blocks nobody, and goes to no program that is started", async () => {
  await withDirectory(async (path) => {
    using listener = listenSeqpacket(path);
    using _client = await connectSeqpacket(path, { timeoutMs });
    using server = await acceptSeqpacket(listener, { timeoutMs });
    const info = await Deno.readTextFile(`/proc/self/fdinfo/${server.number}`);
    const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "0", 8);
    const [nonBlocking, closeOnExec] = [0o4000, 0o2000000];
    assert.equal(flags & (nonBlocking | closeOnExec), nonBlocking | closeOnExec);
  });
});

Deno.test("why a descriptor cannot be sent is said", async () => {
  await withDirectory(async (path) => {
    using listener = listenSeqpacket(path);
    const client = await connectSeqpacket(path);
    using server = await acceptSeqpacket(listener);
    using segment = memfd("segment", 4096);
    client[Symbol.dispose]();
    assert.throws(() => sendFd(server, segment), {
      name: "NetError",
      message: "send a file descriptor: broken pipe",
    });
  });
});

Deno.test("attempts come after 1 ms, then twice as late each time up to 16 ms", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const waiting = attemptUntil(() => {
    times.push(clock.now());
    return times.length === 8 ? "done" : undefined;
  }, { clock });
  await clock.advanceAsync(1000);
  assert.equal(await waiting, "done");
  assert.deepEqual(times, [0, 1, 3, 7, 15, 31, 47, 63]);
});

Deno.test("what succeeds at once does not wait", async () => {
  const clock = new FakeClock();
  assert.equal(await attemptUntil(() => 0, { clock }), 0);
  assert.equal(clock.pending, 0);
});

Deno.test("after the timeout there is one last attempt, and then nothing", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const waiting = attemptUntil(() => void times.push(clock.now()), { clock, timeoutMs: 5 });
  await clock.advanceAsync(1000);
  assert.equal(await waiting, undefined);
  assert.deepEqual(times, [0, 1, 3, 5]);
  assert.equal(clock.pending, 0);
});

Deno.test("a signal ends it with its reason, before an attempt and between two", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let attempts = 0;
  const waiting = attemptUntil(() => void attempts++, { clock, signal: stop.signal });
  await clock.advanceAsync(1);
  stop.abort(new Error("over"));
  await assert.rejects(waiting, { message: "over" });
  assert.equal(attempts, 2);
  assert.equal(clock.pending, 0);
  await assert.rejects(attemptUntil(() => attempts++, { clock, signal: stop.signal }), {
    message: "over",
  });
  assert.equal(attempts, 2);
});

Deno.test("a signal is not listened to any more when it is over", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  let attempts = 0;
  const waiting = attemptUntil(() => attempts++ < 3 ? undefined : true, { clock, signal });
  await clock.advanceAsync(100);
  assert.equal(await waiting, true);
  assert.equal(listeners, 0);
});

Deno.test("the last pause is as long as there is time, down to a millisecond", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const waiting = attemptUntil(() => void times.push(clock.now()), { clock, timeoutMs: 4 });
  await clock.advanceAsync(1000);
  assert.equal(await waiting, undefined);
  assert.deepEqual(times, [0, 1, 3, 4]);
});
