import assert from "node:assert/strict";
import { accessByRules, type AuthRules } from "../../lib/access/mod.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { serve } from "../api/support/harness.ts";
import { within } from "../support/deadline.ts";
import {
  credentials,
  entryIn,
  Events,
  operator,
  startWeb,
  stateOf,
  untilLink,
  untilRead,
} from "./support/bed.ts";
import { newToken } from "../support/tokens.ts";

const [ops, viewer] = [newToken(), newToken()];

const rules = rulesOf(`auth:
  tokens:
    - { name: ops, role: operate, sha256: ${ops.sha256} }
    - { name: viewer, role: view, sha256: ${viewer.sha256} }
`);

/** A file that only its owner may read, with this token. */
async function tokenFile(token: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempFile({ prefix: "maglev-token-" });
  await Deno.writeTextFile(path, `${token}\n`);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("a maglevd that asks for a token is shown the one of the file, by a socket as well", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-web-" });
  try {
    const addr = `unix:${folder}/api.sock`;
    await using _maglevd = await serve({ addr, access: accessByRules(() => rules) });
    await using file = await tokenFile(viewer.token);
    await using web = await startWeb([addr], { tokenFile: file.path, credentials: operator });
    const { servers: [{ reading } = { reading: undefined }] } = await untilRead(web.url);
    assert.deepEqual(
      [reading?.status?.role, reading?.status?.roleReason],
      ["view", "the file of --auth says so"],
    );
    const act = await fetch(`${web.url}/admin/api/operate?server=${encodeURIComponent(addr)}`, {
      method: "POST",
      headers: { ...credentials, origin: web.url, "content-type": "application/json" },
      body: JSON.stringify({ operations: [{ action: "pause", backends: ["web0"] }] }),
    });
    assert.equal(act.status, 409);
    assert.match(await act.text(), /takes the role operate, and unix:\w+ has view/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("whom a maglevd does not know is told so, and shows another token once it has one", async () => {
  let now: AuthRules = { ...rules, tokens: rules.tokens.filter(({ name }) => name === "ops") };
  await using maglevd = await serve({ access: accessByRules(() => now) });
  await using file = await tokenFile(viewer.token);
  await using web = await startWeb([maglevd.address], { tokenFile: file.path });
  assert.match(await untilLink(web.url, "lost"), /the token that it shows is not one that maglevd/);
  await Deno.writeTextFile(file.path, ops.token);
  await web.reload();
  await untilLink(web.url, "connected");
  // The same as the file says, and one that nobody may read, change nothing.
  await web.reload();
  await Deno.chmod(file.path, 0o644);
  await web.reload();
  await web.reload();
  await Deno.chmod(file.path, 0o600);
  assert.deepEqual(web.log.named("credentials-not-read").map(({ err }) => err), [
    `token file ${file.path}: everybody can read it: chmod 600 and a new token`,
  ]);
  assert.equal(web.log.named("credentials-renewed").length, 1);
  assert.equal((await stateOf(web.url)).servers[0]?.link.state, "connected");

  // Its token is exchanged, and the one of before is no more: nobody notices.
  await untilRead(web.url);
  const { id } = await stateOf(web.url);
  await using events = await Events.open(web.url, id);
  now = rules;
  await Deno.writeTextFile(file.path, viewer.token);
  await web.reload();
  now = { ...rules, tokens: rules.tokens.filter(({ name }) => name === "viewer") };
  maglevd.server.reviewStreams();
  maglevd.bed.move("web0", "up");
  const links: string[] = [];
  await within(
    30_000,
    "what changed meanwhile",
    events.until((each) => {
      if (each.kind === "link") links.push(each.link.state);
      return entryIn(each, "web0") !== undefined;
    }),
  );
  assert.deepEqual(links, []);
});

Deno.test("a file that holds no token ends the start", async () => {
  await using file = await tokenFile("");
  await assert.rejects(startWeb(["127.0.0.1:1"], { tokenFile: file.path }), {
    name: "CommandFailure",
    message: `token file ${file.path}: holds no token, or more than one`,
  });
  await Deno.writeTextFile(file.path, viewer.token);
  await assert.rejects(startWeb(["192.0.2.1:9090"], { tokenFile: file.path }), {
    name: "CommandFailure",
    message: /^the token is not sent to 192\.0\.2\.1 in the clear/,
  });
});
