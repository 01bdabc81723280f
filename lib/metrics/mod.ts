/**
 * Prometheus metrics (docs/metrics.md): every family is defined once, as data; counting is cheap;
 * a scrape of any size is rendered in slices that don't hold up the event loop.
 *
 * @module
 */

export { createMetrics } from "./metrics.ts";
export type { Metrics, MetricsOptions, MetricsSources } from "./metrics.ts";
export { serveMetrics } from "./server.ts";
export type { MetricsServer, MetricsServerOptions } from "./server.ts";
export { metricsDocument } from "./docs.ts";
export { sections } from "./families.ts";
export type { Family, FamilyType } from "./families.ts";
