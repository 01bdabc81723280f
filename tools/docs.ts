/**
 * Regenerates docs/metrics.md from the definitions of the metrics. With `--check` it writes nothing
 * and exits 1 when the file is stale.
 *
 * @module
 */

import { metricsDocument } from "../lib/metrics/mod.ts";
import { formatted, update } from "./generated.ts";

await update("docs", { "docs/metrics.md": await formatted(metricsDocument(), "md") });
