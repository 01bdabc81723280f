/**
 * Writes the manual pages in docs/man from the flags, the command tree and the schema; with `--check` only
 * says which are stale.
 *
 * @module
 */

import { update } from "./generated.ts";
import { maglevYamlPage } from "./man/maglev_yaml.ts";
import { maglevcPage } from "./man/maglevc.ts";
import { maglevdPage } from "./man/maglevd.ts";
import { maglevdFrontendPage } from "./man/maglevd_frontend.ts";
import { maglevtPage } from "./man/maglevt.ts";

await update("man", {
  "docs/man/maglevc.1": maglevcPage(),
  "docs/man/maglevt.1": maglevtPage(),
  "docs/man/maglev.yaml.5": maglevYamlPage(),
  "docs/man/maglevd.8": maglevdPage(),
  "docs/man/maglevd-frontend.8": maglevdFrontendPage(),
});
