/**
 * Makes the Debian packages: `deno task deb [--arch amd64|arm64] [--out FOLDER] [--version V]
 * [--compression xz|gzip|none]`.
 * Needs dpkg-deb, nothing else of Debian's tools.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import deno from "../deno.json" with { type: "json" };
import { completionScript } from "../lib/cli/commands/completion.ts";
import { hostTarget, runtimeFor } from "./compile/runtime.ts";
import { type DebianPackage, launcherValues, type PackageFile, packages } from "./deb/packages.ts";
import { root, run } from "./programs.ts";

const architectures: Readonly<Record<string, string>> = {
  amd64: "x86_64-unknown-linux-gnu",
  arm64: "aarch64-unknown-linux-gnu",
};

/** Who is named in the packages; packagers put themselves there. */
const maintainer = Deno.env.get("DEBFULLNAME") && Deno.env.get("DEBEMAIL")
  ? `${Deno.env.get("DEBFULLNAME")} <${Deno.env.get("DEBEMAIL")}>`
  : "maglev maintainers <maintainers@maglev.invalid>";

const host = Object.keys(architectures).find((name) => architectures[name] === hostTarget);
const { values } = parseArgs({
  args: Deno.args,
  options: {
    arch: { type: "string", default: host ?? "amd64" },
    out: { type: "string", default: `${root}dist` },
    "deno-version": { type: "string", default: Deno.version.deno },
    version: { type: "string", default: deno.version },
    compression: { type: "string", default: "xz" },
  },
});

try {
  const target = architectures[values.arch];
  if (!target) throw new Error(`no architecture ${values.arch}; there are amd64 and arm64`);
  const runtime = await runtimeFor(target, values["deno-version"]);
  await Deno.mkdir(values.out, { recursive: true });
  await run(Deno.execPath(), ["run", "-A", "tools/bundle.ts", values.out]);
  for (const each of packages(completion)) await build(each, runtime);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

function completion(shell: "bash" | "zsh" | "fish"): string {
  const command = completionScript(shell);
  if (command.kind !== "local") throw new TypeError("completion scripts need no server");
  return String(command.run().json());
}

async function build(each: DebianPackage, runtime: Uint8Array): Promise<void> {
  const tree = await Deno.makeTempDir();
  try {
    await Deno.chmod(tree, 0o755);
    const { name } = each.program;
    const library = `/usr/lib/${each.name}`;
    for (const file of each.files) await put(tree, file, await contentOf(each, file));
    await put(tree, { path: `${library}/${name}`, mode: 0o755 }, runtime);
    await put(tree, { path: `${library}/${name}.js` }, await read(`${values.out}/${name}.js`));
    await putDocumentation(tree, each);
    await putControl(tree, each);
    const output = `${values.out}/${each.name}_${values.version}_${values.arch}.deb`;
    await run("dpkg-deb", [
      "--root-owner-group",
      `-Z${values.compression}`,
      "--build",
      tree,
      output,
    ]);
    console.log(`${output}: ${((await Deno.stat(output)).size / 1e6).toFixed(1)} MB`);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

async function putControl(tree: string, each: DebianPackage): Promise<void> {
  const [short = "", ...long] = each.description;
  const control = [
    `Package: ${each.name}`,
    `Version: ${values.version}`,
    `Architecture: ${values.arch}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${await kibibytes(tree)}`,
    `Depends: ${each.depends}`,
    "Section: net",
    "Priority: optional",
    `Description: ${short}`,
    ...long.map((line) => ` ${line}`),
    "",
  ].join("\n");
  await put(tree, { path: "/DEBIAN/control" }, encode(control));
  if (each.conffiles.length > 0) {
    await put(tree, { path: "/DEBIAN/conffiles" }, encode(`${each.conffiles.join("\n")}\n`));
  }
  for (const script of each.scripts) {
    const content = await read(`${root}packaging/debian/${each.name}.${script}`);
    await put(tree, { path: `/DEBIAN/${script}`, mode: 0o755 }, content);
  }
}

async function putDocumentation(tree: string, each: DebianPackage): Promise<void> {
  const folder = `/usr/share/doc/${each.name}`;
  const changelog = [
    `${each.name} (${values.version}) unstable; urgency=medium`,
    "",
    "  * See CHANGELOG.md of the project.",
    "",
    ` -- ${maintainer}  ${buildDate()}`,
    "",
  ].join("\n");
  await put(tree, { path: `${folder}/changelog.gz` }, gzip(encode(changelog)));
  await put(tree, { path: `${folder}/copyright` }, await read(`${root}packaging/debian/copyright`));
  const overrides = `/usr/share/lintian/overrides/${each.name}`;
  await put(tree, { path: overrides }, await read(`${root}packaging/debian/lintian-overrides`));
}

async function contentOf(each: DebianPackage, file: PackageFile): Promise<Uint8Array> {
  if ("file" in file.from) {
    const content = await read(`${root}${file.from.file}`);
    return file.gzip ? gzip(content) : content;
  }
  if (file.from.text !== "launcher") return encode(file.from.text);
  const template = await Deno.readTextFile(`${root}packaging/debian/launcher.sh`);
  const marks = launcherValues(each);
  return encode(template.replaceAll(/@([A-Z]+)@/g, (mark, name) => marks[name] ?? mark));
}

async function put(
  tree: string,
  { path, mode = 0o644 }: { readonly path: string; readonly mode?: number },
  content: Uint8Array,
): Promise<void> {
  const place = tree + path;
  await Deno.mkdir(place.slice(0, place.lastIndexOf("/")), { recursive: true, mode: 0o755 });
  await Deno.writeFile(place, content);
  await Deno.chmod(place, mode);
}

async function kibibytes(tree: string): Promise<string> {
  return (await run("du", ["-sk", "--apparent-size", tree])).split("\t")[0] ?? "0";
}

/** RFC 5322, in UTC; SOURCE_DATE_EPOCH makes it reproducible. */
function buildDate(): string {
  const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
  const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  return date.toUTCString().replace("GMT", "+0000");
}

function read(path: string): Promise<Uint8Array> {
  return Deno.readFile(path);
}

/** As `gzip -9n` writes it: without name and time. */
function gzip(content: Uint8Array): Uint8Array {
  return gzipSync(content, { level: 9 });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
