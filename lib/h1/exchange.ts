import type { H2Field, H2Handler, H2Request, H2Response } from "../h2/mod.ts";
import { answerHead, answerParts, continueLine } from "./answer.ts";
import { ConnectionOver } from "./errors.ts";
import type { RequestHead } from "./head.ts";
import type { Input } from "./input.ts";
import type { Output } from "./output.ts";
import { RequestBody } from "./request_body.ts";

/** What an exchange needs of its connection. */
export interface ExchangeHost {
  readonly input: Input;
  readonly output: Output;
  readonly scheme: string;
  readonly peer: string;
  /** Stands for the connection in requests. */
  readonly client: object;
  readonly trailerBytes: number;
  /** Whether the connection is to end with this response. */
  readonly draining: boolean;
  /** Unix milliseconds. */
  wall(): number;
  /** The request is complete, or nobody waits for the rest of it any more. */
  received(): void;
  /** The connection broke while the answer was under way. */
  broke(error: ConnectionOver): void;
  /** Ends the connection at once. */
  cut(reason: string): void;
  /** A handler has thrown, or the body of its response has. */
  failed(error: unknown, request: H2Request): void;
}

const internalError: H2Response = { status: 500, headers: [["content-length", "0"]] };

/** One request and its response: drives a handler on one side, the connection on the other. */
export class Exchange implements H2Request {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly H2Field[];
  readonly scheme: string;
  readonly peer: string;
  readonly connection: object;
  readonly body: RequestBody;
  #controller: AbortController | undefined;
  #over: ConnectionOver | undefined;
  #answered = false;
  /** Ends the wait for the handler, or for the next part of its body. */
  #interrupt: ((error: ConnectionOver) => void) | undefined;
  #producer: AsyncIterator<Uint8Array> | undefined;
  #mayContinue: boolean;

  constructor(private readonly head: RequestHead, private readonly host: ExchangeHost) {
    this.method = head.method;
    this.path = head.path;
    this.authority = head.authority;
    this.headers = head.headers;
    this.scheme = host.scheme;
    this.peer = host.peer;
    this.connection = host.client;
    this.#mayContinue = head.expectsContinue;
    this.body = new RequestBody(host.input, head.body, host.trailerBytes, {
      waiting: () => this.#continue(),
      completed: () => this.#received(),
    });
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort(this.#over);
    }
    return this.#controller.signal;
  }

  trailers = (): readonly H2Field[] => this.body.trailers;

  cancel = (reason: string): void => this.host.cut(reason);

  /**
   * Runs the handler and sends what it answers; tells whether another request may follow. Rejects
   * with BadRequest when the body turns out malformed before anything was answered, and with
   * {@link ConnectionOver}.
   */
  async run(handler: H2Handler): Promise<boolean> {
    if (this.body.complete) this.#received();
    let response: H2Response | undefined;
    let isWhole = false;
    try {
      response = await this.#ask(handler);
      this.#producer = response.body?.[Symbol.asyncIterator]();
      const mayFollow = await this.#answer(response);
      isWhole = true;
      return mayFollow;
    } finally {
      this.#answered = true;
      this.#stopProducer();
      response?.sent?.(isWhole);
    }
  }

  /** The connection is over: nothing can be sent any more. */
  end(error: ConnectionOver): void {
    this.#over = error;
    this.#controller?.abort(error);
    this.#interrupt?.(error);
  }

  /**
   * The handler's answer. One that fails is our fault, unless its request was malformed: then it is
   * refused, for a handler that has something to say about that does not fail.
   */
  async #ask(handler: H2Handler): Promise<H2Response> {
    try {
      return await this.#unlessOver(handler(this), (late) => this.#drop(late));
    } catch (error) {
      if (this.#over) throw this.#over;
      // The client has gone while the handler was reading: nobody's fault here.
      if (error instanceof ConnectionOver) throw error;
      if (this.body.failure) throw this.body.failure;
      this.host.failed(error, this);
      return internalError;
    }
  }

  async #answer(response: H2Response): Promise<boolean> {
    const seen = this.body.failure;
    this.body.discard();
    if (this.body.failure !== seen) throw this.body.failure;
    this.host.received();
    const close = !this.head.keepAlive || !this.body.complete || this.host.draining;
    try {
      const head = answerHead(response, this.head, close, this.host.wall());
      if (!head.body) this.#stopProducer();
      const parts = answerParts(head, () => this.#next());
      for await (const part of parts) await this.host.output.write(part);
      return !head.close && !this.host.draining;
    } catch (error) {
      if (error instanceof ConnectionOver) throw error;
      this.host.failed(error, this);
      // Only its end tells the client that the response is not whole.
      throw new ConnectionOver("the response broke off", { cause: error });
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (!this.#producer) return undefined;
    const { done, value } = await this.#unlessOver(this.#producer.next());
    return done ? undefined : value;
  }

  /** What `promise` comes to, or {@link ConnectionOver}, whichever is first; `late` gets the rest. */
  #unlessOver<T>(promise: Promise<T>, late?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then((value) => this.#over ? late?.(value) : resolve(value), reject);
      if (this.#over) reject(this.#over);
      this.#interrupt = reject;
    });
  }

  /** A response that nobody waits for any more may hold something. */
  #drop({ body, sent }: H2Response): void {
    this.#producer = body?.[Symbol.asyncIterator]();
    this.#stopProducer();
    sent?.(false);
  }

  /** Tells the producer of the body that nobody wants more of it. */
  #stopProducer(): void {
    const producer = this.#producer;
    this.#producer = undefined;
    try {
      producer?.return?.().catch((error: unknown) => this.#failedToStop(error));
    } catch (error) {
      this.#failedToStop(error);
    }
  }

  #failedToStop(error: unknown): void {
    if (!(error instanceof ConnectionOver)) this.host.failed(error, this);
  }

  async #continue(): Promise<void> {
    if (!this.#mayContinue) return;
    this.#mayContinue = false;
    await this.host.output.write(continueLine);
  }

  #received(): void {
    this.host.received();
    void this.#watch();
  }

  /** Reads ahead while the answer is under way: only so is it noticed that the client leaves. */
  async #watch(): Promise<void> {
    const { input, output } = this.host;
    try {
      while (!this.#answered && !input.ended && !input.full) await input.fill();
    } catch (error) {
      if (!(error instanceof ConnectionOver)) throw error;
      return this.host.broke(error);
    }
    if (!this.#answered && input.ended) output.goOneWay();
  }
}
