import { Ajv } from "ajv";
import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseConfig } from "../../lib/config/mod.ts";
import { parseIp } from "../../lib/ip/mod.ts";
import { root } from "../../tools/programs.ts";
import { generated } from "../../tools/schema.ts";
import { fixtures } from "./support/fixtures.ts";
import { valid } from "./support/valid.ts";

/** As editors have it. */
const published = JSON.parse(Deno.readTextFileSync(`${root}docs/maglev.schema.json`));

function validator() {
  const ajv = new Ajv({ allErrors: true, strictTypes: false, strictRequired: true });
  ajv.addFormat("ipv4", (text: string) => parseIp(text)?.family === 4);
  ajv.addFormat("ipv6", (text: string) => parseIp(text)?.family === 6);
  return ajv.compile(published);
}

function load(path: string): unknown {
  return parse(Deno.readTextFileSync(path), { merge: true, logLevel: "silent" });
}

Deno.test("the schema and the guide's reference in docs/ are the generated ones", async () => {
  for (const [path, text] of Object.entries(await generated())) {
    const committed = await Deno.readTextFile(root + path);
    assert.equal(committed, text, `${path} is stale: run deno task schema`);
  }
});

Deno.test("the schema accepts every good file", () => {
  const validate = validator();
  for (const { name, path } of fixtures("good")) {
    assert.ok(validate(load(path)), `${name}: ${JSON.stringify(validate.errors)}`);
  }
});

/** Beginnings of the names of bad files whose fault lies in a single value or key. */
const withinSchema =
  /^(?:unknown_(?!.*(?:complex|empty))|type_(?!unknown_tag|port_octal)|literal_(?!response)|vpp_(?!rules|startup|source_|backend|frontend|address|servers|one_|two_|.*fraction|.*_zero$|.*long|.*short)|check_(?!interval|regexp|response_code_rev)|backend_(?:address_missing|check_missing|empty)|name_|netns_|history_|frontend_(?:weight|port|address_missing|pools|pool_(?!name_twice)|description|protocol_unknown)|maglev_null)/;

Deno.test("the schema refuses what is wrong in itself", () => {
  const validate = validator();
  const within = fixtures("bad").filter(({ name }) => withinSchema.test(name));
  assert.ok(within.length > 60, `${within.length} files`);
  for (const { name, path } of within) assert.ok(!validate(load(path)), name);
});

Deno.test("the schema's defaults are what the parser fills in", () => {
  const explicit: Record<string, unknown> = {};
  const lb = ["maglev", "vpp", "lb"].reduce(
    (schema, key) => schema.properties[key] ?? assert.fail(key),
    published as Schema,
  );
  for (const [key, { default: value }] of Object.entries(lb.properties)) {
    if (value !== undefined) explicit[key] = value;
  }
  const sources = { "ipv4-src-address": "10.0.0.1", "ipv6-src-address": "2001:db8::1" };
  const written = (keys: unknown) => valid(JSON.stringify({ maglev: { vpp: { lb: keys } } }));
  assert.deepEqual(written({ ...sources, ...explicit }), written(sources));
  assert.equal(Object.keys(explicit).length, 6);
});

interface Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
}

Deno.test("each key of the schema is known to the parser under its path", () => {
  const check = parseConfig(
    "maglev: { healthchecks: { a: { params: { nonsense-key: 1 } } } }",
    "x",
  );
  assert.ok(check.kind === "invalid");
  assert.match(
    check.problems[0]?.message ?? "",
    /known here: path, host, response-code, response-regexp, ssl, server-name, insecure-skip-verify$/,
  );
});
