import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { fail } from "../checker/support/bench.ts";
import { type Harness, serve } from "../api/support/harness.ts";
import { needing } from "../support/programs.ts";
import { steer } from "../support/steer.ts";
import { startWeb, untilRead } from "./support/bed.ts";
import { calm } from "./support/calm.ts";
import { builtPage, haveChromium, startChromium, untilText } from "./support/chromium.ts";
import { violations } from "./support/violations.ts";

const row = '.row[data-backend="web0"]';
const words = "a probe is running";

/** The server swallows the next request: the probe of it runs for a second now. */
function swallow({ bed }: Harness): void {
  const { flights } = bed.prober;
  for (let waited = 0; flights.size === 0; waited += 10) {
    assert.ok(waited < 60_000, "no probe within a minute");
    bed.clock.advance(10);
  }
  bed.clock.advance(1_000);
  assert.equal(flights.size, 1);
}

async function untilOver(page: Page): Promise<void> {
  await page.waitForFunction("document.querySelector('.running') === null");
}

Deno.test(needing(haveChromium, "chromium", "the heart beats while a probe runs"), async (test) => {
  await using maglevd = await serve({ status: calm });
  const { bed } = maglevd;
  bed.move("web0", "up");
  for (const name of ["web1", "web2", "web3"]) bed.move(name, "disabled");
  await using web = await startWeb([maglevd.address], {}, await builtPage());
  await untilRead(web.url);
  await using chromium = await startChromium();
  const page = await chromium.page();
  const at = `${web.url}/view/at/${encodeURIComponent(maglevd.address)}`;
  await page.goto(at);
  await untilText(page, row, "L7OK");
  assert.equal(await page.$(".running"), null);

  await test.step("from when a server swallows a request until the outcome is told", async () => {
    swallow(maglevd);
    await untilText(page, `${row} .running`, words);
    assert.notEqual(await page.$(`${row} .running svg`), null);
    assert.deepEqual(await page.$$('.running:not([data-backend="web0"] *)'), []);
    const title = await page.$eval(`${row} .running`, (mark) => mark.getAttribute("title"));
    assert.match(title ?? "", /^since 2023-11-14 22:\d\d:\d\d\.\d{3} UTC$/);
    assert.deepEqual(await violations(page), []);
    bed.probe("web0", fail);
    await untilText(page, `${row} .code`, "L7STS");
    await untilOver(page);
    await page.waitForSelector(`${row} .beat`);
  });

  await test.step("for whoever comes later as well, on the page of the backend in words", async () => {
    swallow(maglevd);
    await untilText(page, `${row} .running`, words);
    const later = await chromium.page(390, 844);
    await later.goto(at);
    await untilText(later, `${row} .running`, words);
    await later.goto(`${at}/backend/web0`);
    await untilText(later, ".running .dim", words);
    assert.deepEqual(await violations(later), []);
    steer(bed.checker).pause("web0");
    await untilOver(later);
    await later.close();
    await page.bringToFront();
    await untilOver(page);
  });

  await test.step("and not of a maglevd that is lost", async () => {
    steer(bed.checker).resume("web0");
    swallow(maglevd);
    await untilText(page, `${row} .running`, words);
    await maglevd.server.shutdown();
    await untilOver(page);
    await untilText(page, ".tabs a", "lost");
  });

  assert.deepEqual(chromium.complaints(), []);
  await page.close();
});
