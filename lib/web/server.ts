import { gzip } from "node:zlib";
import { promisify } from "node:util";
import type { H2Handler, H2Request, H2Response } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { actionRoutes } from "./actions.ts";
import { answer, elsewhere, json, sentence, stream } from "./answers.ts";
import type { Assets } from "./assets.ts";
import type { Broadcast } from "./broadcast.ts";
import { type BrowserLimits, BrowserStream, defaultBrowserLimits } from "./browser.ts";
import { askWho, field, refuseHost, userOf } from "./guard.ts";
import type { Maglevd } from "./maglevd.ts";
import { WebMetrics } from "./metrics.ts";
import { queries, type Query } from "./queries.ts";
import type { Credentials } from "./settings.ts";
import { SharedAnswers } from "./shared_answers.ts";

/** What browsers are answered with. */
export interface PageOptions {
  readonly broadcast: Broadcast;
  readonly maglevds: ReadonlyMap<string, Maglevd>;
  readonly assets: Assets;
  readonly credentials: Credentials | undefined;
  readonly hostNames: ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly browserLimits?: BrowserLimits;
}

const compress = promisify(gzip);

/** Answers browsers. */
export class PageServer {
  readonly #options: PageOptions;
  readonly #metrics: WebMetrics;
  readonly #streams = new Set<BrowserStream>();
  /** By their content: each is compressed once. */
  readonly #compressed = new Map<string, Promise<Uint8Array>>();
  #whole: { readonly text: string; readonly octets: Promise<Uint8Array> } | undefined;
  readonly #actions: ReturnType<typeof actionRoutes>;
  readonly #answers: SharedAnswers;

  /** Nobody was answered yet. */
  constructor(options: PageOptions) {
    this.#options = options;
    this.#metrics = new WebMetrics(options.broadcast);
    this.#actions = actionRoutes(options);
    this.#answers = new SharedAnswers(options.clock);
  }

  /** Answers a request. */
  readonly handle: H2Handler = async (request) => {
    const refused = refuseHost(request, this.#options.hostNames);
    if (refused) return refused;
    const url = new URL(request.path, "http://page");
    const { pathname } = url;
    if (pathname.startsWith("/admin/")) return await this.#admin(request, url);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return sentence(405, "only GET and HEAD are served here", ["allow", "GET, HEAD"]);
    }
    const response = await this.#view(request, url);
    return request.method === "HEAD" ? headOf(response) : response;
  };

  /** Ends all streams. */
  close(): void {
    for (const each of this.#streams) each.end();
  }

  async #view(request: H2Request, url: URL): Promise<H2Response> {
    switch (url.pathname) {
      case "/":
      case "/view":
        return elsewhere("/view/");
      case "/healthz":
        return sentence(200, "ok");
      case "/metrics":
        return answer(200, "text/plain; version=0.0.4; charset=utf-8", this.#metrics.render());
      case "/view/app.js":
        return await this.#file(request, "text/javascript; charset=utf-8", "script");
      case "/view/app.css":
        return await this.#file(request, "text/css; charset=utf-8", "style");
      case "/view/api/state":
        return await this.#state(request);
      case "/view/api/events":
        if (request.method === "HEAD") return sentence(200, "events");
        return this.#events(request, url);
    }
    const [, name] = /^\/view\/api\/([a-z]+)$/.exec(url.pathname) ?? [];
    if (name !== undefined) return await this.#query(queries.get(name), url);
    if (url.pathname.startsWith("/view/")) return await this.#file(request, html, "html");
    if (url.pathname === "/admin" && this.#options.credentials) return elsewhere("/admin/");
    return sentence(404, "not found; the page is at /view/");
  }

  async #admin(request: H2Request, url: URL): Promise<H2Response> {
    const { credentials } = this.#options;
    if (!credentials) {
      return sentence(404, "nobody may steer: MAGLEV_FRONTEND_USER and _PASSWORD are not set");
    }
    const user = userOf(request, credentials);
    if (user === undefined) return askWho();
    if (url.pathname.startsWith("/admin/api/")) return await this.#actions(request, url, user);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return sentence(405, "only GET and HEAD are served here", ["allow", "GET, HEAD"]);
    }
    const response = await this.#file(request, html, "html");
    return request.method === "HEAD" ? headOf(response) : response;
  }

  /** A file of the page. Its name stays, so browsers have to ask whether it has changed. */
  async #file(request: H2Request, type: string, name: keyof Assets): Promise<H2Response> {
    const content = this.#options.assets[name];
    const gzipped = this.#compressed.get(name) ?? compress(content);
    this.#compressed.set(name, gzipped);
    const fields = [["cache-control", "no-cache"], ["vary", "accept-encoding"]] as const;
    if (!takesGzip(request)) return answer(200, type, content, ...fields);
    return answer(200, type, await gzipped, ...fields, ["content-encoding", "gzip"]);
  }

  async #state(request: H2Request): Promise<H2Response> {
    const text = this.#options.broadcast.whole();
    const fields = [["cache-control", "no-store"], ["vary", "accept-encoding"]] as const;
    if (text.length < 4096 || !takesGzip(request)) {
      return answer(200, "application/json", text, ...fields);
    }
    // However many ask at once, it is compressed once.
    if (this.#whole?.text !== text) this.#whole = { text, octets: compress(text, { level: 1 }) };
    const octets = await this.#whole.octets;
    return answer(200, "application/json", octets, ...fields, ["content-encoding", "gzip"]);
  }

  #events(request: H2Request, url: URL): H2Response {
    const { broadcast, browserLimits = defaultBrowserLimits } = this.#options;
    const browser = new BrowserStream(browserLimits, () => this.#metrics.cutOff());
    const id = field(request, "last-event-id") || (url.searchParams.get("after") ?? "");
    // The browser's own wait before it comes back, in milliseconds.
    browser.send(new TextEncoder().encode("retry: 1000\n\n"));
    const unsubscribe = broadcast.subscribe(browser, id);
    this.#streams.add(browser);
    const end = () => browser.end();
    request.signal.addEventListener("abort", end);
    const metrics = this.#metrics;
    const streams = this.#streams;
    async function* body(): AsyncGenerator<Uint8Array> {
      metrics.opened();
      try {
        yield* browser;
      } finally {
        metrics.closed();
        unsubscribe();
        streams.delete(browser);
        request.signal.removeEventListener("abort", end);
      }
    }
    return stream(
      "text/event-stream",
      body(),
      ["cache-control", "no-store, no-transform"],
      ["x-accel-buffering", "no"],
    );
  }

  async #query(query: Query | undefined, url: URL): Promise<H2Response> {
    if (!query) return sentence(404, "there is no such question");
    const name = url.searchParams.get("server") ?? "";
    const maglevd = this.#options.maglevds.get(name);
    if (!maglevd) return sentence(404, `there is no maglevd ${JSON.stringify(name.slice(0, 100))}`);
    try {
      const ask = () => query(maglevd, url.searchParams);
      return json(await this.#answers.get(url.search + url.pathname, ask));
    } catch (error) {
      return json({ error: maglevd.describe(error) }, 502);
    }
  }
}

const html = "text/html; charset=utf-8";

function headOf({ status, headers }: H2Response): H2Response {
  return { status, headers };
}

/** Whether gzip is taken, by name (RFC 9110 section 12.5.3). */
function takesGzip(request: H2Request): boolean {
  return field(request, "accept-encoding").toLowerCase().split(",").some((coding) =>
    /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(coding)
  );
}
