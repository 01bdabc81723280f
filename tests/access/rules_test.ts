import assert from "node:assert/strict";
import { accessByRules } from "../../lib/access/mod.ts";
import type { Caller, Credentials } from "../../lib/access/mod.ts";
import { rulesOf } from "./support/auth_bed.ts";
import { newToken } from "../support/tokens.ts";

const ci = newToken();
const rules = rulesOf(`auth:
  unix:
    - { user: alice, role: operate }
    - { user: bob, role: view, name: robert }
    - { group: ops, role: admin }
    - { group: maglevd, role: view, name: staff }
  tokens:
    - { name: ci, role: operate, sha256: ${ci.sha256} }
`);

function unix(user: string, uid: number, ...gids: number[]): Caller {
  const credentials: Credentials = { kind: "unix", user, uid, gids };
  return { peer: `unix:${user}`, isLocal: true, credentials };
}

const elsewhere: Caller = { peer: "192.0.2.1", isLocal: false };

function showing(caller: Caller, ...authorization: string[]): Caller {
  return { ...caller, authorization };
}

function told(caller: Caller, by = rules): string {
  const { name, role, method, isFailure } = accessByRules(() => by)(caller);
  return `${name} ${role} ${method}${isFailure ? " failed" : ""}`;
}

Deno.test("users and groups have what allows most of all that fits", () => {
  assert.equal(told(unix("alice", 1000, 1000)), "alice operate unix");
  assert.equal(told(unix("alice", 1000, 1000, 500)), "alice admin unix");
  assert.equal(told(unix("alice", 1000, 997)), "alice operate unix");
  assert.equal(told(unix("bob", 1001, 997)), "robert view unix");
  assert.equal(told(unix("bob", 1001, 997, 500)), "bob admin unix");
  assert.equal(told(unix("carol", 1002, 997)), "staff view unix");
});

Deno.test("who is not named may not even read, wherever it is", () => {
  assert.equal(told(unix("carol", 1002, 1002)), "anonymous none none");
  assert.equal(told(unix("root", 0, 0)), "anonymous none none");
  assert.equal(told({ peer: "127.0.0.1", isLocal: true }), "anonymous none none");
  assert.equal(told(elsewhere), "anonymous none none");
  const open = { ...rules, anonymous: "view" } as const;
  assert.equal(told(elsewhere, open), "anonymous view none");
  assert.equal(told(unix("carol", 1002, 1002), open), "anonymous view none");
});

Deno.test("a token tells who it is, and a wrong one that it is nobody", () => {
  const bearer = `Bearer ${ci.token}`;
  assert.equal(told(showing(elsewhere, bearer)), "ci operate token");
  assert.equal(told(showing(unix("root", 0, 500), bearer)), "ci operate token");
  const wrong = [[""], ["Bearer x"], [`Bearer ${newToken().token}`], [bearer, bearer], [
    "",
    bearer,
  ]];
  for (const fields of wrong) {
    for (const caller of [elsewhere, unix("alice", 1000, 500)]) {
      const open = { ...rules, anonymous: "view" } as const;
      assert.equal(told(showing(caller, ...fields), open), "anonymous none none failed");
    }
  }
});

Deno.test("who calls is asked again by the rules that are in force then", () => {
  let now = rules;
  const access = accessByRules(() => now);
  const byToken = access(showing(elsewhere, `Bearer ${ci.token}`));
  const byUser = access(unix("alice", 1000));
  assert.deepEqual([byToken.now?.().role, byUser.now?.().role], ["operate", "operate"]);
  now = { ...rules, tokens: [], users: new Map([[1000, { role: "view" }]]) };
  assert.deepEqual([byToken.now?.().role, byUser.now?.().role], ["none", "view"]);
  assert.deepEqual([byToken.role, byUser.role], ["operate", "operate"]);
});

Deno.test("what is known of a caller holds no secret", () => {
  const principal = accessByRules(() => rules)(showing(elsewhere, `Bearer ${ci.token}`));
  const wrong = newToken().token;
  const refused = accessByRules(() => rules)(showing(elsewhere, `Bearer ${wrong}`));
  const text = JSON.stringify([principal, refused]);
  for (const secret of [ci.token, ci.sha256, wrong]) assert.ok(!text.includes(secret));
});
