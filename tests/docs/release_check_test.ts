import { deepEqual, equal } from "node:assert/strict";
import { versionFaults } from "../../tools/release/versions.ts";
import { run } from "../e2e/support/process.ts";
import { root } from "./support/pages.ts";
import { locked } from "../../tools/programs.ts";

const good = {
  version: "1.2.3",
  changelog: "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- All.\n",
  manuals: { "a.8": '.TH A 8 "" "maglev 1.2.3" "Administration"\n' },
  pages: { "guide.md": "dpkg -i x_1.2.3_amd64.deb\nmaglevd 1.2.3 (commit …)\nx_1.2.4_amd64.deb" },
};

Deno.test("a tree whose versions agree has no faults", () => {
  deepEqual(versionFaults(good), []);
});

Deno.test("each place with another version is named", () => {
  deepEqual(versionFaults({ ...good, version: "1.3.0" }), [
    'CHANGELOG.md: the newest entry is "[1.2.3] - 2026-01-02", expected "[1.3.0] - YEAR-MONTH-DAY"',
    "a.8: its .TH line is of version 1.2.3, not 1.3.0: run deno task man",
    "guide.md: shows version 1.2.3, this is 1.3.0",
    "guide.md: shows version 1.2.4, this is 1.3.0",
  ]);
});

Deno.test("a version without a date, an empty entry and an odd version are faults", () => {
  const undated = good.changelog.replace(" - 2026-01-02", "");
  deepEqual(versionFaults({ ...good, changelog: undated }), [
    'CHANGELOG.md: the newest entry is "[1.2.3]", expected "[1.2.3] - YEAR-MONTH-DAY"',
  ]);
  const empty = good.changelog.replace("- All.", "");
  deepEqual(versionFaults({ ...good, changelog: empty }), [
    "CHANGELOG.md: the entry of 1.2.3 lists nothing",
  ]);
  deepEqual(
    versionFaults({ ...good, version: "1.2" })[0],
    [
      'deno.json: "1.2" is not a semantic version such as 1.2.3 or 1.2.3-rc.1',
    ][0],
  );
});

Deno.test("the versions in this tree agree, and what is generated is fresh", async () => {
  const { code, stderr } = await run(
    ...[Deno.execPath(), "run", "-A", ...locked, `${root}tools/release_check.ts`] as const,
    "--quick",
  );
  equal(code, 0, stderr);
});
