/** The documents of the package, and how they name each other there. */

import { root } from "../programs.ts";
import type { PackageFile } from "./packages.ts";

/** Where programs and other packages look for files. */
export const share = "/usr/share/vpp-maglev";

/** Where people read. */
export const documentFolder = "/usr/share/doc/vpp-maglevd";

/** What has changed from version to version; in the package that all others depend on. */
export const changes = "/usr/share/doc/vpp-maglev/CHANGELOG.md.gz";

/** What is not in docs/: from the project's root, and where it is installed. */
const elsewhere: Readonly<Record<string, string>> = {
  "packaging/prometheus/maglev.rules.yaml": `${share}/prometheus/maglev.rules.yaml`,
  "packaging/grafana/maglev.json": `${share}/grafana/maglev.json`,
  "proto/maglev.proto": `${share}/proto/maglev.proto`,
  "docs/maglev.schema.json": `${share}/maglev.schema.json`,
  "docs/auth.schema.json": `${share}/auth.schema.json`,
};

/** Pages for those who change maglevd; they are about files that no package has. */
const forDevelopers: readonly string[] = ["architecture.md", "testing.md", "http2.md"];

/** Everything to read, by its place in the package. */
export function documents(): readonly PackageFile[] {
  const pages = filesBelow("docs/").filter((path) => !isLeftOut(path) && !(path in elsewhere));
  return [
    ...pages.map((path) => ({ path: installedPath(path), ...source(path) })),
    ...Object.entries(elsewhere).map(([file, path]) => ({ path, ...source(file) })),
  ];
}

/** How a page of the project reads when it is installed: what it links to and names is there. Pure. */
export function installedText(page: string, text: string): string {
  const linked = text.replaceAll(
    /\[([^\]]*)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)/g,
    (link, label: string, target: string) => {
      const path = new URL(target, `file:///${page}`).pathname.slice(1);
      if (path in elsewhere) return `\`${elsewhere[path]}\``;
      return path.startsWith("docs/") && !isLeftOut(path) ? link : label;
    },
  );
  const named = Object.entries(elsewhere).reduce(
    (whole, [path, installed]) => whole.replaceAll(path, installed),
    linked,
  );
  return named.replaceAll(/(?<![\w/])docs\/(?=[\w./-]+\.(?:md|sh))/g, `${documentFolder}/`);
}

function installedPath(path: string): string {
  return `${documentFolder}/${path.slice("docs/".length)}`;
}

/** Programs, data and pictures are taken as they are. */
function source(path: string): Pick<PackageFile, "from" | "mode"> {
  if (path.endsWith(".sh")) return { from: { page: path }, mode: 0o755 };
  return { from: /\.(json|webp)$/.test(path) ? { file: path } : { page: path } };
}

/** Manual pages have a place of their own. */
function isLeftOut(path: string): boolean {
  return path.startsWith("docs/man/") || forDevelopers.includes(path.slice("docs/".length));
}

function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(root + folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}${name}/`) : [folder + name]
  ).sort();
}
