import type { Broadcast } from "./broadcast.ts";

/** Counts what browsers and maglevds do, for `/metrics`. */
export class WebMetrics {
  #open = 0;
  #opened = 0;
  #cutOff = 0;
  #loginsFailed = 0;
  /** By action and result. */
  readonly #actions = new Map<string, number>();

  constructor(private readonly broadcast: Broadcast) {}

  /** A browser follows. */
  opened(): void {
    this.#open++;
    this.#opened++;
  }

  /** A browser has gone. */
  closed(): void {
    this.#open--;
  }

  /** A browser read too slowly. */
  cutOff(): void {
    this.#cutOff++;
  }

  /** Somebody has shown something that it cannot be known by. */
  loginFailed(): void {
    this.#loginsFailed++;
  }

  /** An action was done, was refused here for want of a role, or failed at a maglevd. */
  acted(action: string, result: "done" | "denied" | "failed"): void {
    const labels = `{action="${escaped(action)}",result="${result}"}`;
    this.#actions.set(labels, (this.#actions.get(labels) ?? 0) + 1);
  }

  /** The exposition text. */
  render(): string {
    const { servers, messages } = this.broadcast;
    const links = servers.map((name): [string, number] => [
      `{server="${escaped(name)}"}`,
      this.broadcast.state(name)?.link.state === "connected" ? 1 : 0,
    ]);
    return [
      family("connected", "gauge", "Whether a maglevd is heard.", links),
      family("browsers", "gauge", "Browsers that follow.", [["", this.#open]]),
      family("streams_total", "counter", "Streams of events opened.", [["", this.#opened]]),
      family("cut_off_total", "counter", "Browsers that read too slowly.", [["", this.#cutOff]]),
      family("messages_total", "counter", "Messages to browsers.", [["", messages]]),
      family("failed_logins_total", "counter", "Logins that failed.", [["", this.#loginsFailed]]),
      family("actions_total", "counter", "Actions by action and result.", [...this.#actions]),
    ].join("");
  }
}

function family(
  name: string,
  type: string,
  help: string,
  series: readonly (readonly [labels: string, value: number])[],
): string {
  const full = `maglev_frontend_web_${name}`;
  const lines = series.map(([labels, value]) => `${full}${labels} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}

function escaped(label: string): string {
  return label.replaceAll(/[\\"\n]/g, (char) => char === "\n" ? "\\n" : `\\${char}`);
}
