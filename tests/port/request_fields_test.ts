import assert from "node:assert/strict";
import { contentTypeOf, takesGzip, valueOf } from "../../lib/port/request_fields.ts";

Deno.test("of a field that is there twice the first counts, and none is empty", () => {
  const request = { headers: [["a", "1"], ["a", "2"], ["content-type", "x"]] as const };
  assert.deepEqual([valueOf(request, "a"), valueOf(request, "b"), contentTypeOf(request)], [
    ...["1", "", "x"],
  ]);
});

Deno.test("gzip is taken where it is named among others, and not refused", () => {
  const table: [fields: readonly string[], takes: boolean][] = [
    [["gzip"], true],
    [["br, GZIP ;q=0.5"], true],
    [["br", "deflate, gzip"], true],
    [[], false],
    [["identity"], false],
    [["gzip;q=0, br"], false],
    [["gzip; q=0.00"], false],
    [["x-gzip"], false],
  ];
  for (const [fields, takes] of table) {
    const headers = fields.map((value) => ["accept-encoding", value] as const);
    assert.equal(takesGzip([["accept", "gzip"], ...headers]), takes, fields.join());
  }
});
