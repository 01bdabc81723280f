/**
 * Makes the Debian packages: `deno task deb [--arch amd64|arm64] [--out FOLDER] [--version V]
 * [--compression gzip|zstd|xz|none] [--bundled]`; the last takes the programs' bundles that are in
 * FOLDER already. Needs dpkg-deb, nothing else of Debian's tools. Their maintainer is who
 * DEBFULLNAME and DEBEMAIL name, else who git does.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { reasonOf } from "../lib/log/mod.ts";
import deno from "../deno.json" with { type: "json" };
import { completionScript as completionOfMaglevc } from "../lib/cli/commands/local.ts";
import { completionScript as completionOfMaglevt } from "../lib/tester/flags.ts";
import { hostTarget, runtimeFor } from "./compile/runtime.ts";
import { changes, installedText } from "./deb/documents.ts";
import { maintainer as findMaintainer } from "./deb/maintainer.ts";
import {
  type Completed,
  type DebianPackage,
  launcher,
  packages,
  type Shell,
  type Source,
} from "./deb/packages.ts";
import { root, run } from "./programs.ts";

const architectures: Readonly<Record<string, string>> = {
  amd64: "x86_64-unknown-linux-gnu",
  arm64: "aarch64-unknown-linux-gnu",
};

/**
 * Levels at which the runtime, 96 MB, takes 4 s, 3 s and a minute, and becomes 42, 36 and 33 MB.
 * zstd needs dpkg of Debian 12 or Ubuntu 18.04, and Debian's archives do not take it.
 */
const compressions: Readonly<Record<string, readonly string[]>> = {
  gzip: ["-Zgzip", "-z6"],
  zstd: ["-Zzstd", "-z9"],
  xz: ["-Zxz", "-z6"],
  none: ["-Znone"],
};

const host = Object.keys(architectures).find((name) => architectures[name] === hostTarget);
const { values } = parseArgs({
  args: Deno.args,
  options: {
    arch: { type: "string", default: host ?? "amd64" },
    out: { type: "string", default: `${root}dist` },
    "deno-version": { type: "string", default: Deno.version.deno },
    version: { type: "string", default: deno.version },
    compression: { type: "string", default: "gzip" },
    bundled: { type: "boolean", default: false },
  },
});

try {
  const target = architectures[values.arch];
  if (!target) throw new Error(`no architecture ${values.arch}; there are amd64 and arm64`);
  const compression = compressions[values.compression];
  if (!compression) throw new Error(`no compression ${values.compression}`);
  const maintainer = await findMaintainer({ environment: Deno.env, git: gitValue });
  const runtime = await runtimeFor(target, values["deno-version"]);
  await Deno.mkdir(values.out, { recursive: true });
  if (!values.bundled) await run(Deno.execPath(), ["run", "-A", "tools/bundle.ts", values.out]);
  const making: Making = { maintainer, compression, runtime };
  const scripts = { bash: "", zsh: "", fish: "" };
  for (const shell of ["bash", "zsh", "fish"] as const) scripts[shell] = await ofMaglevc(shell);
  const completion = (program: Completed, shell: Shell) =>
    program === "maglevc" ? scripts[shell] : completionOfMaglevt(shell);
  for (const each of packages(values.version, completion)) await build(each, making);
} catch (error) {
  console.error(reasonOf(error));
  Deno.exit(1);
}

async function ofMaglevc(shell: Shell): Promise<string> {
  const command = completionOfMaglevc(shell);
  if (command.kind !== "local") throw new TypeError("completion scripts need no server");
  return String((await command.run()).json());
}

/** What is the same for all packages. */
interface Making {
  readonly maintainer: string;
  /** dpkg-deb's options. */
  readonly compression: readonly string[];
  readonly runtime: Uint8Array;
}

async function gitValue(key: string): Promise<string | undefined> {
  return await run("git", ["config", "--get", key]).catch(() => undefined);
}

async function build(each: DebianPackage, making: Making): Promise<void> {
  const tree = await Deno.makeTempDir();
  try {
    await Deno.chmod(tree, 0o755);
    for (const { from, gzip, ...file } of each.files) {
      if ("link" in from) {
        await put(tree, file, from);
        continue;
      }
      const content = await contentOf(from, making);
      await put(tree, file, gzip ? gzipped(content) : content);
    }
    await putDocumentation(tree, each, making);
    await putControl(tree, each, making);
    const output = `${values.out}/${each.name}_${values.version}_${values.arch}.deb`;
    await run("dpkg-deb", ["--root-owner-group", ...making.compression, "--build", tree, output]);
    console.log(`${output}: ${((await Deno.stat(output)).size / 1e6).toFixed(1)} MB`);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

async function putControl(
  tree: string,
  each: DebianPackage,
  { maintainer }: Making,
): Promise<void> {
  const [short = "", ...long] = each.description;
  const control = [
    `Package: ${each.name}`,
    `Version: ${values.version}`,
    `Architecture: ${values.arch}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${await kibibytes(tree)}`,
    ...Object.entries(each.relations).map(([field, value]) => `${field}: ${value}`),
    "Section: net",
    "Priority: optional",
    `Description: ${short}`,
    ...long.map((line) => ` ${line}`),
    "",
  ].join("\n");
  await put(tree, { path: "/DEBIAN/control" }, encode(control));
  for (const script of each.scripts) {
    const content = await read(`${root}packaging/debian/${each.name}.${script}`);
    await put(tree, { path: `/DEBIAN/${script}`, mode: 0o755 }, content);
  }
}

async function putDocumentation(
  tree: string,
  each: DebianPackage,
  { maintainer }: Making,
): Promise<void> {
  const folder = `/usr/share/doc/${each.name}`;
  const changelog = [
    `${each.name} (${values.version}) unstable; urgency=medium`,
    "",
    `  * What has changed is in ${changes}.`,
    "",
    ` -- ${maintainer}  ${buildDate()}`,
    "",
  ].join("\n");
  await put(tree, { path: `${folder}/changelog.gz` }, gzipped(encode(changelog)));
  await put(tree, { path: `${folder}/copyright` }, await read(`${root}packaging/debian/copyright`));
  const overrides = `/usr/share/lintian/overrides/${each.name}`;
  await put(tree, { path: overrides }, await read(`${root}packaging/debian/lintian-overrides`));
}

async function contentOf(
  from: Exclude<Source, { link: string }>,
  { runtime }: Making,
): Promise<Uint8Array> {
  if ("file" in from) return await read(root + from.file);
  if ("page" in from) {
    return encode(installedText(from.page, await Deno.readTextFile(root + from.page)));
  }
  if ("built" in from) {
    return from.built === "runtime" ? runtime : await read(`${values.out}/${from.built}`);
  }
  return encode(from.text === "launcher" ? await launcher() : from.text);
}

async function put(
  tree: string,
  { path, mode = 0o644 }: { readonly path: string; readonly mode?: number },
  content: Uint8Array | { readonly link: string },
): Promise<void> {
  const place = tree + path;
  await Deno.mkdir(place.slice(0, place.lastIndexOf("/")), { recursive: true, mode: 0o755 });
  if ("link" in content) return await Deno.symlink(content.link, place);
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
function gzipped(content: Uint8Array): Uint8Array {
  return gzipSync(content, { level: 9 });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
