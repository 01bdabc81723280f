/**
 * A server that answers after a time known to itself: `server.ts PORT SECONDS FILE`. Backend number
 * i (127.1.0.0 and up, told by the Host header) gets its answer `delaysMs[i % 5]` after its request,
 * or as soon as this program comes to it. After SECONDS it writes to FILE, for each backend in order,
 * for how long each request was on this side, from when the kernel had it to the answer, in
 * milliseconds, as JSON, and ends. It never sleeps, so that it is seldom late itself.
 */

import { parseIp } from "../../lib/ip/mod.ts";
import { EventBuffer } from "../../lib/net/event_buffer.ts";
import { askForStamps, Inbox } from "../../lib/net/inbox.ts";
import { encodeSocketAddress } from "../../lib/net/layout.ts";
import { libc } from "../../lib/net/libc.ts";
import { delayOf } from "./delays.ts";

const [streamNonblocking, reusable, nonblocking, add, readable] = [2049, 2, 2048, 1, 1];
const solSocket = 1;
const [port = 0, seconds = 0] = Deno.args.map(Number);
const path = Deno.args[2] ?? "";

const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
const epoll = libc.epoll_create1(0);
const events = new EventBuffer(512);
const watched = new EventBuffer(1);
const inbox = new Inbox();
const decoder = new TextDecoder();

interface Waiting {
  readonly fd: number;
  readonly index: number;
  readonly since: number;
}
/** Requests by their delay, so that each queue is in the order in which they are due. */
const queues = new Map<number, Waiting[]>();
const spans = new Map<number, number[]>();

function watch(fd: number): void {
  watched.set(readable, fd, 0);
  libc.epoll_ctl(epoll, add, fd, watched.bytes);
}

function listen(): number {
  const any = parseIp("0.0.0.0");
  const fd = libc.socket(2, streamNonblocking, 0);
  const yes = new Uint8Array(new Int32Array([1]).buffer);
  libc.setsockopt(fd, solSocket, reusable, yes, 4);
  const address = new Uint8Array(28);
  const length = any ? encodeSocketAddress(address, any, port) : 0;
  if (libc.bind(fd, address, length) !== 0 || libc.listen(fd, 4096) !== 0) {
    throw new Error(`cannot listen on port ${port}`);
  }
  watch(fd);
  return fd;
}

function take(fd: number): void {
  askForStamps(fd);
  const length = inbox.receive(fd);
  const since = performance.now() - inbox.waitedMs;
  if (length <= 0) return void libc.close(fd);
  const [, high, low] = /Host: 127\.1\.(\d+)\.(\d+)/i
    .exec(decoder.decode(inbox.bytes.subarray(0, length))) ?? [];
  const index = 256 * Number(high) + Number(low);
  const delay = delayOf(index);
  if (delay === 0) return give({ fd, index, since });
  const queue = queues.get(delay) ?? [];
  queues.set(delay, queue);
  queue.push({ fd, index, since });
}

function give({ fd, index, since }: Waiting): void {
  const all = spans.get(index) ?? [];
  spans.set(index, all);
  all.push(performance.now() - since);
  libc.send(fd, answer, BigInt(answer.length), 0);
}

const listener = listen();
console.log("listening");
const none = new Uint8Array(0);
const end = performance.now() + 1000 * seconds;
while (performance.now() < end) {
  const count = libc.epoll_wait(epoll, events.bytes, 512, 0);
  for (let i = 0; i < count; i++) {
    const fd = events.slot(i);
    if (fd !== listener) take(fd);
    else {
      for (let next = 0; next >= 0;) {
        next = libc.accept4(listener, none, none, nonblocking);
        if (next >= 0) watch(next);
      }
    }
  }
  for (const [delay, queue] of queues) {
    while (queue[0] && performance.now() - queue[0].since >= delay) {
      const due = queue.shift();
      if (due) give(due);
    }
  }
}
await Deno.writeTextFile(path, JSON.stringify([...spans]));
