import { deepEqual, ok } from "node:assert/strict";
import { metricsDocument } from "../../lib/metrics/mod.ts";

/** The document's words and cells, however its lines are broken and its tables are padded. */
function wordsOf(document: string): string[] {
  return document.replaceAll(/-{3,}/g, "---").split(/\s+/).filter((word) => word !== "");
}

Deno.test("docs/metrics.md is what is made of the families and budgets, to the last number", async () => {
  const committed = await Deno.readTextFile(new URL("../../docs/metrics.md", import.meta.url));
  deepEqual(wordsOf(committed), wordsOf(metricsDocument()));
  ok(committed.includes("24 MiB"), "octets are told in MiB");
});
