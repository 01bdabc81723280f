import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { changes, installedText } from "../../tools/deb/documents.ts";
import { maintainer } from "../../tools/deb/maintainer.ts";
import { launcher, packages } from "../../tools/deb/packages.ts";
import { programs, root } from "../../tools/programs.ts";

const all = packages("1.2.3", (shell) => shell).flatMap(({ files }) => files);
const installed = new Set(all.map(({ path }) => path));

/** The pages of the packages as they read there, by their installed paths. */
async function installedPages(): Promise<[string, string][]> {
  const pages = all.flatMap(({ path, from }) => "page" in from ? [{ path, from }] : []);
  return await Promise.all(pages.map(async ({ path, from }) => {
    const text = installedText(from.page, await Deno.readTextFile(root + from.page));
    return [path, text] as [string, string];
  }));
}

Deno.test("what is installed links to and names only what is installed", async () => {
  const wrong: string[] = [];
  for (const [path, text] of await installedPages()) {
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)) {
      const { pathname } = new URL(target, `file://${path}`);
      const isThere = [...installed].some((each) =>
        each === pathname || each.startsWith(pathname + "/")
      );
      if (!isThere) wrong.push(`${path}: ${target}`);
    }
    for (const [named] of text.matchAll(/\/usr\/share\/(doc\/)?vpp-maglevd?\/[\w./-]+\w/g)) {
      if (!installed.has(named)) wrong.push(`${path}: ${named}`);
    }
    // An image is made of the sources, and the text says so.
    const ours = text.replaceAll("packaging/Containerfile", "");
    for (
      const [named] of ours.matchAll(/(?<![\w/])(packaging|proto)\/[\w./-]+|docs\/[\w-]+\.md/g)
    ) {
      if (!path.startsWith(`/usr/share/vpp-maglev/proto`)) wrong.push(`${path}: ${named}`);
    }
  }
  deepEqual(wrong, []);
});

Deno.test("manuals, scripts, unit and configuration name only files that are installed", async () => {
  const sources = all.flatMap(({ from }) => "file" in from ? [from.file] : []);
  const scripts = packages("1.2.3", (shell) => shell).flatMap(({ name, scripts }) =>
    scripts.map((script) => `packaging/debian/${name}.${script}`)
  );
  const wrong: string[] = [];
  for (const source of [...sources, ...scripts]) {
    if (source.endsWith(".json")) continue;
    const text = (await Deno.readTextFile(root + source)).replaceAll("\\-", "-");
    for (const [named] of text.matchAll(/\/usr\/(s?bin|lib|share)\/[\w./-]*maglev[\w./-]*/g)) {
      const path = named.replace(/[./]+$/, "");
      const isThere = [...installed].some((each) => each === path || each.startsWith(`${path}/`));
      if (!isThere) wrong.push(`${source}: ${named}`);
    }
  }
  deepEqual(wrong, []);
});

Deno.test("links become what can be followed there", () => {
  const page = "docs/user-guide.md";
  const there = (text: string) => installedText(page, text);
  equal(there("see [states](healthchecks.md#states)"), "see [states](healthchecks.md#states)");
  equal(there("see [why](architecture.md#decisions)"), "see why");
  equal(there("see [why](../CONTRIBUTING.md)"), "see why");
  equal(
    there("the [schema](maglev.schema.json)"),
    "the `/usr/share/vpp-maglev/maglev.schema.json`",
  );
  equal(
    there("`proto/maglev.proto` is the API"),
    "`/usr/share/vpp-maglev/proto/maglev.proto` is the API",
  );
  equal(there("run `docs/setup/server.sh`"), "run `/usr/share/doc/vpp-maglevd/setup/server.sh`");
  equal(
    installedText("packaging/prometheus/maglev.rules.yaml", "runbook: docs/troubleshooting.md#x"),
    "runbook: /usr/share/doc/vpp-maglevd/troubleshooting.md#x",
  );
});

Deno.test("no package has a configuration file that an upgrade could ask about", () => {
  deepEqual([...installed].filter((path) => path.startsWith("/etc/")), []);
});

Deno.test("each program that is built has its command, bundle and manual in its package", async () => {
  const made = packages("1.2.3", (shell) => shell);
  const script = await launcher();
  for (const { name, home } of programs) {
    const files = made.find((each) => each.name === home.package)?.files.map(({ path }) => path);
    const section = home.manual.at(-1);
    for (
      const path of [
        home.command,
        `/usr/lib/vpp-maglev/${name}.js`,
        `/usr/lib/vpp-maglev/${name}`,
        `/usr/share/man/man${section}/${home.manual}.gz`,
      ]
    ) equal(files?.includes(path), true, path);
    match(script, new RegExp(`^  ${name}\\) flags='--allow-.*'.* ;;$`, "m"));
    match(script, new RegExp(`^  ${name}\\) package=${home.package} ;;$`, "m"));
  }
  doesNotMatch(script, /@[A-Z_]+@/);
});

/** The bit of SIGHUP among the signals that /proc/PID/status lists. */
const hangup = 1n;

Deno.test("SIGHUP ends no daemon that does not listen to it yet, and whatever else there is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const write = (name: string, text: string) =>
      Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
    await write("maglev", await launcher());
    const ignoring: string[] = [];
    for (const { name } of programs) {
      // In place of the runtime.
      await write(name, "#!/bin/sh\nexec grep SigIgn /proc/self/status\n");
      await write(`${name}.js`, "");
      const { stdout } = await new Deno.Command(`${folder}/maglev`, { args: [name] }).output();
      const [, signals = ""] = /^SigIgn:\s*(\w+)$/m.exec(new TextDecoder().decode(stdout)) ?? [];
      if (BigInt(`0x${signals}`) & hangup) ignoring.push(name);
    }
    deepEqual(ignoring, ["maglevd", "maglevd-frontend"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the descriptions fit into the 80 columns that Debian's tools show", () => {
  for (const { name, description: [short = "", ...long] } of packages("1.2.3", (shell) => shell)) {
    ok(short.length < 80 && long.length > 0, name);
    // One column is the blank that they begin with.
    for (const line of long) ok(line.length < 80, `${name}: ${line}`);
  }
});

Deno.test("runtime and changes are shipped once, and all packages are of one version", () => {
  const runtimes = all.filter(({ from }) => "built" in from && from.built === "runtime");
  equal(runtimes.length, 1);
  // Where the changelogs of all packages say that it is.
  ok(installed.has(changes));
  const [daemon, frontend, shared] = packages("1.2.3", (shell) => shell);
  deepEqual([frontend?.name, shared?.name], ["vpp-maglev-frontend", "vpp-maglev"]);
  for (const each of [daemon, frontend]) {
    match(each?.relations.Depends ?? "", /^vpp-maglev \(= 1\.2\.3\),/);
  }
  for (const each of [daemon, shared]) equal(each?.relations.Recommends, "ca-certificates");
});

Deno.test("the maintainer is who the environment or else git names, and nobody else", async () => {
  const known = (environment: Record<string, string>, git: Record<string, string>) =>
    maintainer({
      environment: { get: (name) => environment[name] },
      git: (key) => Promise.resolve(git[key]),
    });
  const git = { "user.name": "Git Name", "user.email": "git@example.net" };
  equal(await known({}, git), "Git Name <git@example.net>");
  equal(
    await known({ DEBFULLNAME: "Deb Name", DEBEMAIL: "deb@example.net" }, git),
    "Deb Name <deb@example.net>",
  );
  const nobody = {
    message: "the packages need a maintainer: set DEBFULLNAME and DEBEMAIL, or git's user.name " +
      "and user.email",
  };
  await rejects(known({}, {}), nobody);
  await rejects(known({ DEBFULLNAME: "Deb Name" }, { "user.name": "Git Name" }), nobody);
  await rejects(known({ DEBFULLNAME: "a\nb", DEBEMAIL: "deb@example.net" }, {}), {
    message: '"a\nb <deb@example.net>" is no maintainer: expected a name and an address',
  });
  await rejects(known({ DEBFULLNAME: "Deb", DEBEMAIL: "nowhere" }, {}), /is no maintainer/);
});
