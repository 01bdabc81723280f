import assert from "node:assert/strict";
import { covers, type Role } from "../../lib/access/mod.ts";
import { actionRoutes } from "../../lib/web/actions.ts";
import type { Maglevd } from "../../lib/web/maglevd.ts";
import type { Visitor } from "../../lib/web/visitors.ts";
import { reasonOf } from "../../lib/log/mod.ts";
import { certFile, keyFile } from "../support/certificates.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { serve } from "../api/support/harness.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";
import { within } from "../support/deadline.ts";
import { credentials, Events, operator, startWeb, stateOf, untilLink } from "./support/bed.ts";
import { authFile, authText, loginOf, type Person, rolesOf, tokens } from "./support/people.ts";
import { sampleVpp } from "./support/sample_vpp.ts";

const longMs = 30_000;

/** What browsers are sent for a path, without its content. */
async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(url, { headers, redirect: "manual" });
  await answer.body?.cancel();
  return answer.status;
}

/** A POST of JSON as the page sends it. */
async function act(
  url: string,
  action: string,
  body: unknown,
  headers: Record<string, string>,
  server: string,
) {
  const answer = await fetch(`${url}/admin/api/${action}?${new URLSearchParams({ server })}`, {
    method: "POST",
    headers: { origin: url, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return [answer.status, await answer.text()] as const;
}

const looks = [
  ...["/view/", "/view/at/x/backend/y", "/view/app.js", "/view/app.css", "/view/api/state"],
  ...["/view/api/events", "/view/api/whoami", "/view/api/journal?server=x", "/view/api/nothing"],
];

Deno.test("with a file of --auth nobody looks without a login, by whatever path", async () => {
  await using file = await authFile(authText());
  await using web = await startWeb(["127.0.0.1:1"], { authPath: file.path });
  const strangers = [
    {},
    loginOf("ada", "otto"),
    { authorization: `Basic ${btoa(`:${tokens.ada.token}`)}` },
    { authorization: `Bearer ${tokens.ada.token}x` },
  ];
  for (const [i, headers] of strangers.entries()) {
    // Those who show something wrong wait each time: a path is enough.
    const all = [...looks, "/admin/", "/admin/api/whoami"];
    for (const path of i === 0 ? all : all.slice(0, 1)) {
      const answer = await fetch(web.url + path, { headers });
      const said = await answer.text();
      assert.equal(answer.status, 401, `${path} ${JSON.stringify(headers)}: ${said}`);
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm=/);
      assert.doesNotMatch(said, /mglv_/);
      const why = i === 0
        ? /it has to show a token or a certificate/
        : /what it shows is neither a name with its token nor a user with its password/;
      assert.match(said, why);
    }
  }
  // Whether it is alive is nobody's secret, nor what it counts, unless the file says so.
  assert.deepEqual(
    [await statusOf(`${web.url}/healthz`), await statusOf(`${web.url}/metrics`)],
    [200, 200],
  );
  const metrics = await (await fetch(`${web.url}/metrics`)).text();
  assert.match(metrics, /^maglev_frontend_web_failed_logins_total 3$/m);
  for (const name of Object.keys(tokens) as Person[]) {
    const bearer = { authorization: `Bearer ${tokens[name].token}` };
    for (const headers of [loginOf(name), bearer]) {
      for (const place of ["view", "admin"]) {
        const answer = await fetch(`${web.url}/${place}/api/whoami`, { headers });
        const expected = { name, role: rolesOf[name], reason: "the file of --auth says so" };
        assert.deepEqual(await answer.json(), expected);
        assert.equal(await statusOf(`${web.url}/${place}/`, headers), 200);
      }
    }
  }
});

Deno.test("whoever is anonymous looks where the file lets it, and has to log in to steer", async () => {
  await using file = await authFile(authText(rolesOf, "  anonymous: view\n  metrics: view\n"));
  await using web = await startWeb(["127.0.0.1:1"], { authPath: file.path });
  const statuses = async (headers: Record<string, string> = {}) =>
    await Promise.all(
      ["/view/", "/admin/", "/metrics"].map((path) => statusOf(web.url + path, headers)),
    );
  assert.deepEqual(await statuses(), [200, 401, 200]);
  const who = await fetch(`${web.url}/view/api/whoami`);
  assert.deepEqual(await who.json(), { name: "", role: "view", reason: "" });
  assert.equal((await stateOf(web.url)).hasLogin, true);
  assert.deepEqual(await statuses(loginOf("vera")), [200, 200, 200]);
  assert.deepEqual(await statuses(loginOf("vera", "ada")), [401, 401, 401]);
  await file.write(authText(rolesOf, "  metrics: view\n"));
  await web.reload();
  assert.deepEqual(await statuses(), [401, 401, 401]);
  assert.deepEqual(await statuses(loginOf("vera")), [200, 200, 200]);
});

const actions: readonly (readonly [action: string, body: object, needs: Role])[] = [
  ...["pause", "resume", "disable", "enable", "drain", "reset"].map((action) =>
    ["operate", { operations: [{ action, backends: ["web0"] }] }, "operate"] as const
  ),
  [
    "operate",
    {
      operations: [
        { action: "weight", backends: ["web0"], frontend: "www", pool: "primary", weight: 3 },
      ],
    },
    "operate",
  ],
  ["operate", { operations: [{ action: "reset-all" }] }, "operate"],
  ["sync", {}, "operate"],
  ["sync", { dryRun: true }, "operate"],
  ["reload", { dryRun: true }, "operate"],
  ["reload", { dryRun: "true" }, "admin"],
  ["reload", {}, "admin"],
  ["reload", { force: true }, "admin"],
];

Deno.test("each action takes its role, and maglevd is not even asked by who lacks it", async () => {
  await using maglevd = await serve({ vpp: sampleVpp() });
  await using file = await authFile(authText());
  await using web = await startWeb([maglevd.address], { authPath: file.path });
  await untilLink(web.url, "connected", loginOf("vera"));
  maglevd.bed.move("web0", "up");
  for (const name of Object.keys(tokens) as Person[]) {
    for (const [action, body, needs] of actions) {
      const before = maglevd.observer.counts.size;
      const what = `${action} ${JSON.stringify(body)} by ${name}`;
      const [status, said] = await act(web.url, action, body, loginOf(name), maglevd.address);
      if (covers(rolesOf[name], needs)) {
        assert.notEqual(status, 403, `${what}: ${said}`);
        continue;
      }
      assert.equal(status, 403, what);
      const { error } = JSON.parse(said);
      assert.equal(
        error,
        `this takes the role ${name === "vera" ? "operate" : "admin"}, and 127.0.0.1 has ` +
          `${rolesOf[name]}: the file of --auth says so`,
      );
      const asked = [...maglevd.observer.counts.keys()].slice(before)
        .filter((each) => /Operate|Sync|Reload|CheckConfig|PlanVPP/.test(each));
      assert.deepEqual(asked, [], what);
    }
  }
  const told = maglevd.bed.events.filter(({ kind }) => kind === "audit")
    .map(({ actor }) => actor?.name);
  assert.deepEqual([...new Set(told)].sort(), ["operator (for ada)", "operator (for otto)"]);
  const refused = web.log.named("action-refused").filter(({ role }) => role !== undefined);
  assert.ok(refused.length > 0);
  assert.partialDeepStrictEqual(refused[0], { user: "vera", role: "view", action: "operate" });
  const metrics = await (await fetch(`${web.url}/metrics`)).text();
  assert.match(metrics, /_actions_total\{action="reload",result="denied"\} [1-9]/);
  assert.match(metrics, /_actions_total\{action="operate",result="done"\} [1-9]/);
});

Deno.test("what is no action is none, and other pages have nothing done by a token either", async () => {
  await using maglevd = await serve();
  await using file = await authFile(authText());
  await using web = await startWeb([maglevd.address], { authPath: file.path });
  const ask = async (action: string, headers: Record<string, string>) =>
    (await act(web.url, action, {}, { ...loginOf("ada"), ...headers }, maglevd.address))[0];
  for (const action of ["constructor", "toString", "__proto__", "whoami", "reload/"]) {
    assert.equal(await ask(action, {}), 404, action);
  }
  assert.equal(await ask("reload", { origin: "https://evil.example" }), 403);
  assert.equal(await ask("reload", { origin: "" }), 403);
  assert.equal(await ask("reload", { "content-type": "text/plain" }), 415);
  // For whom it is said that somebody else asks is nobody's to say.
  const forged = { ...loginOf("otto"), "x-maglev-on-behalf-of": "ada" };
  const pause = { operations: [{ action: "pause", backends: ["web0"] }] };
  assert.equal((await act(web.url, "operate", pause, forged, maglevd.address))[0], 200);
  const audit = maglevd.bed.events.filter(({ kind }) => kind === "audit").at(-1);
  assert.equal(audit?.actor?.name, "operator (for otto)");
});

Deno.test("the user of the environment may do everything beside those of the file", async () => {
  await using maglevd = await serve();
  await using file = await authFile(authText({ vera: "view" }));
  const settings = { authPath: file.path, credentials: operator };
  await using web = await startWeb([maglevd.address], settings);
  const who = await fetch(`${web.url}/view/api/whoami`, { headers: credentials });
  assert.partialDeepStrictEqual(await who.json(), { name: operator.user, role: "admin" });
  assert.notEqual((await act(web.url, "reload", {}, credentials, maglevd.address))[0], 403);
  assert.equal((await act(web.url, "reload", {}, loginOf("vera"), maglevd.address))[0], 403);
});

Deno.test("a stream ends with the token that opened it; others hear that they may do other things", async () => {
  await using file = await authFile(authText());
  await using web = await startWeb(["127.0.0.1:1"], { authPath: file.path });
  const answer = await fetch(`${web.url}/view/api/state`, { headers: loginOf("ada") });
  const { id } = await answer.json();
  await using vera = await Events.open(web.url, id, loginOf("vera"));
  await using otto = await Events.open(web.url, id, loginOf("otto"));
  await file.write(authText({ otto: "view", ada: "admin" }));
  await web.reload();
  const told = async (events: Events) => {
    while (true) {
      const { event } = await within(longMs, "word", events.next());
      if (event !== "message") return event;
    }
  };
  assert.equal(await told(vera), "denied");
  await assert.rejects(within(longMs, "the end", vera.next()), /the stream has ended/);
  assert.equal(await told(otto), "whoami");
  assert.equal(await statusOf(`${web.url}/view/api/events`, loginOf("vera")), 401);
  assert.equal((await act(web.url, "operate", {}, loginOf("otto"), "127.0.0.1:1"))[0], 403);
  // What is wrong with the file takes nothing away, and gives nobody anything.
  for (const broken of ["", "auth: [", authText({ vera: "king" }), "auth: {}"]) {
    await file.write(broken);
    await web.reload();
    assert.equal(await statusOf(`${web.url}/view/`, loginOf("otto")), 200, broken);
  }
  assert.equal(await statusOf(`${web.url}/view/`, loginOf("vera")), 401);
  assert.equal(web.log.named("auth-reload-failed").length, 4);
  assert.equal(web.log.named("auth-reloaded").length, 1);
  assert.deepEqual(
    web.log.named("auth-reload-failed").filter(({ err }) => !String(err).includes(file.path)),
    [],
  );
  assert.equal(await told(otto), "whoami");
});

Deno.test("what somebody may is asked again when its request is complete", async () => {
  const log = new FakeLog();
  const told: string[] = [];
  const metrics = { acted: (...what: readonly string[]) => void told.push(what.join(" ")) };
  // Whoever asks this one for anything fails.
  const maglevds = new Map([["one", {} as unknown as Maglevd]]);
  const route = actionRoutes({ maglevds, log, metrics });
  let role: Role = "admin";
  const now = (): Visitor => ({ name: "otto", role, peer: "192.0.2.1", isKnown: true, now });
  const ask = async (action: string, later: Role) => {
    role = "admin";
    const path = `/admin/api/${action}?server=one`;
    const request = memoryRequest({
      path,
      headers: [["content-type", "application/json"], ["origin", "http://localhost"]],
    });
    const slow = async function* () {
      yield new TextEncoder().encode("{");
      role = await Promise.resolve(later);
      yield new TextEncoder().encode("}");
    };
    return await route({ ...request, body: slow() }, new URL(`http://page${path}`), now());
  };
  assert.equal((await ask("operate", "view")).status, 403);
  assert.equal((await ask("reload", "operate")).status, 403);
  assert.deepEqual(told, ["operate denied", "reload denied"]);
  assert.deepEqual(log.named("action-refused").map((record) => record.role), ["view", "operate"]);
});

Deno.test("the file of the user guide is one that the view takes", async () => {
  const guide = await Deno.readTextFile(new URL("../../docs/user-guide.md", import.meta.url));
  const [, text = ""] = /```yaml web-auth\n([^`]+)```/.exec(guide) ?? [];
  await using file = await authFile(text);
  await using web = await startWeb(["127.0.0.1:1"], { authPath: file.path });
  assert.partialDeepStrictEqual(web.log.named("auth-loaded"), [{ tokens: 2, anonymous: "none" }]);
});

Deno.test("a start takes somebody who can log in: by a token, a password, or a certificate that is asked for", async () => {
  const unix = "auth: { unix: [{ user: root, role: admin }] }";
  const byCertificate = "auth: { certificates: [{ name: ada, role: admin, subject: CN=ada }] }";
  await using file = await authFile("");
  const starts = async (text: string, settings: Parameters<typeof startWeb>[1]) => {
    await file.write(text);
    try {
      await using _ = await startWeb(["127.0.0.1:1"], { ...settings, authPath: file.path });
      return true;
    } catch (error) {
      assert.match(reasonOf(error), /names nobody who could log in here/);
      return false;
    }
  };
  const [cert, key] = [certFile("server"), keyFile("server")];
  const tls = { cert, key, clientCa: "" };
  const asking = { ...tls, clientCa: certFile("authority") };
  const credentials = operator;
  assert.equal(await starts(authText({ vera: "view" }), {}), true);
  assert.equal(await starts(unix, {}), false);
  assert.equal(await starts(unix, { credentials }), true);
  assert.equal(await starts(unix, { certificate: asking }), false);
  assert.equal(await starts(byCertificate, {}), false);
  assert.equal(await starts(byCertificate, { certificate: tls }), false);
  assert.equal(await starts(byCertificate, { certificate: asking }), true);
});

Deno.test("of what anybody can bring about the first five a minute are told", async () => {
  await using file = await authFile(authText());
  await using web = await startWeb(["127.0.0.1:1"], { authPath: file.path });
  for (let i = 0; i < 8; i++) {
    const [status] = await act(web.url, "sync", {}, loginOf("vera"), "127.0.0.1:1");
    assert.equal(status, 403);
  }
  assert.equal(web.log.named("action-refused").length, 5);
});

Deno.test("a file that cannot be used ends the start, and says where it is wrong", async () => {
  await using file = await authFile(authText({ vera: "king" }));
  const start = () => startWeb(["127.0.0.1:1"], { authPath: file.path });
  await assert.rejects(start(), { name: "UsageError", message: /auth\.yaml:3:\d+: .*king/ });
  await file.write("auth: { unix: [{ user: root, role: admin }] }");
  await assert.rejects(start(), {
    name: "UsageError",
    message: `${file.path} names nobody who could log in here: that takes a token, or a ` +
      "certificate and --tls-client-ca",
  });
  await Deno.remove(file.path);
  await assert.rejects(start(), { name: "UsageError", message: /auth\.yaml/ });
  await file.write(authText());
  await Deno.chmod(file.path, 0o666);
  await using web = await start();
  assert.partialDeepStrictEqual(web.log.named("access-unsafe"), [
    { addr: file.path, reason: "everybody may write to it, and so give themselves any role" },
  ]);
});
