/**
 * Which build this is. The number is `version` in deno.json and nowhere else.
 *
 * @example What `--version` prints
 * ```ts
 * import { match } from "node:assert/strict";
 *
 * match(formatVersion("maglevd"), /^maglevd \d+\.\d+\.\d+ \(commit \w+, built .+\)$/);
 * ```
 *
 * @module
 */

import deno from "../../deno.json" with { type: "json" };

/** What identifies a build. */
export interface Version {
  /** Semantic version. */
  readonly version: string;
  /** Abbreviated commit hash, or `unknown` when run from source. */
  readonly commit: string;
  /** When it was built, RFC 3339, or `unknown` when run from source. */
  readonly date: string;
}

/** What the bundler leaves on the global object, before any module runs. */
interface Stamped {
  readonly maglevBuild?: { readonly commit: string; readonly date: string };
}

const { maglevBuild } = globalThis as Stamped;

/** This build. */
export const version: Version = {
  version: deno.version,
  commit: maglevBuild?.commit ?? "unknown",
  date: maglevBuild?.date ?? "unknown",
};

/** One line for `--version`: `maglevd 0.1.0 (commit 1a2b3c4, built 2026-01-02T03:04:05Z)`. */
export function formatVersion(program: string): string {
  return `${program} ${version.version} (commit ${version.commit}, built ${version.date})`;
}
