import assert from "node:assert/strict";
import { Store } from "../../../lib/state/store.ts";
import type { StateWorker } from "../../../lib/state/worker_client.ts";
import type { FromWorker, ToWorker } from "../../../lib/state/worker_server.ts";

/** A thread whose disk hangs: it answers when it is told to, and can end. */
export class HungWorker implements StateWorker {
  readonly asked: ToWorker[] = [];
  isTerminated = false;
  onmessage: Worker["onmessage"] = null;
  onerror: Worker["onerror"] = null;

  postMessage(message: ToWorker): void {
    this.asked.push(message);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** What it was asked so far. */
  get kinds(): string {
    return this.asked.map(({ kind }) => kind).join(" ");
  }

  /** Answers the next question. */
  answer(data: FromWorker): void {
    this.onmessage?.call(this as unknown as Worker, new MessageEvent("message", { data }));
  }

  /** Ends by an error that nobody caught. */
  die(message: string): void {
    const event = new ErrorEvent("error", { message, cancelable: true });
    this.onerror?.call(this as unknown as Worker, event);
    assert.equal(event.defaultPrevented, true, "it would end maglevd");
  }
}

/** A thread with a file of its own, on a disk that hangs from time to time. */
export class DiskWorker extends HungWorker {
  readonly #waiting: ToWorker[] = [];
  #store: Store | undefined;
  #isHanging = false;

  /** `now` is Unix milliseconds. */
  constructor(private readonly now: () => number) {
    super();
  }

  set isHanging(isHanging: boolean) {
    this.#isHanging = isHanging;
    if (!isHanging) this.#goOn();
  }

  override postMessage(message: ToWorker): void {
    super.postMessage(structuredClone(message));
    this.#waiting.push(message);
    queueMicrotask(() => this.#goOn());
  }

  /** What waits is done, also where nobody wants to know any more: the kernel does not forget it. */
  #goOn(): void {
    while (!this.#isHanging && this.#waiting.length > 0) {
      const message = this.#waiting.shift();
      if (!message) return;
      const answer = this.#do(message);
      if (!this.isTerminated) this.answer(answer);
    }
  }

  /** Gives the file back, as the end of a thread does. */
  end(): void {
    this.#store?.[Symbol.dispose]();
    this.#store = undefined;
  }

  #do(message: ToWorker): FromWorker {
    switch (message.kind) {
      case "open":
        this.#store = new Store(message.directory, this.now);
        return this.#store.open();
      case "write":
        return this.#store?.write(message.batch) ?? { kind: "failed", reason: "not open" };
      case "list":
        return this.#store?.list(message.query, message.before) ?? assert.fail("not open");
      case "close":
        this.end();
        return { kind: "closed" };
    }
  }
}
