import assert from "node:assert/strict";
import {
  Connection,
  type ConnectionUser,
  type ConnectTarget,
  Engine,
  type EngineOptions,
  type Failure,
  type Greeting,
} from "../../../lib/net/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { ip } from "../../support/ip.ts";
import { RawServer } from "./raw_server.ts";

export const EPOLLIN = 1;
export const EPOLLOUT = 4;
export const EPOLLERR = 8;
export const EPOLLHUP = 16;

export function target(port: number, changes: Partial<ConnectTarget> = {}): ConnectTarget {
  return {
    ...{ address: ip("127.0.0.1"), port, source: undefined, netns: "", suspect: false },
    ...changes,
  };
}

/** Notes what it is told, and lets the first of it be awaited. */
export class Recorder implements ConnectionUser {
  readonly events: string[] = [];
  readonly #told = Promise.withResolvers<void>();
  then = () => {};

  connected(): void {
    this.#note("connected");
  }
  readable(): void {
    this.#note("readable");
  }
  failed({ reason }: Failure): void {
    this.#note(`failed: ${reason}`);
  }
  get told(): Promise<void> {
    return this.#told.promise;
  }
  #note(event: string): void {
    this.events.push(event);
    this.then();
    this.#told.resolve();
  }
}

/** An engine on a clock that stands at 100 ms, a server, and what is opened between them. */
export class Stage implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly engine: Engine;
  readonly server: RawServer;
  readonly user = new Recorder();
  #first: Connection | undefined;

  constructor(options: EngineOptions = {}, backlog = 16, family: 4 | 6 = 4) {
    this.clock.advance(100);
    this.engine = new Engine(this.clock, options);
    this.server = new RawServer(backlog, family);
  }

  connect(
    changes: Partial<ConnectTarget> = {},
    greeting: Greeting | undefined = undefined,
  ): Connection {
    const to = target(this.server.port, changes);
    const connection = this.engine.connect(to, this.user, greeting);
    assert.ok(connection instanceof Connection, JSON.stringify(connection));
    return connection;
  }

  /** A connection whose SYN nobody answers as long as the one before it is not accepted. */
  connectWaiting(
    changes: Partial<ConnectTarget> = {},
    greeting: Greeting | undefined = undefined,
  ): Connection {
    this.#first = this.connect(changes);
    assert.equal(send(this.#first, "x"), 1);
    const connection = this.connect(changes, greeting);
    assert.equal(connection.established, false);
    return connection;
  }

  /** Has the server answer its SYN, once it is sent again; the event loop gets no turn. */
  establish(connection: Connection): void {
    for (let i = 0; i < 2; i++) this.server.accept();
    assert.equal(connection.established, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#first?.[Symbol.dispose]();
    await this.engine.close();
    this.server[Symbol.dispose]();
  }
}

export function send(connection: Connection, text: string): number {
  const bytes = new TextEncoder().encode(text);
  return connection.send(bytes, BigInt(bytes.length));
}
