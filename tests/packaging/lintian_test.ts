import { equal, ok } from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { builtPackages, builtVersions, debs } from "./support/built_packages.ts";

/** What only packages built for tests have, to save time. */
const suppressed = ["control", "data"].map((part) => `uses-no-compression-for-${part}-tarball`);

Deno.test(
  needing(
    havePrograms("dpkg-deb", "lintian"),
    "dpkg-deb and lintian",
    "Debian's own check of packages has nothing to say",
  ),
  async () => {
    await using both = await builtPackages();
    const packages = debs(both.path).filter((name) => name.includes(`_${builtVersions[0]}_`))
      .map((name) => `${both.path}/${name}`);
    ok(packages.length >= 3);
    const { code, stdout, stderr } = await new Deno.Command("lintian", {
      args: ["--allow-root", "--suppress-tags", suppressed.join(","), ...packages],
    }).output();
    const decoder = new TextDecoder();
    equal(decoder.decode(stdout), "", decoder.decode(stderr));
    equal(code, 0);
  },
);
