import assert from "node:assert/strict";

const root = new URL("../../../", import.meta.url).pathname;

/** The versions that {@link buildPackages} makes, the older one first. */
export const builtVersions = ["1.0.0", "1.0.1"] as const;

/** Packages of these versions, uncompressed, because compressing takes CPU time. */
export async function buildPackages(
  out: string,
  versions: readonly string[] = builtVersions,
): Promise<void> {
  for (const version of versions) {
    const args = ["--compression", "none", "--version", version, "--out", out];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `${root}tools/deb.ts`, ...args],
      env: { DEBFULLNAME: "Tess Ter", DEBEMAIL: "tess@example.net" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
}
