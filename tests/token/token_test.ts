import assert from "node:assert/strict";
import fc from "fast-check";
import { isToken, newToken } from "../../lib/token/mod.ts";

Deno.test("a new token is long, made of chance, and known by its digest", async () => {
  const tokens = await Promise.all(Array.from({ length: 100 }, newToken));
  assert.equal(new Set(tokens.map(({ token }) => token)).size, 100);
  for (const { token, sha256 } of tokens.slice(0, 3)) {
    assert.match(token, /^mglv_[A-Za-z0-9_-]{43}$/);
    assert.ok(isToken(token));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    assert.equal(sha256, new Uint8Array(digest).toHex());
  }
});

Deno.test("nothing else is a token", async () => {
  const { token } = await newToken();
  for (const text of ["", `${token}x`, `x${token}`, token.slice(0, -1), token.toUpperCase()]) {
    assert.equal(isToken(text), false, text);
  }
  fc.assert(fc.property(fc.string(), (text) => assert.equal(isToken(text), false)));
});
