import assert from "node:assert/strict";
import fc from "fast-check";
import { bearerDigest, sameDigest } from "../../lib/access/token.ts";
import { newToken } from "../support/tokens.ts";

Deno.test("tokens are read as RFC 6750 has them, and nothing else is one", () => {
  const { token, sha256 } = newToken();
  for (const field of [`bearer ${token}`, `BEARER   ${token} `]) {
    assert.equal(bearerDigest(field)?.toHex(), sha256, field);
  }
  const others = [
    ...["", "Bearer", "Bearer ", token, `Basic ${token}`, `Bearer ${token}x`, `Bearer x${token}`],
    ...[`Bearer ${token.slice(0, -1)}`, `Bearer ${token} ${token}`, `Bearer\t${token}`],
    ...[`Bearer ${token.toUpperCase()}`, "Bearer secret", `Bearer ${token}\n`, `xBearer ${token}`],
  ];
  for (const field of others) assert.equal(bearerDigest(field), undefined, field);
  fc.assert(fc.property(fc.string(), (text) => assert.equal(bearerDigest(text), undefined)));
});

Deno.test("digests are the same or not, whatever their lengths", () => {
  const digest = Uint8Array.fromHex(newToken().sha256);
  assert.equal(sameDigest(digest, digest.slice()), true);
  for (let i = 0; i < digest.length; i++) {
    const other = digest.slice();
    other[i] = (other[i] ?? 0) ^ 1;
    assert.equal(sameDigest(digest, other), false);
  }
  assert.equal(sameDigest(digest, digest.subarray(1)), false);
});
