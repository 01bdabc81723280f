/**
 * `deno task screenshots [FOLDER]`: pictures of the web view for the user guide, made by Debian's
 * chromium of a site that has some trouble. Takes a minute.
 *
 * @module
 */

import puppeteer, { type Page } from "puppeteer-core";
import { demoUser, startDemoWeb } from "./demo/web.ts";
import { root } from "./programs.ts";
import { startSite } from "./screenshots/site.ts";

/** One picture. */
interface Shot {
  readonly name: string;
  readonly path: string;
  /** What has to be there first. */
  readonly until: string;
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  /** Does something first. */
  readonly act?: (page: Page) => Promise<void>;
}

const at = "/view/at/rtr1";

/** A view as it is shown: by day, by night and on a telephone. */
function views(view: Omit<Shot, "dark">): readonly Shot[] {
  const { name } = view;
  return [
    view,
    { ...view, name: `${name}-dark`, dark: true },
    { ...view, name: `${name}-phone`, width: 390, height: 844 },
  ];
}

const shots: readonly Shot[] = [
  ...views({ name: "overview", path: at, until: ".row.down", width: 1360, height: 1080 }),
  ...views({ name: "all", path: "/view/all", until: ".server", width: 1360, height: 720 }),
  ...views({
    ...{ name: "backend", path: `${at}/backend/shop2`, until: ".timeline li:nth-child(3)" },
    ...{ width: 1360, height: 860 },
  }),
  ...views({ name: "vpp", path: `${at}/vpp`, until: ".vip", width: 1360, height: 900 }),
  ...views({
    ...{ name: "journal", path: `${at}/journal`, until: ".journal td" },
    ...{ width: 1360, height: 720 },
  }),
  ...views({
    ...{ name: "action", path: "/admin/at/rtr1/backend/web1", until: ".subject" },
    ...{ width: 1100, height: 700 },
    act: async (page) => {
      await page.click(".subject .act");
      await page.locator("dialog ::-p-text(Drain…)").click();
      await page.waitForSelector("dialog .outcome table");
    },
  }),
];

/** What goes wrong at the site, and how long it lasts before the next, in seconds. */
async function cause(trouble: Awaited<ReturnType<typeof startSite>>): Promise<void> {
  const { backends, apis } = trouble;
  const become = async (
    name: string,
    mood: "well" | "ailing" | "silent" | "gone",
    after: number,
  ) => {
    await backends.get(name)?.become(mood);
    await pause(after);
  };
  await pause(12);
  await become("shop2", "silent", 12);
  await become("shop2", "well", 6);
  await become("api1", "ailing", 2);
  await become("api2", "gone", 5);
  await become("shop2", "ailing", 8);
  for (const api of apis) {
    await fetch(`http://127.0.0.1:${api}/maglev.Maglev/DrainBackend`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "web3" }),
    }).then((answer) => answer.body?.cancel());
  }
  await pause(12);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

async function take(page: Page, url: string, folder: string, shot: Shot): Promise<void> {
  const { name, path, until, width, height, dark = false, act } = shot;
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: dark ? "dark" : "light" },
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  await page.goto(url + path);
  await page.waitForSelector(until);
  await act?.(page);
  // Some probes, so that there is something to be drawn.
  await pause(act ? 1 : 6);
  // A third of what they would be as PNG, and nobody sees a difference.
  await page.screenshot({ path: `${folder}/${name}.webp`, type: "webp", quality: 85 });
}

async function main(folder: string): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const own = parts.adopt(
    await Deno.makeTempDir({ prefix: "maglev-screenshots-" }),
    (path) => Deno.remove(path, { recursive: true }),
  );
  const site = await startSite(own, parts);
  const lines = site.apis.map((api, i) => `  rtr${i + 1}: { address: "localhost:${api}" }\n`);
  await Deno.mkdir(`${own}/maglev`);
  await Deno.writeTextFile(`${own}/maglev/servers.yaml`, `servers:\n${lines.join("")}`);
  Deno.env.set("XDG_CONFIG_HOME", own);
  const frontend = parts.use(
    await startDemoWeb(`${own}/page`, "rtr1,rtr2", 0),
  );
  await cause(site);
  const browser = await puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    userDataDir: `${own}/profile`,
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
  });
  parts.defer(() => browser.close());
  const page = await browser.newPage();
  await page.authenticate({ username: demoUser.user, password: demoUser.password });
  await Deno.mkdir(folder, { recursive: true });
  for (const shot of shots) await take(page, frontend.url, folder, shot);
}

await main(Deno.args[0] ?? `${root}docs/images`);
Deno.exit(0);
