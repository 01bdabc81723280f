import assert from "node:assert/strict";
import {
  Connection,
  type ConnectionUser,
  type ConnectTarget,
  Engine,
  type EngineOptions,
} from "../../../lib/net/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { ip } from "../../support/ip.ts";
import { RawServer } from "./raw_server.ts";

export const untold: ConnectionUser = {
  connected: () => assert.fail("connected"),
  readable: () => assert.fail("readable"),
  failed: ({ reason }) => assert.fail(reason),
};

/** An engine on a clock that stands still, and a server. */
export class Stage implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly engine: Engine;
  readonly server: RawServer;
  readonly #connections: Connection[] = [];

  constructor(options: EngineOptions = {}, private readonly family: 4 | 6 = 4) {
    this.engine = new Engine(this.clock, options);
    this.server = new RawServer(1024, family);
  }
  get idle(): number {
    return this.engine.tcpSockets.idle;
  }
  connect(changes: Partial<ConnectTarget> = {}): Connection {
    const target = {
      ...{
        address: ip(this.family === 4 ? "127.0.0.1" : "::1"),
        port: this.server.port,
        netns: "",
        suspect: false,
      },
      ...{ source: undefined, ...changes },
    };
    const connection = this.engine.connect(target, untold);
    assert.ok(connection instanceof Connection, JSON.stringify(connection));
    assert.ok(connection.established);
    this.#connections.push(connection);
    return connection;
  }
  /** Connects `count` times at once, and closes all. */
  use(count: number, changes: Partial<ConnectTarget> = {}): void {
    const all = Array.from({ length: count }, () => this.connect(changes));
    for (const each of all) each[Symbol.dispose]();
  }
  /** Lets time pass and tends the sockets; returns how many are idle then. */
  tendAfter(ms: number): number {
    this.clock.advance(ms);
    this.engine.tend();
    return this.idle;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#connections) each[Symbol.dispose]();
    await this.engine.close();
    this.server[Symbol.dispose]();
  }
}
