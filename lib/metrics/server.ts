import type { Logger } from "../log/mod.ts";
import { setImmediate } from "node:timers";
import type { Clock } from "../time/mod.ts";
import type { Metrics } from "./metrics.ts";

/** Scrapes at the same time; more are told to come back. */
const maxScrapes = 4;
/** A scraper that hasn't read everything by then is cut off. */
const scrapeLimitMs = 60_000;

/** Where and what to serve. */
export interface MetricsServerOptions {
  readonly hostname: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly metrics: Pick<Metrics, "scrape">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A running server of `/metrics`. */
export interface MetricsServer {
  readonly port: number;
  /** Stops listening and cuts off scrapes. */
  close(): Promise<void>;
}

/** Serves `/metrics` over HTTP. Throws what listening throws. */
export function serveMetrics(options: MetricsServerOptions): MetricsServer {
  const { hostname, port, metrics, clock, log } = options;
  const closing = new AbortController();
  let scrapes = 0;

  function answer(request: Request, { completed }: Deno.ServeHandlerInfo): Response {
    const { pathname } = new URL(request.url);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return text(405, "only GET and HEAD are served here\n", { allow: "GET, HEAD" });
    }
    if (pathname === "/") return html();
    if (pathname !== "/metrics") return text(404, "not found; the metrics are at /metrics\n");
    if (request.method === "HEAD") return new Response(null, { headers: expositionHeaders });
    if (scrapes >= maxScrapes) {
      return text(503, `${maxScrapes} scrapes are already running\n`, { "retry-after": "5" });
    }
    scrapes++;
    return new Response(body(completed), { headers: expositionHeaders });
  }

  function body(completed: Promise<void>): ReadableStream<Uint8Array> {
    const slices = metrics.scrape();
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      scrapes--;
      limit.cancel();
      void slices.return(undefined);
    };
    const limit = clock.after(scrapeLimitMs, end);
    completed.then(end, end);
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        await otherWork();
        const { value } = ended ? { value: undefined } : await slices.next();
        if (value) return controller.enqueue(value);
        const cut = ended;
        end();
        if (cut) controller.error(new Error("the scrape was cut off"));
        else controller.close();
      },
      cancel: end,
    }, { highWaterMark: 0 });
  }

  const server = Deno.serve({
    hostname,
    port,
    signal: closing.signal,
    onListen: () => {},
    onError(error) {
      log.error("metrics-error", { err: String(error) });
      return text(500, "internal error, see the log of maglevd\n");
    },
  }, answer);
  return {
    port: server.addr.port,
    async close() {
      closing.abort();
      await server.finished;
    },
  };
}

/** Lets the event loop do everything else that is due before the next slice. */
function otherWork(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

const expositionHeaders = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };

function text(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(message, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

function html(): Response {
  return new Response(
    '<!doctype html><title>maglevd</title><h1>maglevd</h1><a href="/metrics">metrics</a>\n',
    { headers: { "content-type": "text/html; charset=utf-8" } },
  );
}
