/** The texts in which the version stands. */
export interface VersionedTexts {
  /** `version` of deno.json, which decides. */
  readonly version: string;
  readonly changelog: string;
  /** Manual pages by their path. */
  readonly manuals: Readonly<Record<string, string>>;
  /** Pages that show the version in file names and output, by their path. */
  readonly pages: Readonly<Record<string, string>>;
}

/** What does not agree with the version, one sentence each. Pure. */
export function versionFaults({ version, changelog, manuals, pages }: VersionedTexts): string[] {
  return [
    ...numberFaults(version),
    ...changelogFaults(version, changelog),
    ...Object.entries(manuals).flatMap(([path, text]) => manualFaults(version, path, text)),
    ...Object.entries(pages).flatMap(([path, text]) => pageFaults(version, path, text)),
  ];
}

function numberFaults(version: string): string[] {
  return /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)
    ? []
    : [`deno.json: "${version}" is not a semantic version such as 1.2.3 or 1.2.3-rc.1`];
}

/** The newest heading besides `Unreleased` is this version's, dated, and says something. */
function changelogFaults(version: string, changelog: string): string[] {
  const entries = changelog.split(/^## /m).slice(1);
  const newest = entries.find((entry) => !entry.startsWith("[Unreleased]")) ?? "";
  const [heading = "", ...lines] = newest.split("\n");
  const [, named, date] = heading.match(/^\[([^\]]+)\] - (\d{4}-\d{2}-\d{2})$/) ?? [];
  if (named !== version || date === undefined) {
    return [
      `CHANGELOG.md: the newest entry is "${heading}", expected "[${version}] - YEAR-MONTH-DAY"`,
    ];
  }
  return lines.some((line) => line.startsWith("- "))
    ? []
    : [`CHANGELOG.md: the entry of ${version} lists nothing`];
}

function manualFaults(version: string, path: string, text: string): string[] {
  const [, named] = text.match(/^\.TH .*"maglev ([^"]+)"/m) ?? [];
  return named === version
    ? []
    : [`${path}: its .TH line is of version ${named ?? "none"}, not ${version}: run deno task man`];
}

/** Package names, and what `--version` prints. An upgrade may be shown to the next patch level. */
function pageFaults(version: string, path: string, text: string): string[] {
  const shown = [...text.matchAll(/(?:_|maglevd |maglevc )(\d+\.\d+\.\d+[^\s_]*)/g)]
    .map(([, each = ""]) => each);
  if (shown.length === 0) return [`${path}: shows no version at all`];
  const allowed = new Set([version, nextPatch(version)]);
  return [...new Set(shown)].filter((each) => !allowed.has(each))
    .map((each) => `${path}: shows version ${each}, this is ${version}`);
}

function nextPatch(version: string): string {
  return version.replace(/(\d+)(-.*)?$/, (_, patch) => String(Number(patch) + 1));
}
