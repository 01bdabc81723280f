import { deepEqual, ok } from "node:assert/strict";
import { anchorOf, anchorsOf, fencesOf, missingLines } from "./support/fences.ts";
import { allPages, readPage, root } from "./support/pages.ts";

Deno.test("every link from one page to another, or within a page, arrives", async () => {
  const broken: string[] = [];
  let count = 0;
  for (const path of await allPages()) {
    const text = (await readPage(path)).replaceAll(/^```[^]*?^```$/gm, "");
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      count++;
      if (!await arrives(path, target)) broken.push(`${path}: ${target}`);
    }
  }
  deepEqual(broken, []);
  ok(count > 40);
});

async function arrives(from: string, target: string): Promise<boolean> {
  const url = new URL(target, `file:///${from}`);
  const path = decodeURIComponent(url.pathname.slice(1));
  try {
    if (!url.hash) return Boolean(await Deno.stat(root + path));
    return anchorsOf(await readPage(path)).has(decodeURIComponent(url.hash.slice(1)));
  } catch {
    return false;
  }
}

Deno.test("anchors are made as GitHub makes them", () => {
  deepEqual(
    ["Log records", "`maglev.vpp.lb`", "IPv6, and one VIP with many ports", "HTTP/2"].map(anchorOf),
    ["log-records", "maglevvpplb", "ipv6-and-one-vip-with-many-ports", "http2"],
  );
});

Deno.test("fences know their mark, their line, and whether they follow another", () => {
  const page = "a\n\n```sh test\nls\n```\n\n```text match\nx\n```\nb\n```sh\n```\n";
  deepEqual(
    fencesOf(page).map(({ language, mark, line, follows }) => [language, mark, line, follows]),
    [["sh", "test", 3, false], ["text", "match", 7, true], ["sh", "", 11, false]],
  );
});

Deno.test("expected lines are found in order, with … for anything", () => {
  const output = "name   state\nweb1   up 5s\nweb2   down\n";
  deepEqual(missingLines("name state\nweb1 up …\nweb2 down", output), []);
  deepEqual(missingLines("web2 down\nweb1 up …", output), ["web1 up …"]);
  deepEqual(missingLines("web1 up", output), ["web1 up"]);
});
