/**
 * Prometheus metrics (docs/metrics.md): every family is defined once, as data; counting is cheap;
 * a scrape of any size is rendered in slices that don't hold up the event loop.
 *
 * @example Each family is in the documentation
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * const names = sections.flatMap(({ families }) => Object.values(families).map(({ name }) => name));
 * const document = metricsDocument();
 * equal(names.filter((name) => !document.includes(name)).length, 0);
 * ```
 *
 * @module
 */

export { createMetrics } from "./metrics.ts";
export type { CertificateEnds, Metrics, MetricsOptions, MetricsSources } from "./metrics.ts";
export { type MetricsServer, type MetricsServerOptions, serveMetrics } from "./server.ts";
export { budgetList, metricsDocument } from "./docs.ts";
export { type Family, type FamilyType, sections } from "./families.ts";
