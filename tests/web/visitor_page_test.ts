import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import type { Assets } from "../../lib/web/mod.ts";
import { serve } from "../api/support/harness.ts";
import { needing } from "../support/programs.ts";
import { startWeb, untilLink, untilRead } from "./support/bed.ts";
import { calm } from "./support/calm.ts";
import {
  builtPage,
  type Chromium,
  haveChromium,
  startChromium,
  untilText,
} from "./support/chromium.ts";
import { authFile, authText, loginOf, type Person, tokens } from "./support/people.ts";
import { sampleVpp } from "./support/sample_vpp.ts";
import { violations } from "./support/violations.ts";

/** Each in a browser context of its own, as who has logged in once stays so. */
async function pageOf(chromium: Chromium, name: Person | undefined, width = 1280): Promise<Page> {
  const context = await chromium.browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width, height: 900 });
  if (name) await page.authenticate({ username: name, password: tokens[name].token });
  return page;
}

async function roles(test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  await using maglevd = await serve({ status: calm, vpp: sampleVpp() });
  await using file = await authFile(authText());
  await using web = await startWeb([maglevd.address], { authPath: file.path }, assets);
  await untilLink(web.url, "connected", loginOf("vera"));
  const server = encodeURIComponent(maglevd.address);
  const at = (place: "view" | "admin") => `${web.url}/${place}/at/${server}/backend/web0`;
  const buttons = (page: Page, more = "") =>
    page.$$eval(
      `dialog .actions button${more}`,
      (all) => all.map((each) => each.textContent ?? ""),
    );

  await test.step("nobody looks without a login", async () => {
    const page = await pageOf(chromium, undefined);
    await assert.rejects(page.goto(at("view")), /ERR_INVALID_AUTH_CREDENTIALS/);
    await page.browserContext().close();
  });

  await test.step("who only looks is told who it is and why there is no action", async () => {
    const page = await pageOf(chromium, "vera", 390);
    for (const place of ["view", "admin"] as const) {
      await page.goto(at(place));
      await untilText(page, ".no-act", "vera has the role view here: the file of --auth says so");
      await untilText(page, "footer", "logged in as vera, with the role view");
      assert.deepEqual(await page.$$(".act, .more"), []);
      assert.deepEqual(await violations(page), []);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.equal(width, 390);
    }
    await page.browserContext().close();
  });

  await test.step("who may operate does so, and sees what it may not with the reason", async () => {
    const page = await pageOf(chromium, "otto");
    await page.goto(at("view"));
    await untilText(page, ".who", "otto");
    await Promise.all([page.waitForNavigation(), page.click("a.act")]);
    await page.waitForSelector(".subject button.act");
    await page.click(".subject button.act");
    await untilText(page, "dialog .actions", "Pause");
    assert.deepEqual(await buttons(page, ":disabled"), []);
    await page.locator("dialog ::-p-text(Pause…)").click();
    await page.locator("dialog ::-p-text(Pause now)").click();
    await untilText(page, "dialog [role=status]", "Done");
    assert.equal(maglevd.bed.checker.backend("web0")?.state, "paused");
    const told = maglevd.bed.events.filter(({ kind }) => kind === "audit").at(-1);
    assert.equal(told?.actor?.name, "operator (for otto)");
    await page.goto(`${web.url}/admin/at/${server}`);
    await page.waitForSelector(".verdict .act");
    await page.click(".verdict .act");
    const why = "Reload the configuration takes the role admin: otto has the role operate here";
    await untilText(page, "dialog", why);
    assert.deepEqual(await buttons(page, ":disabled"), ["Reload the configuration…"]);
    assert.deepEqual(await violations(page), []);

    // With another role the page is another one, without being loaded anew.
    await file.write(authText({ vera: "view", otto: "admin", ada: "admin" }));
    await web.reload();
    await page.waitForFunction("!document.querySelector('dialog .actions button:disabled')");
    await untilText(page, ".who", "admin");
    chromium.complaints();
    // And who is nobody any more sees no change from then on.
    await file.write(authText({ ada: "admin" }));
    await web.reload();
    await untilText(page, ".away", "You may not look here any more");
    await untilText(page, ".away button", "Log in");
    await page.browserContext().close();
  });
}

async function vpp(test: Deno.TestContext, chromium: Chromium, assets: Assets) {
  await using maglevd = await serve({ status: calm, vpp: sampleVpp() });
  await using web = await startWeb([maglevd.address], {}, assets);
  await untilRead(web.url);
  await untilLink(web.url, "connected");
  const url = `${web.url}/view/at/${encodeURIComponent(maglevd.address)}`;
  const page = await chromium.page();

  await test.step("a pool's rows have what VPP gives each backend", async () => {
    await page.goto(url);
    await untilText(page, '#www .row[data-backend="web0"] .c-buckets', "100");
    await untilText(page, '#www .row[data-backend="web1"] .c-buckets', "0");
    const title = await page.$eval(".in-vpp", (each) => each.getAttribute("title"));
    assert.equal(title, "1,024 of 1,024 buckets");
    assert.deepEqual(await violations(page), []);
  });

  await test.step("the VPP view tells what VPP was asked, and when", async () => {
    maglevd.log.info("vpp-lbsync-as-weight", {
      ...{ frontend: "www", vip: "203.0.113.1/32", protocol: "tcp", port: 443 },
      ...{ address: "198.51.0.1", from: 100, to: 0, flush: false },
    });
    maglevd.log.warn("vpp-reconciler-error", {
      ...{ frontend: "www", vip: "203.0.113.1/32", protocol: "tcp", port: 443 },
      ...{ change: "vip-add", err: "<img src=x>" },
    });
    await page.goto(`${url}/vpp`);
    await untilText(page, ".calls li:nth-child(2)", "lb_as_set_weight");
    await untilText(page, ".calls li:nth-child(2)", "weight 100 → 0");
    await untilText(page, ".calls li:nth-child(1) .bad", "<img src=x>");
    assert.deepEqual(await violations(page), []);
    await page.setViewport({ width: 360, height: 740 });
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    assert.deepEqual(chromium.complaints(), []);
  });

  await page.close();
}

Deno.test(
  needing(haveChromium, "chromium", "who looks at the page, and what VPP does"),
  async (test) => {
    const assets = await builtPage();
    await using chromium = await startChromium();
    await test.step("roles", (step) => roles(step, chromium, assets));
    await test.step("vpp", (step) => vpp(step, chromium, assets));
  },
);
