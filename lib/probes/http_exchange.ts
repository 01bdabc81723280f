import type { HttpCheck } from "../config/mod.ts";
import type { Greeting } from "../net/mod.ts";
import { failed, formatSeconds, type Outcome, passed, type ProbeContext } from "./attempt.ts";
import { HttpReader } from "./http_reader.ts";
import type { HttpAnswer } from "./types.ts";

/** One request and its response, whatever carries them: what to send, and what to think of it. */
export class HttpExchange {
  /** What to send. */
  readonly request: Greeting;
  readonly #context: ProbeContext;
  readonly #check: HttpCheck;
  readonly #report: (outcome: Outcome) => void;
  readonly #reader: HttpReader;
  #searching = false;
  #endSearch = () => {};

  constructor(
    context: ProbeContext,
    request: Greeting,
    check: HttpCheck,
    report: (outcome: Outcome) => void,
  ) {
    this.request = request;
    this.#context = context;
    this.#check = check;
    this.#report = report;
    this.#reader = new HttpReader(check.responseRegexp !== undefined, context.wantedHeader);
  }

  /** Whether there is any use in receiving more: not while what has come is searched. */
  get wantsMore(): boolean {
    const { progress } = this.#reader;
    return progress === "head" || progress === "body";
  }

  /** What the head of the response said, where a header of it is wanted and it was read to its end. */
  get answer(): HttpAnswer | undefined {
    const { progress, status, header } = this.#reader;
    const isRead = progress === "body" || progress === "complete";
    return isRead && this.#context.wantedHeader ? { status, header } : undefined;
  }

  /** `length` bytes of the response have come. */
  received(bytes: Uint8Array, length: number): void {
    this.#reader.push(bytes, length);
    this.#judge();
  }

  /** The peer has closed in good order. */
  ended(): void {
    this.#reader.end();
    this.#judge();
  }

  /** What it means that the time is over. */
  timedOut(): Outcome {
    const within = `within ${formatSeconds(this.#check.timeoutMs)}`;
    if (this.#searching) return failed("L7TOUT", `regexp not searched to the end ${within}`);
    const what = this.#reader.progress === "body" ? "body not complete" : "no response";
    return failed("L7TOUT", `${what} ${within}`);
  }

  /** Stops what is still going on. */
  close(): void {
    this.#endSearch();
  }

  #judge(): void {
    const { progress, status, problem } = this.#reader;
    if (progress === "head" || this.#searching) return;
    if (progress === "malformed") return this.#report(failed("L7RSP", problem));
    const { responseCodeMin, responseCodeMax, responseRegexp } = this.#check;
    if (status < responseCodeMin || status > responseCodeMax) {
      return this.#report(failed("L7STS", `status ${status}`));
    }
    if (responseRegexp === undefined) return this.#report(passed("L7OK", `status ${status}`));
    if (progress === "complete") this.#search(responseRegexp);
  }

  #search(pattern: string): void {
    const { body } = this.#reader;
    this.#searching = true;
    this.#endSearch = this.#context.search.find(pattern, body, (found) => {
      this.#report(
        found
          ? passed("L7OK", `status ${this.#reader.status}, regexp found`)
          : failed("L7RSP", `regexp not found in ${body.length} bytes of body`),
      );
    });
  }
}
