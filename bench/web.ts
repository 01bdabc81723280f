/**
 * The web view: one maglevd with many backends and changes, many browsers, and the page in Chromium.
 * `deno task bench web [BACKENDS] [CHANGES] [BROWSERS] [SECONDS]`: 10,000 backends, 1,000 changes a
 * second and 500 browsers for 20 seconds unless told otherwise.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { buildPage } from "../tools/page.ts";
import { root } from "../tools/programs.ts";
import { type Chromium, haveChromium, startChromium } from "../tests/web/chromium.ts";
import { Peer } from "./rpc/processes.ts";

const given = Deno.args.map(Number);
const [backends = 10_000, changes = 1_000, browsers = 500, seconds = 20] = given;

type Page = Awaited<ReturnType<Chromium["page"]>>;

/** So many backends are looked at in the page, a hundred to a frontend. */
const shown = Math.min(backends, 2_000);

/** What browsers.ts prints. */
interface Seen {
  readonly octets: number;
  readonly messages: number;
  readonly changes: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly lost: number;
}

function program(path: string, ...args: string[]): Peer {
  return new Peer(Deno.execPath(), ["run", "-A", "--no-check", `${root}${path}`, ...args]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}

const { script, style, html } = await buildPage(`${root}dist/page`);
const all = script + style + html;
const packed = [script, style, html].reduce((sum, each) => sum + gzipSync(each).length, 0);
console.log(`the page: ${kib(all.length)}, ${kib(packed)} compressed`);

await using parts = new AsyncDisposableStack();
const maglevd = parts.use(program("bench/web/maglevd.ts", String(backends)));
const server = await maglevd.line();
const frontend = parts.use(program("web.ts", `--server=${server}`, "--listen=127.0.0.1:0"));
const address = await listening(frontend);
await untilRead();
console.log(`${backends} backends read: ${mib(frontend.memory())}`);
const clients = parts.use(program("bench/web/browsers.ts", address, String(browsers)));
await clients.line();
console.log(`${browsers} browsers: ${mib(frontend.memory())}`);

await measure(`${browsers} browsers, nothing changes`);
await maglevd.tell(`changes ${changes}`);
// What has just begun is not what lasts.
await pause(3_000);
await measure(`${browsers} browsers, ${changes} changes a second`);
await maglevd.tell("changes 0");
if (haveChromium) {
  const page = await openPage();
  await scroll(page, "nothing changes");
  await maglevd.tell(`changes ${changes}`);
  await scroll(page, `${changes} changes a second`);
} else console.log("no chromium: nothing is said of the page");

/** The address that a frontend says it listens on. */
async function listening(frontend: Peer): Promise<string> {
  while (true) {
    const { msg, addr } = JSON.parse(await frontend.line());
    if (msg === "web-listening") return addr;
  }
}

function loadText(): string {
  return `load ${Deno.loadavg()[0]?.toFixed(1)}`;
}

async function untilRead(): Promise<void> {
  while (true) {
    const state = await (await fetch(`http://${address}/view/api/state`)).json();
    const known: readonly unknown[] = state.servers[0]?.reading.backends ?? [];
    if (known.length === backends) return;
    await pause(200);
  }
}

async function seen(): Promise<Seen> {
  await clients.tell("now");
  return JSON.parse(await clients.line());
}

async function measure(what: string): Promise<void> {
  await seen();
  const programs = [frontend, maglevd, clients];
  const before = programs.map((each) => each.cpu());
  const start = performance.now();
  await pause(seconds * 1000);
  const { octets, messages, changes, p50, p99, worst, lost } = await seen();
  const took = (performance.now() - start) / 1000;
  const [busy, ofMaglevd, ofClients] = programs.map((each, i) =>
    `${((each.cpu() - (before[i] ?? 0)) / took * 100).toFixed(0)} %`
  );
  const each = kib(octets / browsers / took);
  console.log(`${what}: ${busy} of a CPU, ${mib(frontend.memory())}`);
  console.log(`  meanwhile maglevd: ${ofMaglevd}; browsers: ${ofClients}; ${loadText()}`);
  console.log(
    `  to each ${(messages / took).toFixed(1)} messages with ${
      (changes / took).toFixed(0)
    } changes, ` +
      `${each} a second; ${lost} of all were cut off`,
  );
  if (changes === 0) return;
  const [a, b, c] = [p50, p99, worst].map((ms) => ms.toFixed(0));
  console.log(`  from change to browser: p50 ${a} ms, p99 ${b} ms, at worst ${c} ms`);
}

/** The page with the pools of up to 2,000 backends unfolded. */
async function openPage(): Promise<Page> {
  const chromium = parts.use(await startChromium());
  const page = await chromium.page(1440, 900);
  await page.goto(`http://${address}/view/`);
  await page.waitForSelector(".frontend");
  await page.evaluate(`[...document.querySelectorAll(".fold[aria-expanded=false]")]
    .slice(0, ${shown / 100}).forEach((each) => each.click())`);
  await page.waitForSelector(".row");
  return page;
}

/** What the page takes and how it moves while it is scrolled for ten seconds. */
async function scroll(page: Page, what: string): Promise<void> {
  const frames = await page.evaluate(`new Promise((resolve) => {
    const times = [];
    let last = performance.now();
    const end = last + 10000;
    const next = (now) => {
      times.push(now - last);
      last = now;
      scrollBy(0, 12);
      if (now < end) requestAnimationFrame(next);
      else resolve(times.sort((a, b) => a - b));
    };
    requestAnimationFrame(next);
  })`) as readonly number[];
  const frame = (share: number) =>
    (frames[Math.min(frames.length - 1, Math.floor(frames.length * share))] ?? NaN).toFixed(0);
  const { JSHeapUsedSize = NaN } = await page.metrics();
  console.log(
    `the page, ${shown} backends unfolded, scrolled, ${what}: heap ${mib(JSHeapUsedSize)}; ` +
      `frames of p50 ${frame(0.5)} ms, p99 ${frame(0.99)} ms, at worst ${frame(1)} ms`,
  );
}
