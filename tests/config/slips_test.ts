import assert from "node:assert/strict";
import { formatOutcome, parseConfig } from "../../lib/config/mod.ts";

const folder = new URL("../../docs/examples/", import.meta.url);
const examples = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Each text that comes of indenting one line otherwise, with what was done. */
function* slips(text: string): Generator<{ what: string; slipped: string }> {
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const content = line.trimStart();
    const own = line.length - content.length;
    const others = [-4, -2, -1, 1, 2, 4].map((by) => own + by).filter((column) => column >= 0);
    for (const start of [...others.map((column) => " ".repeat(column)), "\t"]) {
      const slipped = [...lines.slice(0, index), start + content, ...lines.slice(index + 1)];
      yield { what: `line ${index + 1}: ${JSON.stringify(start)}`, slipped: slipped.join("\n") };
    }
  }
}

/**
 * Each text that comes of indenting several lines otherwise: a key with all below it, only what is
 * below it, or it and all that follows on its level.
 */
function* blockSlips(text: string): Generator<{ what: string; slipped: string }> {
  const lines = text.split("\n");
  const isContent = (line: string) => !/^\s*(?:#|$)/.test(line);
  const indentOf = (line = "") => line.length - line.trimStart().length;
  for (const [index, line] of lines.entries()) {
    if (!isContent(line)) continue;
    const own = indentOf(line);
    const end = (level: number) => {
      const found = lines.findIndex((each, i) =>
        i > index && isContent(each) && indentOf(each) < level
      );
      return found < 0 ? lines.length : found;
    };
    const blocks = [[index, end(own + 1)], [index + 1, end(own + 1)], [index, end(own)]] as const;
    for (const [from, to] of blocks) {
      for (const by of [-4, -2, -1, 1, 2, 4].filter((by) => own + by >= 0)) {
        const slipped = lines.map((each, i) => {
          if (i < from || i >= to || !isContent(each)) return each;
          return " ".repeat(Math.max(0, indentOf(each) + by)) + each.trimStart();
        });
        yield { what: `lines ${from + 1} to ${to} by ${by}`, slipped: slipped.join("\n") };
      }
    }
  }
}

for (const name of examples) {
  Deno.test(`a block of ${name} indented wrongly is one error at most`, () => {
    const text = Deno.readTextFileSync(new URL(name, folder));
    let count = 0;
    for (const { what, slipped } of blockSlips(text)) {
      const outcome = parseConfig(slipped, name);
      if (outcome.kind === "valid") continue;
      count++;
      assert.equal(outcome.problems.length, 1, `${what}\n${formatOutcome(outcome)}`);
    }
    assert.ok(count > 60);
  });

  Deno.test(`one line of ${name} indented wrongly is one error at most`, () => {
    const text = Deno.readTextFileSync(new URL(name, folder));
    let count = 0;
    for (const { what, slipped } of slips(text)) {
      const outcome = parseConfig(slipped, name);
      if (outcome.kind === "valid") continue;
      count++;
      assert.equal(outcome.problems.length, 1, `${what}\n${formatOutcome(outcome)}`);
    }
    assert.ok(count > 20);
  });
}

Deno.test("what is wrong before a slip of indentation is told, what comes after it is not", () => {
  const text = Deno.readTextFileSync(new URL("minimal.yaml", folder))
    .replace("type: http", "typ: http")
    .replace("  frontends:", "    frontends:")
    .replace("protocol: tcp", "protokoll: tcp");
  const outcome = parseConfig(text, "f");
  assert.deepEqual(outcome.kind === "invalid" && outcome.problems.map(({ path }) => path), [
    "maglev.healthchecks.web.typ",
    "maglev.backends.frontends",
  ]);
});

Deno.test("keys in a row that belong to one place are told at once, others for themselves", () => {
  const text = Deno.readTextFileSync(new URL("minimal.yaml", folder));
  const told = (changed: string) => {
    assert.notEqual(changed, text);
    const outcome = parseConfig(changed, "f");
    return outcome.kind === "invalid" && outcome.problems.map(({ message }) => message);
  };
  const body = /(?<=^ {4}www:\n)[^]*/m;
  const shallow = text.replace(body, (lines) => lines.replaceAll(/^ {4}/gm, ""));
  assert.deepEqual(told(shallow), [
    'unknown keys "address", "protocol", "port", "fail-open" and 1 more; they belong under ' +
    '"frontends": indent them deeper',
  ]);
  const strange = ["backends: { a: 1 }", "frontends: { a: 1 }", "colour: 1", "flop: 1"];
  const own = "known here: type, port, interval, fast-interval, down-interval, timeout, rise, " +
    "fall, probe-ipv4-src, probe-ipv6-src, flap, params";
  const deep = text.replace("port: 80", `port: 80\n      ${strange.join("\n      ")}`);
  assert.deepEqual(told(deep), [
    'unknown keys "backends", "frontends"; they belong to "maglev": indent them less',
    `unknown key "colour"; ${own}`,
    'unknown key "flop"; did you mean "flap"?',
  ]);
});
