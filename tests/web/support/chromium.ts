import assert from "node:assert/strict";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { buildPage } from "../../../tools/page.ts";
import type { Assets } from "../../../lib/web/mod.ts";
import { havePrograms } from "../../support/programs.ts";

/** Whether there is a browser to test with: Debian's. */
export const haveChromium = havePrograms("chromium");

/** A browser with a profile of its own. */
export interface Chromium extends AsyncDisposable {
  readonly browser: Browser;
  /** What pages have complained of since this was asked last: errors, and what the policy forbids. */
  complaints(): string[];
  /** A new page. */
  page(width?: number, height?: number): Promise<Page>;
}

/**
 * Starts a browser, with these options besides. Its sandbox needs namespaces, which containers and
 * root do not always have.
 */
export async function startChromium(...options: readonly string[]): Promise<Chromium> {
  const profile = await Deno.makeTempDir({ prefix: "maglev-chromium-" });
  const browser = await puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    userDataDir: profile,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--force-color-profile=srgb",
      ...options,
    ],
  });
  const complaints: string[] = [];
  return {
    browser,
    complaints: () => complaints.splice(0),
    async page(width = 1280, height = 900) {
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      return page;
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => browser.process()?.once("exit", resolve));
      await browser.close();
      await ended;
      await Deno.remove(profile, { recursive: true });
    },
  };
}

/** The page, built as it ships. */
export async function builtPage(): Promise<Assets> {
  const folder = await Deno.makeTempDir({ prefix: "maglev-page-" });
  try {
    return await buildPage(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Waits until something in the page, that CSS selects, has this text. */
export async function untilText(page: Page, selector: string, text: string): Promise<void> {
  const [where, what] = [selector, text].map((each) => JSON.stringify(each));
  const holds =
    `[...document.querySelectorAll(${where})].some((each) => each.textContent.includes(${what}))`;
  await page.waitForFunction(holds, { timeout: 60_000 }).catch(async (error: unknown) => {
    const found = await page.$$eval(selector, (all) => all.map((each) => each.textContent));
    assert.fail(`${selector} never said "${text}", but ${JSON.stringify(found)}: ${error}`);
  });
}
