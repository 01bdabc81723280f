/**
 * Writes the manual pages in docs/man from the flags, the command tree and the schema; with `--check` only
 * says which are stale.
 *
 * @module
 */

import { maglevYamlPage } from "./man/maglev_yaml.ts";
import { maglevcPage } from "./man/maglevc.ts";
import { maglevdPage } from "./man/maglevd.ts";
import { maglevdFrontendPage } from "./man/maglevd_frontend.ts";
import { maglevtPage } from "./man/maglevt.ts";

const pages = {
  "maglevc.1": maglevcPage(),
  "maglevt.1": maglevtPage(),
  "maglev.yaml.5": maglevYamlPage(),
  "maglevd.8": maglevdPage(),
  "maglevd-frontend.8": maglevdFrontendPage(),
};

for (const [name, page] of Object.entries(pages)) {
  const path = new URL(`../docs/man/${name}`, import.meta.url);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(path, page);
  else if (await Deno.readTextFile(path).catch(() => "") !== page) {
    console.error(`docs/man/${name} is stale: run deno task man`);
    Deno.exitCode = 1;
  }
}
