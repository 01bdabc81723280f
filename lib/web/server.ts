import { ConnectError } from "@connectrpc/connect";
import { createHash } from "node:crypto";
import { gzip } from "node:zlib";
import { promisify } from "node:util";
import { type AuthRules, covers } from "../access/mod.ts";
import type { H2Field, H2Handler, H2Request, H2Response } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import { type Budgets, isLocalPeer, Outbox, PeerShares, takesGzip } from "../port/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { actionRoutes } from "./actions.ts";
import { answer, elsewhere, json, sentence, shared, stream } from "./answers.ts";
import type { Assets } from "./assets.ts";
import { type Broadcast, visitorChanged } from "./broadcast.ts";
import { type BrowserLimits, BrowserStream, defaultBrowserLimits } from "./browser.ts";
import { mostPerConnection, questionBudget, webBudgets } from "./budget.ts";
import { Gate } from "./gate.ts";
import { field, refuseHost } from "./guard.ts";
import type { Maglevd } from "./maglevd.ts";
import { WebMetrics } from "./metrics.ts";
import { queries, type Question } from "./queries.ts";
import type { Credentials } from "./settings.ts";
import { SharedAnswers, TooManyQuestions } from "./shared_answers.ts";
import type { Visitor } from "./visitors.ts";
import type { WhoAmI } from "./wire.ts";

/** What browsers are answered with. */
export interface PageOptions {
  readonly broadcast: Broadcast;
  readonly maglevds: ReadonlyMap<string, Maglevd>;
  readonly assets: Assets;
  /** Those of `--auth` that are in force; undefined: there is no file, and all may look. */
  readonly rules?: (() => AuthRules) | undefined;
  /** Who may do everything besides. */
  readonly credentials: Credentials | undefined;
  readonly hostNames: ReadonlySet<string>;
  /** Where those of {@link webBudgets} are opened. */
  readonly budgets: Budgets;
  readonly clock: Clock;
  readonly log: Logger;
  readonly browserLimits?: BrowserLimits;
}

/** A stream ends so many milliseconds after the certificate that it was opened with, at most. */
const lookMs = 1_000;

const compress = promisify(gzip);
const encoder = new TextEncoder();

/** What many are answered with: compressed once for all of them. */
class Shared {
  #gzipped: Promise<Uint8Array> | undefined;

  constructor(readonly octets: Uint8Array, private readonly level: number) {}

  gzipped(): Promise<Uint8Array> {
    return this.#gzipped ??= compress(this.octets, { level: this.level });
  }
}

/** What tells a file from all others of its name. */
function digestOf(content: string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** Answers browsers. */
export class PageServer {
  readonly #metrics: WebMetrics;
  /** And who reads them. */
  readonly #streams = new Map<BrowserStream, Visitor>();
  #ends: Timer | undefined;
  readonly #files: Readonly<Record<keyof Assets, Shared>>;
  /** What the page calls its files besides their names: a browser that has them asks no more. */
  readonly #versions: Readonly<Record<"script" | "style", string>>;
  #whole = new Shared(new Uint8Array(), 1);
  readonly #actions: ReturnType<typeof actionRoutes>;
  readonly #answers: SharedAnswers<Uint8Array>;
  readonly #outbox: Outbox;
  readonly #ownOutbox: Outbox;
  readonly #gate: Gate;

  constructor(private readonly options: PageOptions) {
    const metrics = this.#metrics = new WebMetrics(options.broadcast);
    this.#actions = actionRoutes({ ...options, metrics });
    this.#gate = new Gate({ ...options, metrics });
    const { assets: { html, script, style }, budgets, clock } = options;
    const file = (content: string) => new Shared(encoder.encode(content), 6);
    const versions = this.#versions = { script: digestOf(script), style: digestOf(style) };
    const page = html.replace("/view/app.js", `$&?v=${versions.script}`)
      .replace("/view/app.css", `$&?v=${versions.style}`);
    this.#files = { html: file(page), script: file(script), style: file(style) };
    const questions = new PeerShares(budgets.open(questionBudget), questionBudget);
    this.#answers = new SharedAnswers(clock, questions);
    this.#outbox = new Outbox(budgets.open(webBudgets.answers), mostPerConnection);
    this.#ownOutbox = new Outbox(budgets.open(webBudgets.ownAnswers), mostPerConnection);
  }

  /** Answers a request. */
  readonly handle: H2Handler = async (request) => {
    const refused = refuseHost(request, this.options.hostNames);
    if (refused) return refused;
    // Not resolved against a base: what begins with two slashes would be another host there.
    const url = request.path.startsWith("/") ? URL.parse(`http://page${request.path}`) : null;
    if (!url) return sentence(400, "that is no path");
    const { pathname } = url;
    if (pathname.startsWith("/admin/")) return await this.#admin(request, url);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return sentence(405, "only GET and HEAD are served here", ["allow", "GET, HEAD"]);
    }
    return await this.#view(request, url);
  };

  /**
   * What is in force is another thing: streams of those who may not look any more end, and the pages
   * of all others ask anew what they may.
   */
  review(): void {
    for (const [browser, visitor] of this.#streams) {
      if (covers(visitor.now().role, "view")) browser.send(visitorChanged);
      else browser.dismiss();
    }
  }

  /** Ends all streams. */
  close(): void {
    this.#ends?.cancel();
    for (const each of this.#streams.keys()) each.end();
  }

  /** Looks at those who are known by certificates, for as long as there are any. */
  #watchEnds(): void {
    this.#ends ??= this.options.clock.after(lookMs, () => {
      this.#ends = undefined;
      let areLeft = false;
      for (const [browser, { hasCertificate, now }] of this.#streams) {
        if (!hasCertificate) continue;
        if (covers(now().role, "view")) areLeft = true;
        else browser.dismiss();
      }
      if (areLeft) this.#watchEnds();
    });
  }

  async #view(request: H2Request, url: URL): Promise<H2Response> {
    switch (url.pathname) {
      case "/":
      case "/view":
        return elsewhere("/view/");
      case "/admin":
        if (this.#gate.hasLogin) return elsewhere("/admin/");
        break;
      case "/healthz":
        return sentence(200, "ok");
      case "/metrics":
        return await this.#gate.scrape(request) ??
          answer(200, "text/plain; version=0.0.4; charset=utf-8", this.#metrics.render());
    }
    if (!url.pathname.startsWith("/view/")) {
      return sentence(404, "not found; the page is at /view/");
    }
    const visitor = await this.#gate.look(request);
    return "status" in visitor ? visitor : await this.#look(request, url, visitor);
  }

  /** For those who may look. */
  async #look(request: H2Request, url: URL, visitor: Visitor): Promise<H2Response> {
    switch (url.pathname) {
      case "/view/app.js":
        return await this.#file(request, "text/javascript; charset=utf-8", "script", url);
      case "/view/app.css":
        return await this.#file(request, "text/css; charset=utf-8", "style", url);
      case "/view/api/state":
        return await this.#state(request);
      case "/view/api/whoami":
        return json(whoAmI(visitor));
      case "/view/api/events":
        return this.#events(request, url, visitor);
    }
    const [, name] = /^\/view\/api\/([a-z]+)$/.exec(url.pathname) ?? [];
    if (name !== undefined) return await this.#query(name, request, url);
    return await this.#page(request);
  }

  async #admin(request: H2Request, url: URL): Promise<H2Response> {
    if (!this.#gate.hasLogin) {
      const reason = "nobody may steer: there is neither a file of --auth nor " +
        "MAGLEV_FRONTEND_USER and _PASSWORD";
      return sentence(404, reason);
    }
    const visitor = await this.#gate.login(request);
    if ("status" in visitor) return visitor;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && url.pathname === "/admin/api/whoami") return json(whoAmI(visitor));
    if (url.pathname.startsWith("/admin/api/")) return await this.#actions(request, url, visitor);
    if (!isRead) {
      return sentence(405, "only GET and HEAD are served here", ["allow", "GET, HEAD"]);
    }
    return await this.#page(request);
  }

  #page(request: H2Request): Promise<H2Response> {
    return this.#text(request, "text/html; charset=utf-8", this.#files.html, "no-cache");
  }

  /** A file of the page. One of another version than is asked for is not kept under its address. */
  #file(
    request: H2Request,
    type: string,
    name: "script" | "style",
    { searchParams }: URL,
  ): Promise<H2Response> {
    const isKept = searchParams.get("v") === this.#versions[name];
    const caching = isKept ? "private, max-age=31536000, immutable" : "no-cache";
    return this.#text(request, type, this.#files[name], caching);
  }

  async #state(request: H2Request): Promise<H2Response> {
    const octets = await this.options.broadcast.whole();
    if (this.#whole.octets !== octets) this.#whole = new Shared(octets, 1);
    return await this.#text(request, "application/json", this.#whole, "no-store");
  }

  /** However many ask at once, it is compressed once. */
  async #text(
    request: H2Request,
    type: string,
    content: Shared,
    caching: string,
  ): Promise<H2Response> {
    const fields = [["cache-control", caching], ["vary", "accept-encoding"]] as const;
    if (content.octets.length < 4096 || !takesGzip(request.headers)) {
      return this.#held(request, type, content.octets, ...fields);
    }
    const octets = await content.gzipped();
    return this.#held(request, type, octets, ...fields, ["content-encoding", "gzip"]);
  }

  /** An answer that counts until it is taken; who comes when too much waits is refused. */
  #held(
    request: H2Request,
    type: string,
    octets: Uint8Array,
    ...fields: readonly H2Field[]
  ): H2Response {
    const outbox = isLocalPeer(request.peer) ? this.#ownOutbox : this.#outbox;
    try {
      return shared(type, octets, outbox.hold(request.connection, octets), ...fields);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      return sentence(503, error.rawMessage, ["retry-after", "1"]);
    }
  }

  #events(request: H2Request, url: URL, visitor: Visitor): H2Response {
    const { browserLimits = defaultBrowserLimits } = this.options;
    const browser = new BrowserStream(browserLimits, () => this.#metrics.cutOff());
    const id = field(request, "last-event-id") || (url.searchParams.get("after") ?? "");
    // The browser's own wait before it comes back, in milliseconds.
    browser.send(encoder.encode("retry: 1000\n\n"));
    return stream(
      "text/event-stream",
      this.#followed(browser, id, request, visitor),
      ["cache-control", "no-store, no-transform"],
      ["x-accel-buffering", "no"],
    );
  }

  /** Nothing is held before somebody reads: one that is ended before its turn never runs. */
  async *#followed(
    browser: BrowserStream,
    id: string,
    { signal }: H2Request,
    visitor: Visitor,
  ): AsyncGenerator<Uint8Array> {
    // What was in force when it was let in may not be any more.
    if (!covers(visitor.now().role, "view")) return;
    this.#metrics.opened();
    this.#streams.set(browser, visitor);
    if (visitor.hasCertificate) this.#watchEnds();
    const end = () => browser.end();
    signal.addEventListener("abort", end);
    const unsubscribe = this.options.broadcast.subscribe(browser, id);
    try {
      yield* browser;
    } finally {
      this.#metrics.closed();
      unsubscribe();
      this.#streams.delete(browser);
      signal.removeEventListener("abort", end);
    }
  }

  async #query(name: string, request: H2Request, url: URL): Promise<H2Response> {
    const question = queries.get(name);
    if (!question) return sentence(404, "there is no such question");
    const server = url.searchParams.get("server") ?? "";
    const maglevd = this.options.maglevds.get(server);
    if (!maglevd) {
      return sentence(404, `there is no maglevd ${JSON.stringify(server.slice(0, 100))}`);
    }
    try {
      const octets = await this.#answers.get(
        keyOf(question, name, url.searchParams),
        request.peer,
        async () => encoder.encode(JSON.stringify(await question.ask(maglevd, url.searchParams))),
      );
      return this.#held(request, "application/json", octets, ["cache-control", "no-store"]);
    } catch (error) {
      if (error instanceof TooManyQuestions) return json({ error: error.message }, 503);
      return json({ error: maglevd.describe(error) }, 502);
    }
  }
}

/** The same for whoever asks the same, whatever else stands in the URL. */
function keyOf({ params }: Question, name: string, given: URLSearchParams): string {
  return JSON.stringify([name, ...["server", ...params].map((each) => given.get(each) ?? "")]);
}

/** As the page is told of who looks at it. */
function whoAmI({ name, role, advice = "", isKnown }: Visitor): WhoAmI {
  return { name: isKnown ? name : "", role, reason: isKnown ? advice : "" };
}
