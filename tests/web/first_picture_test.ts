import assert from "node:assert/strict";
import type { Config } from "../../lib/config/mod.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { smallConfig } from "../api/support/small_config.ts";
import { needing } from "../support/programs.ts";
import { startWeb, untilRead } from "./support/bed.ts";
import { calm } from "./support/calm.ts";
import { builtPage, haveChromium, startChromium } from "./support/chromium.ts";

/** Notes what a page has when its header is there, and what it asks of the reader's language. */
const watching = `
  window.languages = 0;
  for (const name of ["DateTimeFormat", "NumberFormat"]) {
    Intl[name] = new Proxy(Intl[name], {
      construct: (...given) => (window.languages++, Reflect.construct(...given)),
    });
  }
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".top")) return;
    observer.disconnect();
    window.hasData = document.querySelector(".frontend") !== null;
  }).observe(document, { childList: true, subtree: true });
`;

/** So many frontends that they are folded. */
function manyFrontends(): Config {
  const config = smallConfig();
  const [[, frontend] = ["", undefined]] = config.frontends;
  assert.ok(frontend);
  const names = Array.from({ length: 100 }, (_, i) => `www${i}`);
  return { ...config, frontends: new Map(names.map((name) => [name, { ...frontend, name }])) };
}

Deno.test(needing(haveChromium, "chromium", "the first picture has data"), async () => {
  await using maglevd = await serve({ status: calm }, new CheckerBed(manyFrontends()));
  await using web = await startWeb([maglevd.address], {}, await builtPage());
  await untilRead(web.url);
  maglevd.bed.move("web0", "up");
  await using chromium = await startChromium();
  const page = await chromium.page();
  await page.evaluateOnNewDocument(watching);
  await page.goto(`${web.url}/view/`);
  await page.waitForFunction("window.hasData !== undefined");
  assert.deepEqual(await page.evaluate("[hasData, languages]"), [true, 0]);
  await page.waitForFunction(`(() => {
    const isLaidOut = (each) => each.checkVisibility({ contentVisibilityAuto: true });
    const all = [...document.querySelectorAll(".fold")].map(isLaidOut);
    return all.length === 100 && all[0] && !all[99];
  })()`);
  // Who comes again has all but the data.
  await page.goto(`${web.url}/view/`);
  await page.waitForFunction("window.hasData !== undefined");
  const carried = await page.evaluate(`performance.getEntriesByType("resource")
    .filter(({ name }) => name.includes("/app."))
    .map(({ transferSize }) => transferSize)`);
  assert.deepEqual(carried, [0, 0]);
  // What charts need is there when there is one.
  await page.goto(`${web.url}/view/at/${encodeURIComponent(maglevd.address)}/backend/web0`);
  await page.waitForSelector(".plot canvas");
  assert.deepEqual(chromium.complaints(), []);
});
