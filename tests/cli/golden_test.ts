import assert from "node:assert/strict";
import { commandLines } from "../../lib/cli/mod.ts";
import { execute, parseCommand } from "../../lib/cli/execute.ts";
import { describeError } from "../../lib/cli/errors.ts";
import { colourStyle, plainStyle, type Style } from "../../lib/cli/style.ts";
import { changes, presentState } from "./support/events_fixture.ts";
import { fixedClient, now } from "./support/fixture.ts";

/** Values that fill the slots of any command of the tree. */
const slotWords: Readonly<Record<string, string>> = {
  frontend: "www",
  backend: "nginx1",
  healthcheck: "web",
  pool: "main",
  weight: "30",
  time: "10m",
};

// Golden files show local times.
Deno.env.set("TZ", "UTC");

/** Set to write the files instead of comparing with them; then read what changed. */
const update = Deno.env.has("UPDATE_GOLDEN");
const folder = new URL("golden/", import.meta.url);

/** Events that the fixture's stream shows: of one other events tell as well. */
const watched = presentState.length + changes(now).length - 1;

for (const { usage } of commandLines()) {
  const words = usage.replace(/ \[.*/, "").split(" ").map((word) =>
    slotWords[word.slice(1, -1)] ?? word
  );
  // What they print is another each time, or nothing.
  if (["quit", "exit", "show version", "auth token"].includes(usage)) continue;
  if (words[0] === "watch") words.push("num", String(watched));
  const file = usage.replace(/ \[.*/, "").replaceAll(/[<>]/g, "").replaceAll(" ", "-");

  Deno.test(`${words.join(" ")} prints what its golden file says`, async () => {
    await compare(`${file}.txt`, await run(words, plainStyle, false));
  });

  Deno.test(`${words.join(" ")} --json prints what its golden file says`, async () => {
    const output = await run(words, plainStyle, true);
    const asked = output.lastIndexOf(" [y/N] y\n");
    const result = asked < 0 ? output : output.slice(output.indexOf("\n", asked) + 1);
    if (!result.startsWith("error: ")) {
      for (const value of usage.startsWith("watch") ? result.split("\n") : [result]) {
        JSON.parse(value);
      }
    }
    await compare(`${file}.json.txt`, output);
  });

  Deno.test(`${words.join(" ")} looks the same with colour once the codes are taken out`, async () => {
    const plain = await run(words, plainStyle, false);
    const coloured = await run(words, colourStyle, false);
    // deno-lint-ignore no-control-regex
    assert.equal(coloured.replaceAll(/\x1b\[[0-9;]*m/g, ""), plain);
  });
}

Deno.test("a dry run tells what would be and asks nothing", async () => {
  for (const usage of ["set backend nginx0 disable", "config reload", "sync vpp lb state"]) {
    const words = usage.split(" ");
    const file = `dry-run-${usage.replaceAll(" ", "-")}`;
    await compare(`${file}.txt`, await run(words, plainStyle, false, true));
    await compare(`${file}.json.txt`, await run(words, plainStyle, true, true));
  }
});

Deno.test("a dry run of what changes nothing is a mistake", async () => {
  const output = await run(["show", "backends"], plainStyle, false, true);
  assert.equal(output, "error: --dry-run is for commands that change something");
});

Deno.test("watch events pretty has a line for every kind", async () => {
  const words = ["watch", "events", "pretty", "num", String(watched)];
  const plain = await run(words, plainStyle, false);
  await compare("watch-events-pretty.txt", plain);
  const coloured = await run(words, colourStyle, false);
  // deno-lint-ignore no-control-regex
  assert.equal(coloured.replaceAll(/\x1b\[[0-9;]*m/g, ""), plain);
});

async function run(
  words: readonly string[],
  style: Style,
  json: boolean,
  dryRun = false,
): Promise<string> {
  const lines: string[] = [];
  try {
    await execute(parseCommand(words), {
      client: fixedClient(),
      style,
      json,
      signal: new AbortController().signal,
      memory: new Map(),
      now: () => now,
      server: "localhost:9090",
      print: (text) => void lines.push(text),
      note: (text) => void lines.push(text),
      dryRun,
      timeout: words[0] === "wait" ? "0s" : undefined,
      agree: ({ details, question }) => {
        lines.push(details({ style }), `${question} [y/N] y`);
        return Promise.resolve(true);
      },
    });
  } catch (error) {
    lines.push(`error: ${describeError(error, "localhost:9090")}`);
  }
  return lines.join("\n");
}

async function compare(name: string, actual: string): Promise<void> {
  const path = new URL(name, folder);
  if (update) await Deno.writeTextFile(path, `${actual}\n`);
  assert.equal(`${actual}\n`, await Deno.readTextFile(path));
}
