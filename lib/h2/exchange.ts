import { IncomingBody } from "./body.ts";
import type { H2Connection } from "./connection.ts";
import { ErrorCode, H2AbortError } from "./errors.ts";
import type { RequestHead } from "./request.ts";
import type { H2Field, H2Handler, H2Request, H2Response } from "./types.ts";

/** What an exchange needs of its connection. */
export interface ExchangeHost {
  readonly connection: H2Connection;
  readonly peer: string;
  /** Stands for the connection in requests. */
  readonly client: object;
  now(): number;
  /** To be called after every use of the connection: it acts on events and output. */
  changed(): void;
  /** A handler has thrown, or its body or trailers have. */
  failed(error: unknown, request: H2Request): void;
}

/** One request and its response: drives a handler on one side, a stream on the other. */
export class Exchange implements H2Request {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly headers: readonly H2Field[];
  readonly peer: string;
  readonly connection: object;
  readonly body: IncomingBody;
  #trailers: readonly H2Field[] = [];
  #controller: AbortController | undefined;
  #aborted: H2AbortError | undefined;
  /** Whether the stream is closed: nothing can be sent any more. */
  #over = false;
  #wake: (() => void) | undefined;
  #response: H2Response | undefined;
  #isAnswered = false;
  #producer: AsyncIterator<Uint8Array> | undefined;

  constructor(
    private readonly id: number,
    { method, scheme, authority, path, headers }: RequestHead,
    private readonly host: ExchangeHost,
  ) {
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
    this.headers = headers;
    this.peer = host.peer;
    this.connection = host.client;
    this.body = new IncomingBody({
      read: (octets) => this.#use((connection, now) => connection.bodyRead(id, octets, now)),
      discard: () => this.#use((connection, now) => connection.discardBody(id, now)),
    });
  }

  trailers: () => readonly H2Field[] = () => this.#trailers;

  cancel: (reason: string) => void = (reason) => {
    if (this.#over) return;
    const code = ErrorCode.ENHANCE_YOUR_CALM;
    this.#use((connection, now) => connection.reset(this.id, code, now));
    this.broken(new H2AbortError(code, reason));
  };

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  /**
   * Runs the handler and sends what it answers. Never rejects. A stream that is closed before its
   * turn has come, as floods of resets have it, never costs a handler.
   */
  async run(handler: H2Handler): Promise<void> {
    try {
      if (this.#over) return;
      // It would wait for nobody, for as long as the answer takes, which may be a stream of hours.
      if (contentless.has(this.method)) void this.body.return();
      this.#response = await handler(this);
      await this.#answer(this.#response);
      this.#isAnswered = !this.#over;
    } catch (error) {
      if (!this.#over) this.#fail(error);
    } finally {
      this.#over = true;
      this.body.drop();
      this.host.connection.handlerDone(this.id);
    }
  }

  /** Whether all of the response was handed to the connection. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** The transport has taken all that was handed to the connection, or never will. */
  left(isTaken: boolean): void {
    this.#response?.sent?.(isTaken && this.#isAnswered);
  }

  /** The request is complete. */
  requestEnded(trailers: readonly H2Field[]): void {
    this.#trailers = trailers;
    this.body.end();
  }

  /** What had to wait has been sent. */
  sent(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Asks the handler to come to an end; it may still answer. */
  abort(error: H2AbortError): void {
    if (this.#aborted) return;
    this.#aborted = error;
    this.#controller?.abort(error);
  }

  /** The stream is closed. */
  broken(error: H2AbortError): void {
    this.#over = true;
    this.abort(error);
    this.body.fail(error);
    this.#stopProducer();
    this.sent();
  }

  async #answer(response: H2Response): Promise<void> {
    const bodiless = this.method === "HEAD" || response.status === 204 || response.status === 304;
    this.#producer = response.body?.[Symbol.asyncIterator]();
    if (this.#over || bodiless) this.#stopProducer();
    const { trailers } = response;
    const end = bodiless || (!this.#producer && !trailers);
    const fields: H2Field[] = [[":status", statusText(response.status)], ...response.headers];
    await this.#send((connection, now) => connection.respond(this.id, fields, end, now));
    if (end || this.#over) return;
    await this.#sendBody();
    if (this.#over) return;
    const last = trailers?.() ?? [];
    await this.#send((connection, now) =>
      last.length > 0
        ? connection.sendTrailers(this.id, last, now)
        : connection.sendData(this.id, nothing, true, now)
    );
  }

  async #sendBody(): Promise<void> {
    const producer = this.#producer;
    if (!producer) return;
    while (!this.#over) {
      const { done, value } = await producer.next();
      if (done) break;
      await this.#send((connection, now) => connection.sendData(this.id, value, false, now));
    }
    this.#producer = undefined;
  }

  /** Sends something, and waits until it has left if there is no room. */
  #send(act: (connection: H2Connection, now: number) => boolean): Promise<void> | undefined {
    if (this.#over) return undefined;
    let waiting: Promise<void> | undefined;
    this.#use((connection, now) => {
      if (act(connection, now)) return;
      waiting = new Promise((resolve) => this.#wake = resolve);
    });
    return waiting;
  }

  #use(act: (connection: H2Connection, now: number) => void): void {
    act(this.host.connection, this.host.now());
    this.host.changed();
  }

  #fail(error: unknown): void {
    this.#over = true;
    this.#stopProducer();
    this.#use((connection, now) => connection.reset(this.id, ErrorCode.INTERNAL_ERROR, now));
    this.abort(new H2AbortError(ErrorCode.INTERNAL_ERROR, "the handler has failed"));
    this.host.failed(error, this);
  }

  /** Tells the producer of the body that nobody wants it. */
  #stopProducer(): void {
    const producer = this.#producer;
    this.#producer = undefined;
    try {
      producer?.return?.().catch((error: unknown) => this.host.failed(error, this));
    } catch (error) {
      this.host.failed(error, this);
    }
  }
}

/** Methods whose requests say all in their header section (RFC 9110 sections 9.3.1 and 9.3.2). */
const contentless: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const nothing = new Uint8Array(0);

function statusText(status: number): string {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return String(status);
  throw new RangeError(`response status is ${status}: must be between 200 and 599`);
}
