import assert from "node:assert/strict";
import { plainStyle } from "../../lib/cli/style.ts";
import { formatPairs, formatTable } from "../../lib/cli/table.ts";

Deno.test("columns stay aligned around wide and combining characters", () => {
  const columns = [{ title: "name" }, { title: "n", align: "right" as const }];
  const table = formatTable({ style: plainStyle }, columns, [["日本", "1"], ["e\u0301a", "22"]]);
  assert.equal(table, "name   n\n日本   1\ne\u0301a    22");
});

Deno.test("pairs without a value are left out", () => {
  assert.equal(
    formatPairs(plainStyle, [["a", "1"], ["bcd", undefined], ["ef", "2"]]),
    "a   1\nef  2",
  );
});

Deno.test("columns that do not fit stand below the others, in titles as in rows", () => {
  const columns = [{ title: "name" }, { title: "state" }, { title: "n", align: "right" as const }];
  const rows = [["a-long-name", { text: "up" }, "1"], ["b", "disabled", "22"], ["c"]];
  const at = (width?: number) => formatTable({ style: plainStyle, width }, columns, rows);
  assert.equal(at(25), at());
  assert.equal(
    at(24),
    `name         state
     n
a-long-name  up
     1
b            disabled
    22
c`,
  );
  assert.equal(
    at(5),
    `name
    state
     n
a-long-name
    up
     1
b
    disabled
    22
c`,
  );
});

Deno.test("columns that stand below share a line as far as it goes", () => {
  const rows = [["a".repeat(10), "bbbb", "cccc"]];
  const at = (width: number) => formatTable({ style: plainStyle, width }, [], rows).split("\n");
  assert.deepEqual(at(14), ["a".repeat(10), "    bbbb  cccc"]);
  assert.deepEqual(at(13), ["a".repeat(10), "    bbbb", "    cccc"]);
});

Deno.test("lines without titles have none", () => {
  assert.equal(formatTable({ style: plainStyle }, [], [["a", "b"], ["cc", "d"]]), "a   b\ncc  d");
});
