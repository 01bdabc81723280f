import type { LogAttributes, LogLevel } from "../log/mod.ts";
import type { Report } from "./types.ts";

/** A record of the log that another thread writes. */
export interface Line {
  readonly level: LogLevel;
  readonly msg: string;
  readonly attributes: LogAttributes | undefined;
}

/** What is told in one message. */
export interface Batch {
  readonly reports: readonly Report[];
  readonly lines: readonly Line[];
  /** Records of the log for which there was no room. */
  readonly droppedLines: number;
}

/** Reports and records of one batch: what one takes to copy is about a millisecond. */
const mostPerBatch = 512;
/** Verdicts that may wait before only the last of each row is kept. */
const mostVerdicts = 8_192;
/** Other reports, and records of the log, that may wait before further ones are left out. */
const mostOthers = 4_096;

/**
 * What is to be told to who decides: one batch at a time, the next when that has been taken. Who is
 * slow gets larger batches and, when that is not enough, less of what is worth less: never is a
 * row's last verdict left out.
 */
export class Outbox {
  readonly #send: (batch: Batch) => void;
  #verdicts: Report[] = [];
  #others: Report[] = [];
  #lines: Line[] = [];
  #droppedLines = 0;
  #isTaken = true;
  #thinAt = mostVerdicts;

  /** `send` gives a batch to whoever decides, who says when it has been {@link taken}. */
  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  /** Whether there is anything to be told. */
  get isEmpty(): boolean {
    return this.#verdicts.length + this.#others.length + this.#lines.length === 0;
  }

  /** Has a report told. */
  report(report: Report): void {
    if (report.kind !== "verdict") {
      if (this.#others.length < mostOthers) this.#others.push(report);
      return;
    }
    this.#verdicts.push(report);
    if (this.#verdicts.length > this.#thinAt) this.#thin();
  }

  /** Has a record of the log written. */
  line(line: Line): void {
    if (this.#lines.length < mostOthers) this.#lines.push(line);
    else this.#droppedLines++;
  }

  /** Tells what there is, unless the last batch has not been taken yet. */
  flush(): void {
    if (!this.#isTaken || this.isEmpty) return;
    this.#isTaken = false;
    const verdicts = this.#verdicts.splice(0, mostPerBatch);
    const others = this.#others.splice(0, mostPerBatch - verdicts.length);
    const lines = this.#lines.splice(0, mostPerBatch);
    const droppedLines = this.#droppedLines;
    this.#droppedLines = 0;
    this.#send({ reports: [...verdicts, ...others], lines, droppedLines });
  }

  /** The last batch has been taken. */
  taken(): void {
    this.#isTaken = true;
    this.flush();
  }

  #thin(): void {
    const last = new Map<number, Report>();
    for (const verdict of this.#verdicts) {
      last.delete(verdict.row);
      last.set(verdict.row, verdict);
    }
    this.#verdicts = [...last.values()];
    this.#thinAt = Math.max(mostVerdicts, 2 * this.#verdicts.length);
  }
}
