import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { Board } from "../../../lib/tester/board.ts";
import { type Controls, untouched } from "../../../lib/tester/screen/controls.ts";
import { figures, fitting } from "../../../lib/tester/screen/rows.ts";
import { coloured, plain, widthOf } from "../../../lib/tester/text.ts";
import { draw, type Size, type View } from "../../../lib/tester/screen/view.ts";
import { filterOf } from "../../../lib/tester/settings.ts";
import { ip } from "../../support/ip.ts";
import { answered, refused, vip } from "../support/vips.ts";

/** Set to write the files instead of comparing with them; then read what changed. */
const update = Deno.env.has("UPDATE_GOLDEN");
const folder = new URL("../golden/", import.meta.url);

const web = vip("web");
const vips = [
  web,
  vip("web-with-a-rather-long-name-6", { address: ip("2001:db8::80"), port: 443, way: "https" }),
  vip("mail", { address: ip("192.0.2.25"), port: 25, way: "tcp" }),
  vip("all ports", { address: ip("192.0.2.99"), port: 0, protocol: "any", way: "icmp" }),
  vip("evil\x1b[2J\u202e\n", { address: ip("192.0.2.66") }),
  vip("late", { address: ip("192.0.2.67") }),
] as const;

/** A minute and a bit of a busy site. */
function site(): Board {
  const board = new Board(vips, { forMs: 60_000, most: 1_000 }, 0);
  for (let at = 0; at <= 70_000; at += 100) {
    const ms = 1 + at % 700 / 100;
    board.add(web, answered(at === 69_000 ? 345.6 : ms, `web${at % 300 / 100}`), at);
    if (at < 60_000) board.add(web, answered(ms, "gone"), at);
    if (at < 68_000) board.add(vips[1], answered(12_345, "é\x9b2J"), at);
    else {
      board.add(vips[1], {
        ...{ kind: "failed", trouble: "timeout", status: "timeout" },
        text: "not connected within 2s",
      }, at);
    }
    board.add(vips[2], at === 65_000 ? refused : { kind: "answered", ms, status: "open" }, at);
    board.add(vips[3], { kind: "hindered", text: "ICMP is not permitted here" }, at);
    board.add(vips[4], {
      ...{ kind: "failed", trouble: "http", status: "503", text: "status 503" },
      header: "\x1b]0;owned\x07",
    }, at);
  }
  return board;
}

function viewOf(board: Board, changes: Partial<Controls> = {}): View {
  const unasked = [{ name: "dns", place: "192.0.2.53:53", why: "UDP" }];
  const settings = { intervalMs: 100, timeoutMs: 2_000, keepalive: false };
  return { board, controls: { ...untouched, ...changes }, unasked, ...settings, now: 70_000 };
}

const screens: readonly (readonly [name: string, Size, Partial<Controls>])[] = [
  ["80x24", { columns: 80, rows: 24 }, {}],
  ["200x50", { columns: 200, rows: 50 }, { order: "loss" }],
  ["120x30-filtered", { columns: 120, rows: 30 }, { filterText: "web", filter: filterOf("web") }],
  ["80x14-scrolled", { columns: 80, rows: 14 }, { first: 3, isPaused: true, order: "failures" }],
  ["60x16-typing", { columns: 60, rows: 16 }, { draft: "we[", complaint: "that is none" }],
  ["40x12", { columns: 40, rows: 12 }, { order: "p99" }],
  ["20x6", { columns: 20, rows: 6 }, {}],
  ["20x5", { columns: 20, rows: 5 }, {}],
  ["19x6", { columns: 19, rows: 6 }, {}],
  ["80x24-help", { columns: 80, rows: 24 }, { isHelp: true }],
  ["80x24-none", { columns: 80, rows: 24 }, { filterText: "nobody", filter: filterOf("nobody") }],
];

for (const [name, size, changes] of screens) {
  Deno.test(`the screen ${name} is what its golden file says`, async () => {
    const { lines } = draw(viewOf(site(), changes), size, plain);
    await compare(name, lines);
  });
}

async function compare(name: string, lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => line.trimEnd() + "\n").join("");
  const file = new URL(`${name}.txt`, folder);
  if (update) {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  equal(text, await Deno.readTextFile(file));
}

/** What the user guide shows: a server of one VIP has just gone. */
function calmSite(): Board {
  const [www, v6, mail] = [
    vip("www", { address: ip("198.51.100.1"), port: 443, way: "https" }),
    vip("www6", { address: ip("2001:db8:1::1"), port: 443, way: "https" }),
    vip("mail", { address: ip("198.51.100.2"), port: 25, way: "tcp" }),
  ];
  const board = new Board([www, v6, mail], { forMs: 60_000, most: 1_000 }, 0);
  for (let at = 0; at < 192_000; at += 100) {
    const ms = 3.1 + at % 1_700 / 1_000;
    const server = `ams${1 + at % 300 / 100}`;
    const isGone = at > 180_000 && server === "ams3";
    if (isGone && at < 184_000) {
      board.add(www, {
        ...{ kind: "failed", trouble: "timeout", status: "timeout" },
        text: "not connected within 2s",
      }, at);
    } else board.add(www, answered(ms, isGone ? "ams1" : server), at);
    board.add(v6, answered(at === 189_000 ? 61.2 : ms, server), at);
    board.add(mail, { kind: "answered", ms: ms / 2, status: "open" }, at);
  }
  return board;
}

Deno.test("the screen of the user guide is what its golden file says", async () => {
  const view = { ...viewOf(calmSite()), unasked: [], now: 192_000 };
  const { lines } = draw(view, { columns: 80, rows: 16 }, plain);
  await compare("user-guide", lines);
});

Deno.test("kinds of trouble that did not come are grey", () => {
  const { lines } = draw(viewOf(calmSite()), { columns: 80, rows: 16 }, coloured);
  const title = lines.find((line) => line.includes("Errors")) ?? "";
  ok(title.includes("\x1b[33m  timeout 13\x1b[0m\x1b[2m  http 0\x1b[0m"), JSON.stringify(title));
});

Deno.test("at least one VIP is a page", () => {
  const pages = [5, 6, 8, 9].map((rows) =>
    draw(viewOf(site()), { columns: 40, rows }, plain).extent.page
  );
  deepEqual(pages, [1, 1, 2, 2]);
});

Deno.test("whatever the size, lines are as many as rows and none is wider than the columns", () => {
  const board = site();
  const sizes = fc.tuple(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 60 }));
  const states = fc.record({ first: fc.nat(9), isHelp: fc.boolean(), isPaused: fc.boolean() });
  fc.assert(
    fc.property(sizes, states, ([columns, rows], changes) => {
      const { lines, extent } = draw(viewOf(board, changes), { columns, rows }, plain);
      equal(lines.length, rows);
      for (const line of lines) {
        ok(widthOf(line) <= columns, `${columns}: ${line}`);
        ok(!/\p{Cc}|\p{Cf}/u.test(line), JSON.stringify(line));
      }
      ok(extent.page >= 1);
    }),
    { numRuns: 60 },
  );
});

Deno.test("where there is no room, columns leave in the order of their worth", () => {
  const titles = [52, 51, 45, 38, 32, 26, 20, 14, 13, 5].map((width) =>
    fitting(figures, width).map(({ title }) => title).join(" ")
  );
  deepEqual(titles, [
    "OK % p50 p95 p99 max tries fails last",
    "OK % p50 p95 p99 tries fails last",
    "OK % p50 p95 p99 fails last",
    "OK % p50 p99 fails last",
    "OK % p50 p99 last",
    "OK % p50 p99 last",
    "OK % p50 last",
    "OK % last",
    "OK %",
    "",
  ]);
});

Deno.test("colours change nothing but colours, and nothing is told by them alone", () => {
  const size = { columns: 100, rows: 30 };
  const painted = draw(viewOf(site()), size, coloured).lines;
  const bare = draw(viewOf(site()), size, plain).lines;
  // deno-lint-ignore no-control-regex -- colours
  const unpainted = painted.map((line) => line.replaceAll(/\x1b\[[0-9;]*m/g, ""));
  equal(
    unpainted.map((line) => line.trimEnd()).join("\n"),
    bare.map((line) => line.trimEnd()).join("\n"),
  );
  ok(painted.some((line) => line.includes("\x1b[1mweb1 234\x1b[0m")));
  ok(painted.some((line) => line.includes("\x1b[2m(gone 600)\x1b[0m")));
});
