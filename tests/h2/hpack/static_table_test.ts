import assert from "node:assert/strict";
import { staticPlaces, staticTable } from "../../../lib/h2/hpack/static_table.ts";

Deno.test("the static table is that of RFC 7541 appendix A", async () => {
  assert.equal(staticTable.length, 61);
  const text = staticTable.map(([name, value]) => `${name}: ${value}`).join("\n");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  // Of the same text made of the table of python3-hpack.
  assert.equal(
    new Uint8Array(digest).toHex(),
    "f83db06ecc2628fd0208e27841b1180fd9d1770d457d7d8d1e27d0f80c905249",
  );
});

Deno.test("names are found at their first index, whole fields at their own", () => {
  assert.equal(staticPlaces.get(":status")?.index, 8);
  assert.equal(staticPlaces.get(":status")?.byValue.get("500"), 14);
  assert.equal(staticPlaces.get("www-authenticate")?.index, 61);
  assert.equal(staticPlaces.get("www-authenticate")?.byValue.size, 0);
  for (const [at, [name, value]] of staticTable.entries()) {
    const found = staticPlaces.get(name);
    assert.ok(found && found.index <= at + 1);
    assert.equal(found.byValue.get(value), value === "" ? undefined : at + 1);
  }
});
