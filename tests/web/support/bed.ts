import { within } from "../../support/deadline.ts";
import { startFrontend } from "../../../lib/web/mod.ts";
import type { Assets, Frontend, Settings } from "../../../lib/web/mod.ts";
import type { JournalEntry, Message, News, WholeState } from "../../../lib/web/wire.ts";
import { FakeLog } from "../../port/support/fake_log.ts";

/** A page that says little. */
export const blank: Assets = { html: "<!doctype html>", script: "//", style: "*{}" };

/** Who may steer in tests. */
export const operator = { user: "ops", password: "s3cret:x" };

/** The header of whoever knows it. */
export const credentials = {
  authorization: `Basic ${btoa(`${operator.user}:${operator.password}`)}`,
};

/** A frontend on a free port that follows these maglevds. */
export async function startWeb(
  servers: readonly string[],
  settings: Partial<Settings> = {},
  assets: Assets = blank,
  tell: (status: string) => void = () => {},
): Promise<Frontend & { readonly url: string; readonly log: FakeLog }> {
  const log = new FakeLog();
  const frontend = await startFrontend(
    {
      servers: servers.join(","),
      listen: { hostname: "127.0.0.1", port: 0 },
      tokenFile: "",
      tls: {},
      certificate: undefined,
      authPath: "",
      hostNames: [],
      credentials: undefined,
      logLevel: "info",
      ...settings,
    },
    log,
    assets,
    tell,
  );
  return { ...frontend, log, url: `http://${frontend.address}` };
}

/** Everything, as a browser reads it first. */
export async function stateOf(
  url: string,
  headers: Record<string, string> = {},
): Promise<WholeState> {
  return await (await fetch(`${url}/view/api/state`, { headers })).json();
}

/** One event of a stream, as the browser would have it. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: Message | undefined;
}

/** A stream of events, to be read one by one. */
export class Events implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #chunks: AsyncIterator<string>;
  #text = "";
  /** News that were received, and not looked at. */
  readonly #told: (readonly [id: string, server: string, change: News])[] = [];

  private constructor(readonly response: Response, abort: AbortController) {
    this.#abort = abort;
    const body = response.body ?? new ReadableStream();
    this.#chunks = body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  }

  /** Opens one behind `after`. */
  static async open(
    url: string,
    after: string,
    more: Record<string, string> = {},
  ): Promise<Events> {
    const abort = new AbortController();
    const { signal } = abort;
    const headers = { "last-event-id": after, ...more };
    return new Events(await fetch(`${url}/view/api/events`, { headers, signal }), abort);
  }

  /** The next event that says something. */
  async next(): Promise<Told> {
    while (true) {
      const [first, ...rest] = this.#text.split("\n\n");
      if (rest.length > 0) {
        this.#text = rest.join("\n\n");
        const fields = new Map(
          (first ?? "").split("\n").map((line): [string, string] => {
            const colon = line.indexOf(": ");
            return [line.slice(0, colon), line.slice(colon + 2)];
          }),
        );
        const data = fields.get("data");
        if (data === undefined) continue;
        return {
          id: fields.get("id") ?? "",
          event: fields.get("event") ?? "message",
          data: JSON.parse(data),
        };
      }
      const chunk = await this.#chunks.next();
      if (chunk.done) throw new Error("the stream has ended");
      this.#text += chunk.value;
    }
  }

  /** Reads until a change of one maglevd is what is waited for. */
  async until(
    holds: (change: News, server: string) => boolean,
  ): Promise<{ change: News; id: string }> {
    while (true) {
      for (let told = this.#told.shift(); told; told = this.#told.shift()) {
        const [id, server, change] = told;
        if (holds(change, server)) return { change, id };
      }
      const { data, id } = await this.next();
      for (const [server, change] of data?.told ?? []) this.#told.push([id, server, change]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#chunks.next().catch(() => {});
  }
}

/** What news say of a backend in the journal; undefined: nothing. */
export function entryIn(news: News, backend: string): JournalEntry | undefined {
  if (news.kind !== "delta") return undefined;
  return news.entries?.find((entry) => entry.kind === "backend" && entry.backend === backend);
}

/**
 * Waits until of all maglevds these parts were read: all that there are, unless told otherwise. They
 * come by themselves, one a moment after the other.
 */
export async function untilRead(
  url: string,
  parts: readonly ("backends" | "checks" | "vpp")[] = ["backends", "checks", "vpp"],
): Promise<WholeState> {
  while (true) {
    const state = await stateOf(url);
    const isRead = state.servers.every(({ reading }) =>
      parts.every((part) => {
        const read = reading[part];
        return read !== undefined && !(Array.isArray(read) && read.length === 0);
      })
    );
    if (isRead) return state;
    await using events = await Events.open(url, state.id);
    await events.next();
  }
}

/** Waits for the link to a maglevd to be in this state; tells why it is. */
export async function untilLink(
  url: string,
  wanted: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const { id, servers: [first] } = await stateOf(url, headers);
  if (first?.link.state === wanted) return first.link.reason;
  await using events = await Events.open(url, id, headers);
  const { change } = await within(
    30_000,
    `a link that is ${wanted}`,
    events.until((each) => each.kind === "link" && each.link.state === wanted),
  );
  return change.kind === "link" ? change.link.reason : "";
}
