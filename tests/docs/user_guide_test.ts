import { deepEqual, equal, ok } from "node:assert/strict";
import { commandLines } from "../../lib/cli/mod.ts";
import { flags } from "../../lib/daemon/flags.ts";
import { flags as testerFlags } from "../../lib/tester/flags.ts";
import { flags as webFlags } from "../../lib/web/flags.ts";
import { run } from "../e2e/support/process.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { fencesOf, missingLines } from "./support/fences.ts";
import { differences, quietRecords } from "./support/log_names.ts";
import { readPage, root } from "./support/pages.ts";
import { bringAbout, happenings } from "./support/happenings.ts";
import { startSite, temporaryFile } from "./support/site.ts";

const guide = await readPage("docs/user-guide.md");
const fences = fencesOf(guide);
const isSh = ({ language }: { language: string }) => language === "sh";

Deno.test("every command of the user guide is run, or says in its first line that it is not", () => {
  for (const { mark, body, line } of fences.filter(isSh)) {
    if (mark !== "test") ok(/^# not run: \S/.test(body), `docs/user-guide.md:${line}`);
  }
  ok(fences.filter(({ mark }) => mark === "test").length > 15);
});

Deno.test(
  needing(havePrograms("bash", "curl", "jq"), "curl and jq", "the user guide does what it shows"),
  async () => {
    const config = fences.find(({ language, mark }) => language === "yaml" && mark === "test");
    await using site = await startSite({ config: config?.body ?? "", vpp: true });
    // The daemon's own has other ports and intervals, which are warned of.
    await using file = await temporaryFile(config?.body ?? "");
    await site.daemon.log("vpp-lbsync-done");
    for (const [index, { mark, body, line }] of fences.entries()) {
      if (mark !== "test" || !body || !isSh(fences[index] ?? { language: "" })) continue;
      await site.settled();
      if (body.includes("counters")) await site.counted();
      for (const happening of happenings(body)) await bringAbout(site, happening);
      const own = body.includes("maglevd --check") ? `export MAGLEV_CONFIG=${file.path}\n` : "";
      const { code, output } = await site.run(own + body);
      const where = `docs/user-guide.md:${line}:\n${output}`;
      equal(code, 0, where);
      const expected = fences[index + 1];
      if (expected?.mark !== "match" || !expected.follows) continue;
      deepEqual(missingLines(expected.body, output), [], where);
    }
  },
);

Deno.test("what the user guide shows without running it is what maglevc prints", async () => {
  const shown = fences.filter(({ mark }) => mark.startsWith("golden "));
  ok(shown.length > 0);
  for (const { mark, body, line } of shown) {
    const file = `${root}tests/cli/golden/${mark.replace("golden ", "")}.txt`;
    equal(body.trimEnd(), (await Deno.readTextFile(file)).trimEnd(), `docs/user-guide.md:${line}`);
  }
});

Deno.test("the screen that the user guide shows is one that maglevt draws", async () => {
  const shown = fences.filter(({ mark }) => mark.startsWith("screen "));
  equal(shown.length, 1);
  for (const { mark, body, line } of shown) {
    const file = `${root}tests/tester/golden/${mark.replace("screen ", "")}.txt`;
    equal(body.trimEnd(), (await Deno.readTextFile(file)).trimEnd(), `docs/user-guide.md:${line}`);
  }
});

Deno.test("every configuration of the user guide is used by a test", () => {
  const marks = fences.filter(({ language }) => language === "yaml").map(({ mark }) => mark);
  deepEqual(marks, ["test", "web-auth", "prometheus"]);
});

Deno.test(
  needing(havePrograms("promtool"), "promtool", "Prometheus takes the user guide's configuration"),
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "maglev-docs-" });
    try {
      const rules = "maglev.rules.yaml";
      await Deno.copyFile(`${root}packaging/prometheus/${rules}`, `${folder}/${rules}`);
      const config = fences.find(({ mark }) => mark === "prometheus")?.body ?? "";
      await Deno.writeTextFile(`${folder}/prometheus.yml`, config);
      const { code, stderr } = await run("promtool", "check", "config", `${folder}/prometheus.yml`);
      equal(code, 0, stderr);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test(
  needing(
    havePrograms("systemd-analyze"),
    "systemd-analyze",
    "systemd finds the unit as exposed as the user guide says, or less",
  ),
  async () => {
    const unit = `${root}packaging/systemd/vpp-maglevd.service`;
    const { stdout } = await run("systemd-analyze", "security", "--offline=true", unit);
    const level = (text: string, pattern: RegExp) => Number(text.match(pattern)?.[1]);
    const said = level(guide, /exposure\s+level\s+of\s+(\d+\.\d+)/);
    const found = level(stdout, /exposure level for \S+: (\d+\.\d+)/);
    ok(found <= said, `${found} is more than ${said}`);
  },
);

Deno.test("the user guide's tables of flags are those of the flags", () => {
  const cell = (text: string) => text === "" ? "" : `\`${text}\``;
  const rows = tableRows(guide).filter(([first = ""]) => first.startsWith("`--"));
  deepEqual(
    rows,
    [...flags, ...webFlags, ...testerFlags].map(({ name, environment, fallback, help }) => [
      cell(`--${name}`),
      cell(environment),
      cell(fallback),
      help,
    ]),
  );
});

Deno.test("the user guide's table of commands has every command of the tree", () => {
  const rows = new Set(tableRows(guide).map(([first = ""]) => first.replaceAll("`", "")));
  deepEqual(commandLines().map(({ usage }) => usage).filter((usage) => !rows.has(usage)), []);
});

Deno.test("the user guide shows what every command of maglevc prints", () => {
  const run = fences.filter(({ mark }) => mark === "test").map(({ body }) => body).join("\n");
  const inShellOnly = ["quit", "exit"];
  const missing = commandLines().map(({ usage }) => usage.replace(/ \[.*/, "")).filter((usage) => {
    const words = usage.replaceAll(/<\w+>/g, "[^\\s|]+");
    return !inShellOnly.includes(usage) &&
      !new RegExp(`^ *maglevc (?:--\\S+ )*${words}(?:$|\\s)`, "m").test(run);
  });
  deepEqual(missing, []);
});

/** Questions at three in the morning, and what answers them. */
const answers: Readonly<Record<string, RegExp>> = {
  "is everything all right?": /show status/,
  "what changed?": /show events last \S+ backend \S+ kind \S+/,
  "what changed for this frontend?": /show events frontend \S+/,
  "what happens now?": /watch events .*pretty/,
  "why is this VIP half empty?": /show frontends \w+/,
  "who is down?": /show backends down/,
  "who flaps?": /show backends '\S+' flapping/,
  "what was set by hand?": /show backends by-hand/,
  "what would happen if?": /set backend \S+ disable --dry-run/,
  "what would VPP be told?": /show vpp lb plan \w+/,
  "what would a reload change?": /config diff/,
  "is VPP told what we think?": /show vpp lb state/,
  "wait in scripts": /wait backend \S+ up --timeout/,
  "many at once": /--server \w+,\w+ show/,
  "change many at once": /--server \w+,\w+ set/,
};

for (const [question, command] of Object.entries(answers)) {
  Deno.test(`the user guide answers by a command that is run: ${question}`, () => {
    const block = fences.findIndex(({ language, mark, body }) =>
      language === "sh" && mark === "test" && command.test(body)
    );
    ok(block >= 0, `${command}`);
    const shown = fences[block + 1];
    ok(shown?.mark === "match" && shown.follows, `nothing is shown below ${command}`);
  });
}

Deno.test("the user guide has every log record below WARN, with its level, and no other", async () => {
  const rows = tableRows(guide).filter(([, level = ""]) => /^(info|debug)$/.test(level));
  const said = rows.map(([name = "", level]) => `${level} ${name.replaceAll("`", "")}`);
  deepEqual(differences(said, await quietRecords()), { missing: [], leftOver: [] });
});

/** The cells of every table row of a page. */
function tableRows(page: string): string[][] {
  return page.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}
