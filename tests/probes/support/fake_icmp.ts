/** A socket, and as much of an engine, as tests of {@link IcmpHub} need. */

import assert from "node:assert/strict";
import type {
  Engine,
  Failure,
  NetnsIdentity,
  PingFilter,
  PingOrigin,
} from "../../../lib/net/mod.ts";
import { IcmpHub, type PendingEcho } from "../../../lib/probes/icmp_hub.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { ip } from "../../support/ip.ts";

export const address = ip("192.0.2.1");
export const origin: PingOrigin = { family: 4, netns: "", source: undefined };

/** A ping socket that keeps what is sent, and brings what a test puts into it. */
export class FakeSocket {
  readonly sent: Uint8Array[] = [];
  readonly coming: Uint8Array[] = [];
  closed = 0;
  hasIpHeader = false;
  refusal: Failure | undefined;
  /** How many echoes there is room for, if that is limited. */
  room = Infinity;
  readable = () => {};

  constructor(readonly engine: FakeEngine, readonly origin: PingOrigin, readonly raw: boolean) {}

  send(_address: unknown, bytes: Uint8Array): Failure | undefined {
    if (this.refusal) return this.refusal;
    if (this.room < 1) return { reason: "no room", isOwn: true };
    this.room--;
    this.sent.push(bytes.slice());
    return undefined;
  }
  receive(): number {
    const bytes = this.coming.shift();
    if (!bytes) return -1;
    this.engine.inbox.bytes.set(bytes);
    return bytes.length;
  }
  [Symbol.dispose](): void {
    this.closed++;
  }
}

/** As much of an engine as hubs use. */
export class FakeEngine {
  readonly clock = new FakeClock();
  readonly inbox = {
    bytes: new Uint8Array(2048),
    waitedMs: 0,
    sender: () => this.sender,
  };
  /** From whom comes what comes. */
  sender = address.bytes;
  readonly sockets: FakeSocket[] = [];
  readonly asked: PingFilter[] = [];
  identity: NetnsIdentity | undefined = { inode: 1, major: 2, minor: 3 };
  refusal: Failure | undefined;
  raw = true;

  netnsIdentity(): NetnsIdentity | undefined {
    return this.identity;
  }
  openPing(origin: PingOrigin, filter: PingFilter, readable: () => void) {
    this.asked.push(filter);
    if (this.refusal) return this.refusal;
    const socket = new FakeSocket(this, origin, this.raw);
    socket.readable = readable;
    this.sockets.push(socket);
    return socket;
  }
  deadline(at: number, expire: () => void) {
    return this.clock.after(at - this.clock.now(), expire);
  }
  /** For who wants a whole one. */
  get whole(): Engine {
    return this as unknown as Engine;
  }
}

/** A hub on a fake socket, and what its user was told. */
export function hubOf(engine: FakeEngine, changes: Partial<PingOrigin> = {}) {
  const hub = new IcmpHub(engine.whole, { ...origin, ...changes });
  assert.equal(hub.open(), undefined);
  const socket = engine.sockets.at(-1);
  assert.ok(socket);
  const told: string[] = [];
  const user = {
    replied: (heardAt: number) => void told.push(`reply at ${heardAt}`),
    unreachable: (heardAt: number, reason: string) => void told.push(`${reason} at ${heardAt}`),
    unsent: ({ reason, isOwn }: Failure) =>
      void told.push(`unsent: ${reason}${isOwn ? ", our lack" : ""}`),
  };
  const send = (to = address): PendingEcho => {
    const echo = hub.send(to, user);
    assert.ok("sequence" in echo, JSON.stringify(echo));
    return echo;
  };
  /** Has `message` come. */
  const comes = (...messages: Uint8Array[]) => {
    socket.coming.push(...messages);
    socket.readable();
  };
  return { hub, socket, told, user, send, comes };
}

/** The reply to the last echo that was sent, with bytes changed. */
export function reply(socket: FakeSocket, changes: Record<number, number> = {}): Uint8Array {
  const bytes = Uint8Array.from(socket.sent.at(-1) ?? []);
  bytes[0] = 0;
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return bytes;
}

/** A message that the last echo did not reach `destination`. */
export function unreachable(socket: FakeSocket, destination: readonly number[]): Uint8Array {
  const header = new Uint8Array(20);
  header[0] = 0x45;
  header.set(destination, 16);
  return Uint8Array.from([3, 1, 0, 0, 0, 0, 0, 0, ...header, ...socket.sent.at(-1) ?? []]);
}
