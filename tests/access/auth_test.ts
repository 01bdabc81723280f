import assert from "node:assert/strict";
import { Auth, authCounts, type AuthOutcome, parseAuth } from "../../lib/access/mod.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { accounts, rulesOf } from "./support/auth_bed.ts";

const alice = "auth: { unix: [{ user: alice, role: admin }] }";
const bob = "auth: { unix: [{ user: bob, role: admin }, { group: ops, role: view }] }";

Deno.test("what is valid is in force, what is not leaves all as it was, and both are said", async () => {
  const log = new FakeLog();
  let text = bob;
  const load = () => Promise.resolve(parseAuth(text, "auth.yaml", accounts));
  const auth = new Auth(rulesOf(alice), { load, log });
  assert.deepEqual([...auth.rules.users.keys()], [1000]);
  await auth.reload();
  assert.deepEqual(authCounts(auth.rules), {
    ...{ users: 1, groups: 1, certificates: 0, tokens: 0, anonymous: "none" },
  });
  assert.equal(auth.rejected, "");
  for (const broken of ["", "auth: {}", "auth: { unix: [{ user: carol, role: view }] }", "a: ["]) {
    text = broken;
    await auth.reload();
    assert.deepEqual([...auth.rules.users.keys()], [1001], broken);
    assert.match(auth.rejected, /^auth\.yaml:1:/, broken);
  }
  text = bob;
  await auth.reload();
  assert.equal(auth.rejected, "");
  assert.deepEqual(log.records.map(({ msg, attributes }) => [msg, attributes.type]), [
    ["auth-reloaded", undefined],
    ["auth-reload-failed", "semantic"],
    ["auth-reload-failed", "semantic"],
    ["auth-reload-failed", "semantic"],
    ["auth-reload-failed", "parse"],
    ["auth-reloaded", undefined],
  ]);
});

Deno.test("of two reloads the later one counts, however long the first takes", async () => {
  const waiting: ((outcome: AuthOutcome) => void)[] = [];
  const load = () => new Promise<AuthOutcome>((resolve) => waiting.push(resolve));
  const auth = new Auth(rulesOf(alice), { load, log: new FakeLog() });
  const [first, second] = [auth.reload(), auth.reload()];
  await Promise.resolve();
  assert.equal(waiting.length, 1);
  waiting[0]?.(parseAuth(bob, "f", accounts));
  await first;
  waiting[1]?.(parseAuth(alice, "f", accounts));
  await second;
  assert.deepEqual([...auth.rules.users.keys()], [1000]);
});
