import assert from "node:assert/strict";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { smallConfig } from "../api/support/small_config.ts";
import { within } from "../support/deadline.ts";
import { until } from "../support/until.ts";
import {
  blank,
  credentials,
  entryIn,
  Events,
  operator,
  startWeb,
  stateOf,
  untilLink,
  untilRead,
} from "./support/bed.ts";

const longMs = 30_000;

Deno.test("what a maglevd tells is there to be read, and what changes is told", async () => {
  await using maglevd = await serve();
  await using web = await startWeb([maglevd.address]);
  const { id, servers: [first] } = await within(longMs, "read", untilRead(web.url));
  assert.equal(first?.name, maglevd.address);
  assert.equal(first.link.state, "connected");
  const names = first.reading.backends?.map(({ name }) => name);
  assert.deepEqual(names, ["web0", "web1", "web2", "web3"]);
  assert.deepEqual(first.reading.checks?.map(({ name }) => name), ["imaps", "ping", "smtp", "web"]);
  await using events = await Events.open(web.url, id);
  assert.equal(events.response.headers.get("x-accel-buffering"), "no");
  assert.equal(events.response.headers.get("content-type"), "text/event-stream");
  assert.equal(events.response.headers.get("content-encoding"), null);
  maglevd.bed.move("web1", "up");
  const { change } = await within(
    longMs,
    "told",
    events.until((each) => entryIn(each, "web1") !== undefined),
  );
  assert.partialDeepStrictEqual(entryIn(change, "web1"), {
    ...{ backend: "web1", to: "up", what: "web1 unknown → up", why: "L7OK (status 200)" },
  });
  // What events leave open is read a moment later: who uses it has a reason for each weight.
  await within(
    longMs,
    "read again",
    events.until((each) =>
      each.kind === "delta" &&
      Object.values(each.members ?? {}).flat().some(([, , { set }]) => set?.reason === "carries")
    ),
  );
  const after = await stateOf(web.url);
  const backend = after.servers[0]?.reading.backends?.find(({ name }) => name === "web1");
  assert.equal(backend?.state, "up");
});

Deno.test("who was away for a moment gets what it missed; who asks for more reads anew", async () => {
  await using maglevd = await serve();
  await using web = await startWeb([maglevd.address]);
  const { id } = await within(longMs, "read", untilRead(web.url));
  const last = await (async () => {
    await using events = await Events.open(web.url, id);
    maglevd.bed.move("web0", "up");
    const { id: last } = await within(longMs, "told", events.until(({ kind }) => kind === "delta"));
    return last;
  })();
  await using again = await Events.open(web.url, id);
  const first = await again.next();
  assert.match(first.id, /^[0-9a-f]{8}-\d+$/);
  if (first.id !== last) await within(longMs, "the rest", again.until((_, __) => true));
  for (const unknown of ["", "other-1", `${id.split("-")[0]}-999999`]) {
    await using events = await Events.open(web.url, unknown);
    assert.equal((await events.next()).event, "resync", unknown);
  }
});

Deno.test("a maglevd that goes is said to be lost, another one goes on, and it comes back", async () => {
  await using steady = await serve();
  const first = await serve();
  await using web = await startWeb([steady.address, first.address]);
  const { id } = await within(longMs, "read", untilRead(web.url));
  await using events = await Events.open(web.url, id);
  await first[Symbol.asyncDispose]();
  const { change } = await within(
    longMs,
    "lost",
    events.until((each, server) => server === first.address && each.kind === "link"),
  );
  assert.ok(change.kind === "link" && change.link.state === "lost");
  assert.match(change.link.reason, /server shutting down|cannot reach|closed|ended/);
  steady.bed.move("web2", "up");
  await within(
    longMs,
    "the other one",
    events.until((each, server) => server === steady.address && each.kind === "delta"),
  );
  await using back = await serve({ addr: first.address });
  back.bed.move("web3", "up");
  await within(
    longMs,
    "back",
    events.until((each, server) =>
      server === first.address && each.kind === "link" && each.link.state === "connected"
    ),
  );
  await within(
    longMs,
    "its state",
    events.until((each, server) =>
      server === first.address && each.kind === "delta" &&
      each.moved?.some(([name, state]) => name === "web3" && state === "up") === true
    ),
  );
});

Deno.test("a maglevd that comes back with another configuration is shown as it is now", async () => {
  const first = await serve();
  await using web = await startWeb([first.address]);
  await untilRead(web.url);
  const { id } = await stateOf(web.url);
  await using events = await Events.open(web.url, id);
  await first[Symbol.asyncDispose]();
  const config = smallConfig(2);
  const [backend] = config.backends.values();
  assert.ok(backend);
  const backends = new Map([...config.backends, ["other", { ...backend, name: "other" }]]);
  await using _back = await serve({ addr: first.address }, new CheckerBed({ ...config, backends }));
  await within(
    longMs,
    "what it has now",
    events.until((each) =>
      each.kind === "delta" &&
      each.reading?.backends?.some(({ name }) => name === "other") === true
    ),
  );
  const { servers: [{ reading } = { reading: undefined }] } = await stateOf(web.url);
  assert.deepEqual(reading?.backends?.map(({ name }) => name).sort(), [...backends.keys()].sort());
});

Deno.test("the page comes with a strict policy, compressed where asked for", async () => {
  await using web = await startWeb(["127.0.0.1:1"]);
  for (const path of ["/view/", "/view/at/rtr1/backend/web1", "/view/app.js", "/view/app.css"]) {
    const answer = await fetch(web.url + path, { headers: { "accept-encoding": "gzip" } });
    await answer.body?.cancel();
    assert.equal(answer.status, 200, path);
    const policy = answer.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("vary"), "accept-encoding");
  }
  const root = await fetch(web.url, { redirect: "manual" });
  await root.body?.cancel();
  assert.deepEqual([root.status, root.headers.get("location")], [302, "/view/"]);
  const health = await fetch(`${web.url}/healthz`);
  assert.deepEqual([health.status, await health.text()], [200, "ok\n"]);
  const metrics = await (await fetch(`${web.url}/metrics`)).text();
  assert.match(metrics, /^maglev_frontend_web_connected\{server="127\.0\.0\.1:1"\} 0$/m);
  for (const [path, status] of [["/nowhere", 404], ["/view/api/nothing", 404]] as const) {
    const answer = await fetch(web.url + path);
    await answer.body?.cancel();
    assert.equal(answer.status, status, path);
  }
  const wrong = await fetch(`${web.url}/view/`, { method: "POST" });
  await wrong.body?.cancel();
  assert.equal(wrong.status, 405);
});

Deno.test("a page that resolves its own name to here is not answered", async () => {
  await using web = await startWeb(["127.0.0.1:1"], { hostNames: ["lb.example.net"] });
  using client = Deno.createHttpClient({ allowHost: true });
  for (const [host, status] of [["evil.example", 421], ["lb.example.net", 200]] as const) {
    const answer = await fetch(`${web.url}/view/api/state`, { headers: { host }, client });
    assert.equal(answer.status, status, host);
    await answer.body?.cancel();
  }
});

Deno.test("questions about a maglevd are answered by it, and refused for one that is not there", async () => {
  await using maglevd = await serve();
  await using web = await startWeb([maglevd.address]);
  const ask = async (path: string) => {
    const answer = await fetch(`${web.url}/view/api/${path}`);
    return [answer.status, await answer.json().catch(() => undefined)] as const;
  };
  const server = encodeURIComponent(maglevd.address);
  maglevd.bed.move("web0", "up");
  maglevd.bed.move("web0", "down");
  const [status, { backend, timeline }] = await ask(`backend?server=${server}&name=web0`);
  assert.deepEqual([status, backend.state], [200, "down"]);
  assert.deepEqual(timeline.map(({ to }: { to: string }) => to), ["down", "up"]);
  const [, journal] = await ask(`journal?server=${server}&kinds=backend&backend=web0`);
  assert.equal(journal.entries.length, 2);
  assert.equal((await ask(`journal?server=${server}&kinds=nonsense`))[0], 502);
  assert.match((await ask(`vpp?server=${server}`))[1].error, /VPP/);
  assert.equal((await ask("journal?server=other"))[0], 404);
});

Deno.test("nobody steers without credentials, and there is no door where there are none", async () => {
  await using maglevd = await serve();
  {
    await using web = await startWeb([maglevd.address]);
    const answer = await fetch(`${web.url}/admin/`, { headers: credentials });
    await answer.body?.cancel();
    assert.equal(answer.status, 404);
  }
  await using web = await startWeb([maglevd.address], { credentials: operator });
  const wrong = btoa("ops:wrong");
  for (const authorization of ["", "Basic !", "Bearer x", `Basic ${wrong}`]) {
    const headers = authorization === "" ? {} : { authorization };
    const answer = await fetch(`${web.url}/admin/`, { headers });
    await answer.body?.cancel();
    assert.equal(answer.status, 401, authorization);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm=/);
  }
  let page = await fetch(`${web.url}/admin/at/x`, { headers: credentials });
  // For a tenth of a second after the wrong one none is looked at.
  while (page.status === 429) {
    await page.body?.cancel();
    page = await fetch(`${web.url}/admin/at/x`, { headers: credentials });
  }
  await page.body?.cancel();
  assert.equal(page.status, 200);
  const user = await fetch(`${web.url}/admin/api/whoami`, { headers: credentials });
  assert.deepEqual(await user.json(), { name: "ops", role: "admin", reason: "" });
  // Who only looks is not asked, whatever a proxy before it has the browser show.
  const onlooker = await fetch(`${web.url}/view/api/whoami`, { headers: { authorization: "x" } });
  assert.deepEqual(await onlooker.json(), { name: "", role: "view", reason: "" });
  assert.equal((await stateOf(web.url)).hasLogin, true);
  await using open = await startWeb(["127.0.0.1:1"]);
  assert.equal((await stateOf(open.url)).hasLogin, false);
});

Deno.test("an action is foreseen, then done; a form or another page cannot have it done", async () => {
  await using maglevd = await serve();
  await using web = await startWeb([maglevd.address], { credentials: operator });
  const server = encodeURIComponent(maglevd.address);
  const drain = { operations: [{ action: "drain", backends: ["web0"] }] };
  const act = async (body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${web.url}/admin/api/operate?server=${server}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: web.url,
        ...credentials,
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return [answer.status, await answer.text()] as const;
  };
  maglevd.bed.move("web0", "up");
  const isDrained = () => maglevd.bed.checker.backend("web0")?.drain !== undefined;
  for (
    const [headers, status] of [
      [{ authorization: "" }, 401],
      [{ "content-type": "text/plain" }, 415],
      [{ "content-type": "application/x-www-form-urlencoded" }, 415],
      [{ origin: "https://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ origin: "" }, 403],
    ] as const
  ) {
    assert.equal((await act(drain, headers))[0], status, JSON.stringify(headers));
  }
  for (const body of ["[]", "null", "5", "{"]) assert.equal((await act(body))[0], 400, body);
  assert.equal((await act({ ...drain, wieght: 3 }))[0], 400);
  const [status, foreseen] = await act({ ...drain, dryRun: true });
  assert.equal(status, 200);
  assert.equal(JSON.parse(foreseen).outcome.frontends[0].danger, "goes-down");
  assert.equal(isDrained(), false);
  assert.equal((await act(drain))[0], 200);
  assert.equal(isDrained(), true);
  assert.equal(web.log.named("action").length, 1);
  const done = maglevd.bed.events.filter(({ kind }) => kind === "audit").at(-1);
  assert.equal(done?.actor?.name, `operator (for ${operator.user})`);
  const actors = maglevd.bed.events.filter(({ kind }) => kind === "operator");
  assert.equal(actors.at(-1)?.actor?.name, `operator (for ${operator.user})`);
  const unknown = { operations: [{ action: "drain", backends: ["nobody"] }] };
  const [refused, why] = await act(unknown);
  assert.equal(refused, 409);
  assert.match(why, /nobody/);
});

Deno.test("each action is logged, and what becomes of each maglevd", async () => {
  await using maglevd = await serve();
  const others = Array.from({ length: 8 }, (_, i) => `127.0.0.1:${i + 1}`);
  await using web = await startWeb([maglevd.address, ...others], { credentials: operator });
  for (let n = 0; n < 4; n++) {
    for (const action of ["disable", "enable"]) {
      const answer = await fetch(`${web.url}/admin/api/operate?server=${maglevd.address}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: web.url, ...credentials },
        body: JSON.stringify({ operations: [{ action, backends: ["web0"] }] }),
      });
      assert.equal((await answer.json()).outcome.backends.length, 1);
    }
  }
  assert.equal(web.log.named("action").length, 8);
  const lost = () => web.log.named("maglevd-lost").map(({ server }) => server);
  await within(longMs, "all records", until(() => lost().length === others.length));
  assert.deepEqual(lost().sort(), others);
});

Deno.test("whoever starts it is told how many maglevds are heard, when that changes", async () => {
  const told: string[] = [];
  const maglevd = await serve();
  await using web = await startWeb([maglevd.address], {}, blank, (status) => told.push(status));
  await untilLink(web.url, "connected");
  assert.deepEqual(told, ["1 of 1 maglevds heard"]);
  await maglevd[Symbol.asyncDispose]();
  await untilLink(web.url, "lost");
  assert.deepEqual(told.slice(1), [`0 of 1 maglevds heard; not: ${maglevd.address}`]);
});

Deno.test("a browser keeps the files of the page, which have other addresses when they are others", async () => {
  const html = '<link href="/view/app.css"><script src="/view/app.js"></script>';
  const script = "a".repeat(5_000);
  await using web = await startWeb(["127.0.0.1:1"], {}, { html, script, style: "*{}" });
  const asked = async (path: string) => {
    const answer = await fetch(`${web.url}${path}`);
    return [answer.headers.get("cache-control"), await answer.text()];
  };
  const [caching, page] = await asked("/view/");
  assert.equal(caching, "no-cache");
  const [style = "", code = ""] = page?.match(/\/view\/app[^"]*/g) ?? [];
  assert.match(
    `${style} ${code}`,
    /^\/view\/app\.css\?v=[0-9a-f]{16} \/view\/app\.js\?v=[0-9a-f]{16}$/,
  );
  const forever = "private, max-age=31536000, immutable";
  assert.deepEqual(await asked(code), [forever, script]);
  assert.deepEqual(await asked(style), [forever, "*{}"]);
  // Of another version, and without one, it may be another file the next time.
  for (
    const path of [code.slice(0, -1), code.split("?")[0] ?? "", `/view/app.css${code.slice(12)}`]
  ) {
    assert.equal((await asked(path))[0], "no-cache", path);
  }
});
