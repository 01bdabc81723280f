import assert from "node:assert/strict";
import type { Access, Role } from "../../lib/access/mod.ts";
import type { Assets } from "../../lib/web/mod.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { needing } from "../support/programs.ts";
import { steer } from "../support/steer.ts";
import { operator, startWeb, untilRead } from "./support/bed.ts";
import { calm } from "./support/calm.ts";
import {
  builtPage,
  type Chromium,
  haveChromium,
  startChromium,
  untilText,
} from "./support/chromium.ts";
import { bigConfig, evil, long, oddConfig } from "./support/odd_configs.ts";
import { serveOlder } from "./support/older_server.ts";
import { sampleVpp } from "./support/sample_vpp.ts";
import { violations } from "./support/violations.ts";

const flashes = "document.querySelectorAll('[data-flashed]').length";

async function inBrowser(test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  const { complaints } = chromium;
  await using first = await serve({ vpp: sampleVpp(), status: calm });
  await using odd = await serve({ status: calm }, new CheckerBed(oddConfig()));
  await using web = await startWeb([first.address, odd.address], {}, assets);
  const { url } = web;
  await untilRead(url);
  const at = (server: string, rest = "") => `${url}/view/at/${encodeURIComponent(server)}${rest}`;
  const page = await chromium.page();

  await test.step("shows what is there, and what changes", async () => {
    await page.goto(at(first.address));
    await untilText(page, ".pools .row", "web0");
    assert.equal(await page.$("#app > p"), null, "the page has no more to say of loading");
    assert.match(await page.title(), /maglev$/);
    await untilText(page, ".verdict h1", "not known yet");
    first.bed.move("web0", "up");
    first.bed.move("web1", "up");
    await untilText(page, '.row[data-backend="web0"] .state', "up");
    await untilText(page, ".verdict h1", "All is well");
    first.bed.move("web1", "down");
    await untilText(page, '.row[data-backend="web1"] .state', "down");
    await untilText(page, ".problems", "web1");
    const since = await page.$$eval(".problems .since", (all) => all.map((each) => each.innerText));
    assert.ok(since.length > 0 && since.every((each) => each !== ""), `since ${since}`);
    assert.deepEqual(complaints(), []);
  });

  await test.step("flashes what changed, and nothing that is only seen first", async () => {
    const seen = async () => {
      await page.goto(at(first.address));
      await untilText(page, ".pools .row", "web0");
      const atOnce = await page.evaluate(flashes);
      await page.click(`.tabs a[href$="${encodeURIComponent(odd.address)}"]`);
      await untilText(page, ".pools .row", evil);
      await page.click(`.tabs a[href$="${encodeURIComponent(first.address)}"]`);
      await untilText(page, ".row", "web0");
      return [atOnce, await page.evaluate(flashes)];
    };
    // What still changes because of the step before may flash; what is only seen first would always.
    let found = await seen();
    for (let i = 0; i < 5 && found.some(Boolean); i++) found = await seen();
    assert.deepEqual(found, [0, 0]);
    first.bed.move("web1", "up");
    await page.waitForSelector('.row[data-backend="web1"] [data-flashed]');
    assert.equal(await page.$('.row[data-backend="web0"] .c-state [data-flashed]'), null);
  });

  await test.step("keeps the chosen maglevd in a cookie, unless it is gone", async () => {
    await page.click(`.tabs a[href$="${encodeURIComponent(odd.address)}"]`);
    await page.goto(`${url}/view/`);
    await untilText(page, ".tabs [aria-current]", odd.address);
    await page.setCookie({ name: "maglev_scope", value: "gone", url });
    await page.goto(`${url}/view/`);
    await untilText(page, ".tabs [aria-current]", first.address);
  });

  await test.step("shows names as text, whatever they are", async () => {
    await page.goto(at(odd.address));
    await untilText(page, ".row .c-name", evil);
    assert.equal(await page.$("main img"), null);
    odd.bed.move(evil, "up");
    odd.bed.move(long, "up");
    odd.bed.move(long, "down");
    const views = [
      [`/backend/${encodeURIComponent(long)}`, ".subject h1", long],
      [`/backend/${encodeURIComponent(evil)}`, ".subject h1", evil],
      ["/journal", ".journal tbody", evil],
      ["", ".problems", long],
    ] as const;
    for (const [rest, where, name] of views) {
      await page.goto(at(odd.address, rest));
      await untilText(page, where, name);
      assert.equal(await page.$("main img"), null);
      for (const width of [1280, 360]) {
        await page.setViewport({ width, height: 900 });
        const is = await page.evaluate("document.documentElement.scrollWidth");
        assert.equal(is, width, `${rest.slice(0, 20)} is ${is} pixels wide`);
      }
      await page.setViewport({ width: 1280, height: 900 });
    }
    await page.keyboard.press("/");
    await page.waitForSelector("dialog[open] input");
    await page.keyboard.type("onerror");
    await untilText(page, ".found [aria-selected=true]", evil);
    assert.deepEqual(complaints(), []);
  });

  await test.step("finds by name, and goes back", async () => {
    await page.goto(at(first.address));
    await untilText(page, ".pools .row", "web0");
    await page.keyboard.press("/");
    await page.waitForSelector("dialog[open] input");
    await page.keyboard.type("web1");
    await untilText(page, ".found [aria-selected=true]", "web1");
    await page.keyboard.press("Enter");
    await untilText(page, ".subject h1", "web1");
    assert.equal(page.url(), at(first.address, "/backend/web1"));
    await untilText(page, ".timeline", "L7OK");
    await page.goBack();
    await untilText(page, ".pools .row", "web0");
    await page.keyboard.press("?");
    await untilText(page, "dialog[open] .keys", "search frontends and backends");
    await untilText(page, "dialog[open] .keys div:has(.running)", "a probe is running");
    assert.deepEqual(await violations(page), []);
  });

  await test.step("is accessible and fits, each view, light and dark, wide and narrow", async () => {
    const views = ["", "/backend/web1", "/vpp", "/journal"].map((path) => at(first.address, path));
    const marks = [".pools .row", ".timeline li", ".vip tbody tr", ".journal tbody td"];
    for (const [i, view] of [...views, `${url}/view/all`].entries()) {
      await page.goto(view);
      await page.waitForSelector(marks[i] ?? ".server");
      // What differs in the dark is colour alone.
      for (const [value, rules] of [["light", []], ["dark", ["color-contrast"]]] as const) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
        assert.deepEqual(await violations(page, rules), [], `${view} ${value}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.equal(width, 360, `${view} is ${width} pixels wide`);
      assert.deepEqual(await violations(page), [], `${view} narrow`);
      await page.setViewport({ width: 1280, height: 900 });
    }
    await page.emulateMediaFeatures([]);
    assert.deepEqual(complaints(), []);
  });

  await page.close();
}

async function whenLost(test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  await using steady = await serve({ status: calm });
  const first = await serve({ status: calm });
  let web = await startWeb([steady.address, first.address], {}, assets);
  const { url, address } = web;
  await untilRead(url);
  const page = await chromium.page();
  await page.goto(`${url}/view/all`);
  await untilText(page, ".server", "connected");

  await test.step("tells since when a maglevd is lost, and finds it again", async () => {
    await first[Symbol.asyncDispose]();
    await untilText(page, ".tabs a", "lost");
    await untilText(page, ".problems", "is not heard");
    await using back = await serve({ addr: first.address });
    back.bed.move("web3", "up");
    await untilText(page, ".server:last-child", "connected");
    await untilText(page, ".server:last-child", "1 up");
  });

  await test.step("reads everything anew when its own server was restarted", async () => {
    await web[Symbol.asyncDispose]();
    steady.bed.move("web0", "up");
    const port = Number(address.split(":")[1]);
    web = await startWeb([steady.address], { listen: { hostname: "127.0.0.1", port } }, assets);
    await page.waitForFunction("document.querySelectorAll('.tabs a').length === 1");
    await untilText(page, '.row[data-backend="web0"] .state', "up");
  });

  await page.close();
  await web[Symbol.asyncDispose]();
}

async function withOlder(_test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  await using older = serveOlder();
  await using web = await startWeb([older.address], {}, assets);
  await untilRead(web.url, ["backends"]);
  const page = await chromium.page();
  await page.goto(`${web.url}/view/`);
  await untilText(page, '.row[data-backend="nginx0"] .state', "up");
  await untilText(page, ".verdict h1", "not known yet");
  assert.equal(await page.$(".running"), null, "which nobody has told of");
  await untilText(page, ".frontend .facts", "not told");
  const server = encodeURIComponent(older.address);
  for (
    const [rest, where, text] of [
      ["backend/nginx0", ".timeline", "up"],
      ["journal", "main", "is older than the view"],
      ["vpp", "main", "is older than the view"],
    ] as const
  ) {
    await page.goto(`${web.url}/view/at/${server}/${rest}`);
    await untilText(page, where, text);
  }
  // What it does not know is answered with an error.
  chromium.complaints();
  await page.close();
}

async function withMany(_test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  await using maglevd = await serve({ status: calm }, new CheckerBed(bigConfig(2_000)));
  await using web = await startWeb([maglevd.address], {}, assets);
  await untilRead(web.url);
  const page = await chromium.page();
  await page.goto(`${web.url}/view/`);
  await page.click(".fold");
  await untilText(page, ".row", "web0");
  const rows = await page.$$eval(".row", (all) => all.length);
  assert.ok(rows < 200, `${rows} rows are rendered`);
  await page.evaluate("document.documentElement.scrollTo(0, document.body.scrollHeight / 2)");
  await page.waitForSelector('.row[data-backend="web1000"]');
  // Much that is wrong or set by hand leaves the frontends in view.
  for (let i = 0; i < 50; i++) steer(maglevd.bed.checker).disable(`web${i}`);
  await untilText(page, ".by-hand button", "show 44 more");
  assert.equal((await page.$$(".by-hand li")).length, 6);
  await page.$eval(".by-hand button", (button) => button.click());
  await untilText(page, ".by-hand button", "show fewer");
  assert.equal((await page.$$(".by-hand li")).length, 50);
  assert.deepEqual(chromium.complaints(), []);
  await page.close();
}

async function steering(test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  const away = { since: Date.now() - 60_000, reason: "it hangs", nextTryAt: 0 };
  const sample = sampleVpp();
  // A server gets packets until it is drained.
  let packets = 0;
  const counters = () => {
    const read = sample.counters();
    if (!maglevd.bed.checker.backend("web0")?.drain) packets += 1_000;
    const servers = read?.servers.map((each) => ({ ...each, packets, bytes: 800 * packets }));
    return read && { ...read, servers: servers ?? [] };
  };
  const vpp = { ...sample, counters, away: () => away };
  const memory = { kept: () => Promise.resolve("the disk is full") };
  await using maglevd = await serve({ status: calm, vpp, memory });
  await using web = await startWeb([maglevd.address], { credentials: operator }, assets);
  await untilRead(web.url);
  maglevd.bed.move("web0", "up");
  const page = await chromium.page(390, 844);
  const server = encodeURIComponent(maglevd.address);

  await test.step("nobody gets in without credentials", async () => {
    await assert.rejects(page.goto(`${web.url}/admin/`), /ERR_INVALID_AUTH_CREDENTIALS/);
  });

  await test.step("an operator sees what a drain comes to, and drains", async () => {
    await page.authenticate({ username: operator.user, password: operator.password });
    await page.goto(`${web.url}/admin/at/${server}/backend/web0`);
    await untilText(page, ".subject h1", "web0");
    await untilText(page, "main", "200 pkt/s");
    await page.click(".subject .act");
    const press = (text: string) =>
      page.locator(`dialog ::-p-text(${text})`).setTimeout(20_000).click();
    await press("Drain…");
    await untilText(page, "dialog .outcome", "goes down");
    await untilText(page, "dialog .outcome .warn", "until VPP is back");
    assert.deepEqual(await violations(page), []);
    assert.equal(maglevd.bed.checker.backend("web0")?.drain, undefined);
    await press("Drain now");
    await untilText(page, "dialog [role=status]", "Done");
    await untilText(page, "dialog .warn", "it hangs");
    await untilText(page, "dialog .bad", "the disk is full");
    assert.notEqual(maglevd.bed.checker.backend("web0")?.drain, undefined);
    await page.keyboard.press("Escape");
    await untilText(page, ".lead", "draining");
    await untilText(page, ".lead", "file enabled");
    await untilText(page, "main", "0 pkt/s · 0 bit/s");
  });

  await test.step("another page cannot, though the browser knows the password", async () => {
    const path = `${web.url}/admin/api/operate?server=${server}`;
    const body = JSON.stringify({ operations: [{ action: "disable", backends: ["web0"] }] });
    await using elsewhere = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () =>
        new Response(
          `<form method=post enctype=text/plain action='${path}'><input name='${body}'></form>`,
          { headers: { "content-type": "text/html" } },
        ),
    );
    await page.goto(`http://127.0.0.1:${elsewhere.addr.port}/`);
    for (const type of ["application/json", "text/plain"]) {
      const sent = `fetch(${JSON.stringify(path)}, { method: "POST", credentials: "include",
        ${type === "text/plain" ? "mode: 'no-cors'," : ""}
        headers: { "content-type": "${type}" }, body: ${JSON.stringify(body)} })
        .then((answer) => answer.type, () => "refused")`;
      assert.match(String(await page.evaluate(sent)), /refused|opaque/);
    }
    await Promise.all([
      page.waitForNavigation(),
      page.evaluate("document.forms[0].submit()"),
    ]);
    assert.equal(maglevd.bed.checker.backend("web0")?.state, "up");
    assert.equal(web.log.named("action").length, 1);
  });

  await page.close();
}

/** A maglevd that lets the frontend look, and one that lets it operate. */
async function withRoles(test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  await using viewed = await serve({ status: calm, access: givenRole("view") });
  await using operated = await serve({ status: calm, access: givenRole("operate") });
  const servers = [viewed.address, operated.address];
  await using web = await startWeb(servers, { credentials: operator }, assets);
  await untilRead(web.url);
  const page = await chromium.page(390, 844);
  const at = ({ address }: { address: string }, rest = "") =>
    `${web.url}/admin/at/${encodeURIComponent(address)}${rest}`;

  await test.step("who only looks is led to where one logs in", async () => {
    await page.goto(`${web.url}/view/at/${encodeURIComponent(viewed.address)}/backend/web0`);
    const to = await page.$eval("a.act", (link) => link.getAttribute("href"));
    assert.equal(web.url + to, at(viewed, "/backend/web0"));
  });

  await page.authenticate({ username: operator.user, password: operator.password });
  await test.step("where maglevd lets nobody act it is said why, and there is no button", async () => {
    for (const rest of ["", "/backend/web0"]) {
      await page.goto(at(viewed, rest));
      await untilText(page, ".no-act", "the role view: the test says so");
      assert.deepEqual(await page.$$(".act, .more"), []);
      assert.deepEqual(await violations(page), []);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.equal(width, 390, rest);
    }
  });

  await test.step("what takes more than maglevd gives is not offered, and said why", async () => {
    await page.goto(at(operated));
    await page.waitForSelector(".act");
    await page.click(".act");
    await untilText(page, "dialog", "Reload the configuration takes the role admin");
    const offered = await page.$$eval(
      "dialog .actions button:not(:disabled)",
      (all) => all.map((each) => each.innerText),
    );
    assert.deepEqual(offered, ["Sync VPP…", "Reset all that was set by hand…"]);
  });

  await page.close();
}

/** Everybody has this role. */
function givenRole(role: Role): Access {
  return ({ peer }) => ({ name: "web", role, peer, method: "token", advice: "the test says so" });
}

Deno.test(needing(haveChromium, "chromium", "the page in a browser"), async (test) => {
  const assets = await builtPage();
  await using chromium = await startChromium();
  const parts = { inBrowser, whenLost, withOlder, withMany, steering, withRoles };
  for (const [name, part] of Object.entries(parts)) {
    await test.step(name, (step) => part(step, chromium, assets));
  }
});
