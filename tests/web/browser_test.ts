import assert from "node:assert/strict";
import { resync } from "../../lib/web/broadcast.ts";
import { BrowserStream, defaultBrowserLimits } from "../../lib/web/browser.ts";

Deno.test("a browser that reads too slowly is cut off, and reads anew in place of all that waits", async () => {
  const octets = new Uint8Array(10);
  for (const limits of [{ messages: 2, bytes: 1_000 }, { messages: 100, bytes: 25 }]) {
    let cut = 0;
    const browser = new BrowserStream(limits, () => cut++);
    for (let i = 0; i < 4; i++) browser.send(octets);
    assert.equal(cut, 1);
    // Whether it may look at all is told to its next request.
    browser.dismiss();
    assert.deepEqual(await Array.fromAsync(browser), [resync]);
  }
});

Deno.test("a browser may be 4 MiB behind, and 500 messages", () => {
  let cut = 0;
  const browser = new BrowserStream(defaultBrowserLimits, () => cut++);
  const mebi = new Uint8Array(1024 * 1024);
  for (let i = 0; i < 4; i++) browser.send(mebi);
  assert.equal(cut, 0);
  browser.send(Uint8Array.of(1));
  assert.equal(cut, 1);
  const short = new BrowserStream(defaultBrowserLimits, () => cut++);
  for (let i = 0; i < 500; i++) short.send(Uint8Array.of(1));
  assert.equal(cut, 1);
  short.send(Uint8Array.of(1));
  assert.equal(cut, 2);
});

Deno.test("a browser that reads gets everything in order, until its stream is ended", async () => {
  const browser = new BrowserStream({ messages: 2, bytes: 2 }, assert.fail);
  const reading = browser[Symbol.asyncIterator]();
  for (let i = 0; i < 10; i++) {
    const next = reading.next();
    browser.send(Uint8Array.of(i));
    assert.deepEqual((await next).value, Uint8Array.of(i));
  }
  const last = reading.next();
  browser.end();
  assert.equal((await last).done, true);
});
