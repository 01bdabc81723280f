import type { ByteConn, H2Handler, H2Request, H2ServeOptions } from "../h2/mod.ts";
import { closeConn, concatenated, H2AbortError } from "../h2/mod.ts";
import { Alarm, type Clock, systemClock } from "../time/mod.ts";
import { responseHead } from "./answer.ts";
import { BadRequest, ConnectionOver } from "./errors.ts";
import { Exchange, type ExchangeHost } from "./exchange.ts";
import { readHead } from "./head.ts";
import { Input } from "./input.ts";
import { defaultH1Limits, type H1Limits } from "./limits.ts";
import { Output } from "./output.ts";

/** How to serve a connection. */
export interface H1ServeOptions
  extends Pick<H2ServeOptions, "clock" | "connection" | "onError" | "onOver" | "peer" | "prefix"> {
  /** What differs from {@link defaultH1Limits}. */
  readonly limits?: Partial<H1Limits>;
  /** `http` unless given. */
  readonly scheme?: "http" | "https";
  /**
   * Waits until another request may be answered that came together with the one before; for a turn
   * of the event loop unless given.
   */
  readonly mayContinue?: () => Promise<void>;
}

/** A connection being served. */
export interface H1Session {
  /** Resolves when the connection is closed, to a clause that says why. Handlers may be ending. */
  readonly closed: Promise<string>;
  /** Ends the connection after the response under way; at once if there is none. */
  drain(): void;
  /** Ends the connection at once. */
  close(): void;
}

/** Serves HTTP/1.1 (RFC 9112) on an open connection and owns it from now on. */
export function serveH1(
  conn: ByteConn,
  handler: H2Handler,
  options: H1ServeOptions = {},
): H1Session {
  return new Http1Session(conn, handler, options);
}

class Http1Session implements H1Session, ExchangeHost {
  readonly closed: Promise<string>;
  readonly input: Input;
  readonly output: Output;
  readonly scheme: string;
  readonly peer: string;
  readonly client: object;
  readonly trailerBytes: number;
  draining = false;
  readonly #limits: H1Limits;
  readonly #clock: Clock;
  /** For what the client has to say, and for what it has to take. */
  readonly #saying: Alarm;
  readonly #taking: Alarm;
  #exchange: Exchange | undefined;
  #over: ConnectionOver | undefined;

  constructor(
    private readonly conn: ByteConn,
    private readonly handler: H2Handler,
    private readonly options: H1ServeOptions,
  ) {
    const { prefix = new Uint8Array(), clock = systemClock } = options;
    const limits = { ...defaultH1Limits, ...options.limits };
    this.#limits = limits;
    this.#clock = clock;
    this.scheme = options.scheme ?? "http";
    this.peer = options.peer ?? "unknown";
    this.client = options.connection ?? this;
    this.trailerBytes = limits.trailerBytes;
    this.#saying = new Alarm(clock, () => this.cut("the client is too slow in asking"));
    this.#taking = new Alarm(clock, () => this.cut("the client takes nothing"));
    this.input = new Input(conn, prefix, limits.headBytes);
    this.output = new Output(conn, limits, this.#taking);
    this.closed = this.#run();
  }

  wall(): number {
    return this.#clock.wall();
  }

  received(): void {
    this.#saying.set(Infinity);
  }

  broke(error: ConnectionOver): void {
    if (this.#over) return;
    this.#over = error;
    this.#exchange?.end(error);
  }

  failed(error: unknown, request: H2Request): void {
    // A handler that breaks off on purpose says so with this error, as over HTTP/2.
    if (!(error instanceof H2AbortError)) this.options.onError?.(error, request);
  }

  drain(): void {
    this.draining = true;
    if (!this.#exchange) this.cut("the server is shutting down");
  }

  close(): void {
    this.cut("the server has closed it");
  }

  async #run(): Promise<string> {
    try {
      while (await this.#serveNext()) await this.#inTurn();
      await this.#linger();
      return "all is said";
    } catch (error) {
      if (error instanceof ConnectionOver) return (this.#over ?? error).message;
      throw error;
    } finally {
      this.#saying.close();
      this.#taking.close();
      closeConn(this.conn);
    }
  }

  /** Requests that came in one piece would be answered without a look at anybody else. */
  async #inTurn(): Promise<void> {
    if (this.input.octets.length === 0) return;
    await (this.options.mayContinue ?? (() => this.#clock.turn.next()))();
  }

  /** Serves one request; tells whether another may follow. */
  async #serveNext(): Promise<boolean> {
    try {
      this.#saying.set(this.#limits.idleMs);
      const head = await readHead(this.input, () => this.#saying.set(this.#limits.headMs));
      if (!head || this.#over) return false;
      this.#saying.set(this.#limits.bodyMs);
      this.#exchange = new Exchange(head, this);
      return await this.#exchange.run(this.handler);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      await this.#refuse(error);
      return false;
    } finally {
      if (this.#exchange) this.options.onOver?.(this.#exchange);
      this.#exchange = undefined;
    }
  }

  async #refuse({ status, message }: BadRequest): Promise<void> {
    const text = new TextEncoder().encode(`${message}\n`);
    const head = responseHead({
      status,
      headers: [
        ["content-type", "text/plain; charset=utf-8"],
        ["content-length", String(text.length)],
      ],
      framing: "as said",
      close: true,
      wall: this.wall(),
    });
    await this.output.write(concatenated([head, text]));
  }

  /**
   * Ends our side and drops what still comes: to close with octets unread would reset the
   * connection, and the client would lose the last answer.
   */
  async #linger(): Promise<void> {
    this.#saying.set(Infinity);
    await this.output.end();
    while (!this.input.ended) {
      this.input.consume(this.input.octets.length);
      await this.input.fill();
    }
  }

  /** Ends the connection: what reads, writes or waits for a handler rejects. */
  cut(reason: string): void {
    this.broke(new ConnectionOver(reason));
    closeConn(this.conn);
  }
}
