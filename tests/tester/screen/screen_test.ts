import { deepEqual, equal } from "node:assert/strict";
import { changes, Screen, type Terminal } from "../../../lib/tester/screen/screen.ts";

const size = { columns: 10, rows: 2 };

/** A terminal that takes what is written when the test says so. */
class FakeTerminal implements Terminal {
  readonly told: string[] = [];
  taken = Promise.withResolvers<void>();

  write(text: string): Promise<void> {
    this.told.push(text);
    return this.taken.promise;
  }

  writeNow(text: string): boolean {
    return this.told.push(text) > 0;
  }

  setRaw(isRaw: boolean): boolean {
    return this.told.push(isRaw ? "raw" : "as it was") > 0;
  }

  size(): typeof size {
    return size;
  }
}

const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const leave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

Deno.test("the terminal is taken and given back once", () => {
  const terminal = new FakeTerminal();
  {
    using screen = new Screen(terminal);
    screen.leave();
    deepEqual(terminal.told, []);
    screen.enter();
    screen.enter();
  }
  deepEqual(terminal.told, ["raw", enter, leave, "as it was"]);
});

Deno.test("only lines that changed are written, all of them after another size", () => {
  const full = "\x1b[2J\x1b[1;1H\x1b[2Ka\x1b[2;1H\x1b[2Kb";
  equal(changes([], { columns: 0, rows: 0 }, ["a", "b"], size), full);
  equal(changes(["a", "b"], size, ["a", "c"], size), "\x1b[2;1H\x1b[2Kc");
  equal(changes(["a", "b"], size, ["a", "b"], size), "");
  equal(changes(["a", "b"], { columns: 11, rows: 2 }, ["a", "b"], size), full);
});

Deno.test("a terminal that does not take what is written misses frames", async () => {
  const terminal = new FakeTerminal();
  using screen = new Screen(terminal);
  screen.enter();
  terminal.told.length = 0;
  const first = screen.show(["a", "b"], size);
  await screen.show(["a", "c"], size);
  equal(terminal.told.length, 1);
  terminal.taken.resolve();
  await first;
  await screen.show(["a", "d"], size);
  deepEqual(terminal.told.slice(1), ["\x1b[2;1H\x1b[2Kd"]);
});

Deno.test("nothing is written after the end, also of a frame that was on its way", async () => {
  const terminal = new FakeTerminal();
  const screen = new Screen(terminal);
  screen.enter();
  const first = screen.show(["a", "b"], size);
  screen.leave();
  terminal.taken.resolve();
  await first;
  await screen.show(["c", "d"], size);
  deepEqual(terminal.told.slice(3), [leave, "as it was"]);
});
