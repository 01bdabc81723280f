import assert from "node:assert/strict";
import fc from "fast-check";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { Accounts, Auth, loadAuth, parseAuth } from "../../lib/access/mod.ts";
import { formatProblem } from "../../lib/config/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { root } from "../../tools/programs.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { accounts, problemsOf, rulesOf } from "./support/auth_bed.ts";
import { newToken } from "../support/tokens.ts";

const { token, sha256 } = newToken();

const good = `auth:
  anonymous: view
  unix:
    - { user: alice, role: admin }
    - { user: 4242, role: view, name: probe-bot }
    - { group: maglevd, role: operate }
  tokens:
    - { name: ci, role: operate, sha256: ${sha256} }
`;

Deno.test("a file names users, groups and tokens, each with a role", () => {
  const { anonymous, users, groups, tokens } = rulesOf(good);
  assert.equal(anonymous, "view");
  assert.deepEqual([...users], [
    [1000, { role: "admin", name: undefined }],
    [4242, { role: "view", name: "probe-bot" }],
  ]);
  assert.deepEqual([...groups], [[997, { role: "operate", name: undefined }]]);
  assert.deepEqual(tokens.map(({ name, role, digest }) => [name, role, digest.toHex()]), [
    ["ci", "operate", sha256],
  ]);
  assert.equal(rulesOf(good.replace("  anonymous: view\n", "")).anonymous, "none");
});

Deno.test("what is wrong with a file is said with its place", () => {
  const one = (entry: string) => `auth:\n  unix:\n    - { ${entry} }\n`;
  const cases: [text: string, said: string][] = [
    ["", "auth.yaml:1:1: auth: is missing; everything belongs under this key"],
    ["auth: {}", "auth.yaml:1:1: auth: names nobody: nobody could change anything"],
    [
      one("role: view"),
      "auth.yaml:3:7: auth.unix[0]: needs either a user or a group, and not both",
    ],
    [
      one("user: alice, group: ops, role: view"),
      "auth.yaml:3:7: auth.unix[0]: needs either a user or a group, and not both",
    ],
    [
      one("user: carol, role: view"),
      'auth.yaml:3:7: auth.unix[0]: /etc/passwd has no user "carol"; give its number if it comes ' +
      "from elsewhere",
    ],
    [
      one("group: none, role: view"),
      'auth.yaml:3:7: auth.unix[0]: /etc/group has no group "none"; give its number if it comes ' +
      "from elsewhere",
    ],
    [
      one("user: nobody, role: view"),
      "auth.yaml:3:7: auth.unix[0]: user nobody is what the kernel calls everybody that it does " +
      "not know",
    ],
    [
      one("group: 65534, role: view"),
      "auth.yaml:3:7: auth.unix[0]: group 65534 is what the kernel calls everybody that it does " +
      "not know",
    ],
    [
      `${one("user: alice, role: view")}    - { user: 1000, role: admin }\n`,
      'auth.yaml:4:7: auth.unix[1]: user "1000" stands there twice',
    ],
    [
      one("user: alice, role: root"),
      'auth.yaml:3:28: auth.unix[0].role: must be one of view, operate, admin, not "root"',
    ],
    [
      one("user: alice"),
      "auth.yaml:3:7: auth.unix[0].role: is required (one of view, operate, admin)",
    ],
    [
      "auth: { anonymous: admin, unix: [{ user: alice, role: view }] }",
      'auth.yaml:1:20: auth.anonymous: must be one of none, view, not "admin"',
    ],
    [
      `${good}    - { name: other, role: view, sha256: ${sha256} }\n`,
      "auth.yaml:9:7: auth.tokens[1]: this token stands there twice",
    ],
  ];
  for (const [text, said] of cases) assert.equal(problemsOf(text), said, text);
});

Deno.test("what may be secret is not repeated, wherever it stands", () => {
  const secrets = [token, sha256, sha256.toUpperCase(), `${sha256}0`];
  const places = [
    (secret: string) => `auth: { tokens: [{ name: a, role: view, sha256: ${secret} }] }`,
    (secret: string) => `auth: { tokens: [{ name: a, role: view, sha256: "${secret} " }] }`,
    (secret: string) => `auth: { tokens: [{ name: a, role: ${secret}, sha256: x }] }`,
    (secret: string) => `auth: { tokens: [${secret}] }`,
    (secret: string) => `auth: { tokens: { ${secret}: a } }`,
    (secret: string) => `auth: { ${secret}: a }`,
    (secret: string) => `auth: { unix: [{ user: ${secret}, role: view }] }`,
    (secret: string) => `auth: { unix: [{ group: ${secret}, role: view }] }`,
    (secret: string) => `auth: { tokens: [{ sha256: *${secret} }] }`,
    (secret: string) => `auth: { tokens: [{ ${secret}: 1, ${secret}: 2 }] }`,
    (secret: string) => `auth:\n  tokens:\n  - sha256: ${secret}\n   name: x\n`,
    (secret: string) => `${secret}`,
  ];
  for (const secret of secrets) {
    for (const place of places) {
      const said = problemsOf(place(secret));
      if (said === "") continue;
      for (const part of [secret.slice(5, 25), secret.slice(-20)]) {
        assert.ok(!said.includes(part), said);
      }
    }
  }
  assert.match(
    problemsOf(places[0]?.(token) ?? ""),
    /sha256: must be 64 hex.*, not "\(not shown\)"/,
  );
});

Deno.test("whatever the text, it is valid or its problems are told", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(...["auth", "unix", "tokens", "role", "admin", "user", ":", "\n", "  ", "-"]),
    fc.constantFrom("{", "}", "[", "]", ",", "alice", "sha256", sha256, "&a", "*a", "<<"),
  );
  fc.assert(fc.property(fc.array(word), (words) => {
    const outcome = parseAuth(words.join(""), "f", accounts);
    if (outcome.kind === "invalid") assert.ok(outcome.problems.map(formatProblem).length > 0);
  }));
});

Deno.test("the schema takes what is good, and refuses what is wrong in itself", () => {
  const published = JSON.parse(Deno.readTextFileSync(`${root}docs/auth.schema.json`));
  const validate = new Ajv({ strictTypes: false, strictRequired: true }).compile(published);
  assert.ok(validate(parse(good)), JSON.stringify(validate.errors));
  for (
    const bad of [
      good.replace("role: admin", "role: root"),
      good.replace(sha256, token),
      good.replace("name: ci, ", ""),
      good.replace("anonymous: view", "anonymous: admin"),
      good.replace("auth:", "rules:"),
    ]
  ) assert.equal(validate(parse(bad)), false, bad);
});

Deno.test("a file that cannot be read is said, and nothing of it", async () => {
  const outcome = await loadAuth("/proc/no/such/file", accounts);
  assert.ok(outcome.kind === "invalid");
  assert.match(
    outcome.problems.map(formatProblem).join(),
    /^\/proc\/no\/such\/file: cannot be read: /,
  );
});

Deno.test("where users and groups cannot be told for once, the file is loaded the next time", async () => {
  const path = await Deno.makeTempFile({ prefix: "maglev-auth-" });
  try {
    await Deno.writeTextFile(path, "auth: { unix: [{ group: ops, role: admin }] }");
    let isReadable = false;
    const groups = () => {
      if (isReadable) return "ops:x:500:";
      throw new Error("Too many open files (os error 24)");
    };
    const known = new Accounts(new FakeClock(), { users: () => "", groups });
    const log = new FakeLog();
    const auth = new Auth(rulesOf("auth: { unix: [{ user: alice, role: view }] }"), {
      load: () => loadAuth(path, known),
      log,
    });
    await auth.reload();
    assert.deepEqual([auth.rules.groups.size, auth.rejected], [
      0,
      `${path}: cannot be checked: Too many open files (os error 24)`,
    ]);
    isReadable = true;
    await auth.reload();
    assert.deepEqual([[...auth.rules.groups.keys()], auth.rejected], [[500], ""]);
  } finally {
    await Deno.remove(path);
  }
});
