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
import { type Chromium, haveChromium, startChromium } from "../tests/web/support/chromium.ts";
import { Peer } from "./rpc/processes.ts";
import { percentile } from "./vpp/measure.ts";

const given = Deno.args.map(Number);
const [backends = 10_000, changes = 1_000, browsers = 500, seconds = 20] = given;

type Page = Awaited<ReturnType<Chromium["page"]>>;

/** So many backends are looked at in the page, a hundred to a frontend. */
const shown = Math.min(backends, 2_000);

/** In a second in which no program waited for a CPU for more than this part, others did not matter. */
const calmShare = 0.2;

/** What browsers.ts prints. */
interface Seen {
  readonly octets: number;
  readonly messages: number;
  readonly changes: number;
  /** Of changes, in milliseconds. */
  readonly delays: readonly number[];
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
const maglevd = parts.use(program("bench/web/maglevd.ts", String(backends), String(changes)));
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
await maglevd.tell(`words ${changes}`);
await pause(3_000);
await measure(`${browsers} browsers, ${changes} words of operators a second`);
await maglevd.tell("words 0");
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
  const look = () => programs.map((each) => ({ cpu: each.cpu(), waited: each.waited() }));
  const first = look();
  const start = performance.now();
  const all: Seen[] = [];
  const calm: Seen[] = [];
  for (let i = 0; i < seconds; i++) {
    const before = look();
    await pause(1000);
    const each = await seen();
    all.push(each);
    const waited = look().map(({ waited }, i) => waited - (before[i]?.waited ?? 0));
    if (Math.max(...waited) < calmShare) calm.push(each);
  }
  const took = (performance.now() - start) / 1000;
  const share = (part: number) => `${(part / took * 100).toFixed(0)} %`;
  const [busy, ofMaglevd, ofClients] = look().map(({ cpu, waited }, i) => {
    const before = first[i] ?? { cpu: 0, waited: 0 };
    return `${share(cpu - before.cpu)} of a CPU, waited for one ${share(waited - before.waited)}`;
  });
  const sum = (of: (each: Seen) => number) =>
    all.reduce((total, each) => total + of(each), 0) / took;
  console.log(`${what}: ${busy}; ${mib(frontend.memory())}`);
  console.log(`  meanwhile maglevd: ${ofMaglevd}; browsers: ${ofClients}`);
  console.log(
    `  to each ${sum(({ messages }) => messages).toFixed(1)} messages with ` +
      `${sum(({ changes }) => changes).toFixed(0)} changes, ` +
      `${kib(sum(({ octets }) => octets) / browsers)} a second; ` +
      `${all.at(-1)?.lost} of all were cut off; load ${Deno.loadavg()[0]?.toFixed(1)}`,
  );
  if (sum(({ changes }) => changes) === 0) return;
  console.log(`  from change to browser: ${late(all)}`);
  console.log(`  in the ${calm.length} seconds in which all had a CPU: ${late(calm)}`);
  console.log(`  p99 second by second: ${all.map((each) => lateBy([each], 0.99)).join(" ")}`);
}

/** How late changes were. */
function late(seconds: readonly Seen[]): string {
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => lateBy(seconds, share));
  return `p50 ${p50} ms, p99 ${p99} ms, at worst ${worst} ms`;
}

/** By how many milliseconds this share of the changes was late at most; "-" without any. */
function lateBy(seconds: readonly Seen[], share: number): number | string {
  const delays = seconds.flatMap((each) => each.delays);
  return delays.length === 0 ? "-" : percentile(delays, share);
}

/** The page with the pools of up to 2,000 backends unfolded. */
async function openPage(): Promise<Page> {
  const chromium = parts.use(await startChromium());
  const page = await chromium.page(1440, 900);
  // It has its own windows to fill first.
  await pause(3_000);
  await page.evaluateOnNewDocument(`new MutationObserver((_, observer) => {
    if (!document.querySelector(".frontend")) return;
    observer.disconnect();
    // A frame is painted after the callbacks before it, and before the next task.
    requestAnimationFrame(() => setTimeout(() => window.painted = performance.now()));
  }).observe(document, { childList: true, subtree: true })`);
  for (const visit of ["first", "second"]) {
    await page.goto(`http://${address}/view/`);
    await page.waitForFunction("window.painted");
    const took = await page.evaluate("window.painted") as number;
    console.log(`the ${visit} visit: painted with data after ${took.toFixed(0)} ms`);
  }
  await page.evaluate(`[...document.querySelectorAll(".fold[aria-expanded=false]")]
    .slice(0, ${shown / 100}).forEach((each) => each.click())`);
  await page.waitForSelector(".row");
  return page;
}

/** What the page takes and how it moves while it is scrolled for ten seconds. */
async function scroll(page: Page, what: string): Promise<void> {
  await page.tracing.start({ categories: ["devtools.timeline", "toplevel"] });
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
  const tasks = tasksOf(await page.tracing.stop());
  const frame = (share: number) =>
    (frames[Math.min(frames.length - 1, Math.floor(frames.length * share))] ?? NaN).toFixed(0);
  const { JSHeapUsedSize = NaN } = await page.metrics();
  console.log(
    `the page, ${shown} backends unfolded, scrolled, ${what}: heap ${mib(JSHeapUsedSize)}; ` +
      `frames of p50 ${frame(0.5)} ms, p99 ${frame(0.99)} ms, at worst ${frame(1)} ms; ` +
      `its tasks: ${tasks.length} over 16 ms of CPU, the longest ${
        tasks[0]?.toFixed(0) ?? "less"
      } ms`,
  );
}

/** How long tasks of pages were, the longest first: in CPU time, whatever else the machine did. */
function tasksOf(trace: Uint8Array | undefined): number[] {
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(
    new TextDecoder().decode(trace),
  );
  const mains = new Set(
    traceEvents.filter(({ args }) => args?.name === "CrRendererMain").map(({ tid }) => tid),
  );
  return traceEvents.filter(({ name, tid }) => /RunTask$/.test(name) && mains.has(tid))
    .map(({ tdur = 0 }) => tdur / 1000).filter((ms) => ms > 16).sort((a, b) => b - a);
}

interface TraceEvent {
  readonly name: string;
  readonly tid: number;
  /** CPU time in microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}
