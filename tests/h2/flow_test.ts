import assert from "node:assert/strict";
import { largestWindow, ReceiveWindow, SendWindow } from "../../lib/h2/flow.ts";

Deno.test("a send window may become negative but not larger than 2^31-1", () => {
  const window = new SendWindow(10);
  window.spend(10);
  assert.equal(window.adjust(-5), true);
  assert.equal(window.available, -5);
  assert.equal(window.adjust(largestWindow), true);
  assert.equal(window.adjust(6), false);
  assert.equal(window.available, largestWindow - 5);
});

Deno.test("a receive window counts octets until they are read", () => {
  const window = new ReceiveWindow(100);
  assert.equal(window.take(100), true);
  assert.equal(window.take(1), false);
  assert.equal(window.giveBack(49), 0);
  assert.equal(window.take(1), false);
  assert.equal(window.giveBack(1), 50);
  assert.equal(window.take(50), true);
});

Deno.test("a receive window that is resized moves what is available with it", () => {
  const window = new ReceiveWindow(100);
  window.take(80);
  window.resize(50);
  assert.equal(window.take(1), false);
  assert.equal(window.giveBack(80), 80);
  assert.equal(window.take(50), true);
  assert.equal(window.take(1), false);
});

Deno.test("half of the smallest windows is one octet", () => {
  for (const size of [1, 2]) {
    const window = new ReceiveWindow(size);
    for (let turn = 0; turn < 3; turn++) {
      assert.equal(window.take(1), true);
      assert.equal(window.giveBack(1), 1);
    }
  }
});

Deno.test("a window of nothing gives nothing back until something is read", () => {
  const window = new ReceiveWindow(0);
  assert.equal(window.giveBack(0), 0);
  assert.equal(window.take(0), true);
  assert.equal(window.take(1), false);
});
