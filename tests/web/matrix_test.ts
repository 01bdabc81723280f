import assert from "node:assert/strict";
import {
  accessByRules,
  type AuthRules,
  covers,
  type Role,
  roleOfMethod,
  roles,
} from "../../lib/access/mod.ts";
import type { Settings } from "../../lib/web/mod.ts";
import { queries } from "../../lib/web/queries.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { type Harness, serve } from "../api/support/harness.ts";
import { serverIdentity } from "../support/certificates.ts";
import { credentials, operator, startWeb, untilLink } from "./support/bed.ts";
import { clientFiles } from "./support/client_files.ts";
import { sampleVpp } from "./support/sample_vpp.ts";
import { newToken } from "../support/tokens.ts";

/** What the page asks of a maglevd, and what takes more than reading there. */
interface Route {
  readonly path: string;
  readonly body?: object;
}

const verbs = ["drain", "reset", "pause", "resume", "disable", "enable"] as const;

const reads: readonly Route[] = [...queries.keys()].map((name) => ({
  path: `/view/api/${name}?name=web0`,
}));

const changes: readonly Route[] = [false, true].flatMap((dryRun) => [
  ...verbs.map((action) => ({
    path: "/admin/api/operate?",
    body: { operations: [{ action, backends: ["web0"] }], dryRun },
  })),
  { path: "/admin/api/sync?", body: { dryRun } },
  { path: "/admin/api/reload?", body: { dryRun } },
]);

/** What its calls have ended with: `Operate PermissionDenied`. */
function ended({ observer }: Harness): readonly (readonly [method: string, code: string])[] {
  return [...observer.counts.keys()].flatMap((what) => {
    const [, method, code] = /^handled (maglev\.Maglev\/\w+) (\w+)$/.exec(what) ?? [];
    return method === undefined || code === undefined ? [] : [[method, code] as const];
  });
}

/** Asks everything of a maglevd that takes the view for somebody with this role. */
async function askAll(maglevd: Harness, url: string, role: Role | "none"): Promise<void> {
  const refusal = role === "none" ? "Unauthenticated" : "PermissionDenied";
  const server = encodeURIComponent(maglevd.address);
  for (const { path, body } of [...reads, ...changes]) {
    // What the view has heard by itself it tells without asking.
    if (/^\/view\/api\/(?:traffic|calls)/.test(path)) continue;
    maglevd.observer.counts.clear();
    const answer = await fetch(`${url}${path}&server=${server}`, {
      headers: { ...credentials, origin: url, "content-type": "application/json" },
      ...body && { method: "POST", body: JSON.stringify(body) },
    });
    const said = await answer.text();
    const what = `${path} ${JSON.stringify(body)} by ${role}: ${answer.status} ${said}`;
    const all = ended(maglevd);
    assert.ok(all.length > 0, what);
    for (const [method, code] of all) {
      assert.equal(code === refusal, !covers(role, roleOfMethod(method)), `${what}: ${method}`);
    }
    const isRefused = all.some(([, code]) => code === refusal);
    assert.equal(answer.status, isRefused ? body ? 409 : 502 : 200, what);
    if (isRefused) assert.match(said, /this takes the role \w+, and /, what);
  }
}

/** A maglevd in which something can be read. */
function start(options: Parameters<typeof serve>[0]): Promise<Harness> {
  return serve({ vpp: sampleVpp(), ...options });
}

Deno.test("the matrix: the view may do by a token what its role may, and nothing else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-web-" });
  try {
    const { token, sha256 } = newToken();
    const tokenFile = `${folder}/token`;
    await Deno.writeTextFile(tokenFile, token, { mode: 0o600 });
    for (const role of [...roles, "none"] as const) {
      const given = role === "none" ? "admin" : role;
      const entry = `tokens: [{ name: it, role: ${given}, sha256: "${sha256}" }]`;
      const rules = rulesOf(`auth: { ${entry} }`);
      await using maglevd = await start({ access: accessByRules(() => rules) });
      const settings: Partial<Settings> = role === "none" ? {} : { tokenFile };
      await using web = await startWeb([maglevd.address], { ...settings, credentials: operator });
      await untilLink(web.url, role === "none" ? "lost" : "connected");
      await askAll(maglevd, web.url, role);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the matrix: the view may do by its certificate what its role may", async () => {
  await using files = await clientFiles();
  const { ca, cert, key } = files;
  await files.take("alice");
  const identity = await serverIdentity(true);
  for (const role of [...roles, "none"] as const) {
    const given = role === "none" ? "admin" : role;
    const entry = `certificates: [{ subject: "CN=alice,O=Example", role: ${given} }]`;
    const rules: AuthRules = rulesOf(`auth: { ${entry} }`);
    await using maglevd = await start({ tls: { identity }, access: accessByRules(() => rules) });
    const tls = role === "none" ? { ca } : { ca, cert, key };
    await using web = await startWeb([maglevd.address], { tls, credentials: operator });
    await untilLink(web.url, role === "none" ? "lost" : "connected");
    await askAll(maglevd, web.url, role);
  }
});

Deno.test("the matrix: whoever cannot log in at the view reads and changes nothing", async () => {
  await using maglevd = await start({});
  await using web = await startWeb([maglevd.address], { credentials: operator });
  await untilLink(web.url, "connected");
  const server = encodeURIComponent(maglevd.address);
  const before = maglevd.bed.checker.backend("web0")?.state;
  const own = { origin: web.url, "content-type": "application/json" };
  const strangers: [who: string, headers: Record<string, string>, status: number][] = [
    ["without a password", own, 401],
    ["another site's page", { ...own, ...credentials, origin: "http://evil.example" }, 403],
    ["a page without an origin", { ...credentials, "content-type": "application/json" }, 403],
    ["a form", { ...own, ...credentials, "content-type": "text/plain" }, 415],
  ];
  for (const [who, headers, status] of strangers) {
    for (const { path, body } of changes) {
      const answer = await fetch(`${web.url}${path}&server=${server}`, {
        ...{ method: "POST", headers, body: JSON.stringify(body) },
      });
      await answer.body?.cancel();
      assert.equal(answer.status, status, `${path} ${JSON.stringify(body)} by ${who}`);
    }
  }
  for (const { path } of reads) {
    const answer = await fetch(`${web.url}${path}&server=${server}`, { method: "POST", body: "" });
    await answer.body?.cancel();
    assert.equal(answer.status, 405, path);
  }
  const steered = ended(maglevd).filter(([method]) => roleOfMethod(method) !== "view");
  assert.deepEqual(steered, []);
  assert.equal(maglevd.bed.checker.backend("web0")?.state, before);
});

Deno.test("the matrix: what strangers may have the view ask takes no more than reading", async () => {
  await using maglevd = await start({});
  await using web = await startWeb([maglevd.address]);
  await untilLink(web.url, "connected");
  const server = encodeURIComponent(maglevd.address);
  for (const { path } of reads) {
    const answer = await fetch(`${web.url}${path}&server=${server}`);
    await answer.body?.cancel();
    assert.equal(answer.status, 200, path);
  }
  const asked = ended(maglevd).map(([method]) => [method, roleOfMethod(method)]);
  assert.ok(asked.length > 5, String(asked));
  assert.deepEqual(asked.filter(([, role]) => role !== "view"), []);
});
