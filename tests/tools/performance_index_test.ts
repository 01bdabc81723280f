import { deepEqual } from "node:assert/strict";

const docs = new URL("../../docs/", import.meta.url);

Deno.test("docs/performance.md leads to every page of figures", async () => {
  const index = await Deno.readTextFile(new URL("performance.md", docs));
  const linked = [...index.matchAll(/\]\(performance\/([^)]+)\)/g)].map(([, page]) => page);
  const pages = [...Deno.readDirSync(new URL("performance/", docs))].map(({ name }) => name);
  deepEqual(linked.sort(), pages.sort());
});
