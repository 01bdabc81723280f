import type { H2Field, H2Handler, H2Request, H2Response } from "../h2/mod.ts";
import { LimitedLog } from "../log/mod.ts";
import { bodyless, isLocalPeer, openHttpPort, takesGzip, wholeAnswer } from "../port/mod.ts";
import type {
  BudgetSpec,
  ConnectionObserver,
  HttpPort,
  HttpPortOptions,
  ListenAddress,
  ReadGate,
} from "../port/mod.ts";
import type { Metrics } from "./metrics.ts";
import { scrapeBudgets, Scrapes } from "./scrapes.ts";

/** Where and what to serve. */
export interface MetricsServerOptions
  extends Pick<HttpPortOptions, "budgets" | "clock" | "limits" | "log" | "supervisor" | "tls"> {
  readonly address: ListenAddress;
  readonly metrics: Pick<Metrics, "scrape">;
  /** Asked of each request; without, everybody may read. */
  readonly gate?: ReadGate | undefined;
  /** Told of every connection. */
  readonly connections: ConnectionObserver;
}

/** A running server of `/metrics`. */
export type MetricsServer = Pick<HttpPort, "address" | "close" | "port">;

/** Serves `/metrics` over HTTP. Throws a sentence when the port cannot be had. */
export function serveMetrics(options: MetricsServerOptions): MetricsServer {
  const { connections, limits, clock } = options;
  const log = new LimitedLog(options.log, clock);
  const answer = metricsHandler({ ...options, log });
  const port = openHttpPort({
    ...options,
    name: "metrics",
    addresses: [options.address],
    handlers: { http1: answer, http2: answer },
    observer: connections,
    limits: { drainMs: 0, ...limits, h2: { ...bodyless, ...limits?.h2 } },
    log,
  });
  return {
    address: port.address,
    port: port.port,
    async close() {
      await port.close();
      log[Symbol.dispose]();
    },
  };
}

/**
 * Answers what is asked on the port of metrics. This machine's own scrapes have room of their own,
 * which strangers who do not read theirs leave alone.
 */
export function metricsHandler(
  { metrics, gate, budgets, clock, log }: Pick<
    MetricsServerOptions,
    "metrics" | "gate" | "budgets" | "clock" | "log"
  >,
): H2Handler {
  const open = (spec: BudgetSpec) =>
    new Scrapes(() => metrics.scrape(), budgets.open(spec), clock, log);
  const strangers = open(scrapeBudgets.strangers);
  const own = open(scrapeBudgets.own);
  return async (request) => {
    const refusal = await gate?.(request);
    if (refusal !== undefined) return text(401, `${refusal}\n`, ["www-authenticate", "Bearer"]);
    return respond(request, isLocalPeer(request.peer) ? own : strangers);
  };
}

function respond({ method, path, headers }: H2Request, scrapes: Scrapes): H2Response {
  if (method !== "GET" && method !== "HEAD") {
    return text(405, "only GET and HEAD are served here\n", ["allow", "GET, HEAD"]);
  }
  switch (path.split("?", 1)[0]) {
    case "/":
      return wholeAnswer(200, "text/html; charset=utf-8", index);
    case "/metrics": {
      const gzip = takesGzip(headers);
      const fields = gzip ? [...expositionFields, gzipField] : expositionFields;
      if (method === "HEAD") return { status: 200, headers: fields };
      return { status: 200, headers: fields, body: scrapes.read(gzip ? "gzip" : "identity") };
    }
    default:
      return text(404, "not found; the metrics are at /metrics\n");
  }
}

const gzipField: H2Field = ["content-encoding", "gzip"];

const expositionFields: readonly H2Field[] = [
  ["content-type", "text/plain; version=0.0.4; charset=utf-8"],
  ["vary", "accept-encoding"],
];

const index =
  '<!doctype html><title>maglevd</title><h1>maglevd</h1><a href="/metrics">metrics</a>\n';

function text(status: number, message: string, ...more: readonly H2Field[]): H2Response {
  return wholeAnswer(status, "text/plain; charset=utf-8", message, ...more);
}
