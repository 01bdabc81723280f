import type { Broadcast } from "./broadcast.ts";

/** Counts what browsers and maglevds do, for `/metrics`. */
export class WebMetrics {
  #open = 0;
  #opened = 0;
  #cutOff = 0;

  /** Nothing was counted yet. */
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
