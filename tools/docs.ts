/**
 * Regenerates docs/metrics.md from the definitions of the metrics. With `--check` it writes nothing
 * and exits 1 when the file is stale.
 *
 * @module
 */

import { metricsDocument } from "../lib/metrics/mod.ts";

const path = new URL("../docs/metrics.md", import.meta.url);

/** As `deno fmt` would leave it, so that the formatter and the generator agree. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--line-width=100", "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt refused the generated docs/metrics.md");
  return new TextDecoder().decode(stdout);
}

const text = await formatted(metricsDocument());
if (!Deno.args.includes("--check")) {
  await Deno.writeTextFile(path, text);
} else if (await Deno.readTextFile(path).catch(() => "") !== text) {
  console.error("docs/metrics.md is stale: run deno task docs");
  Deno.exitCode = 1;
}
