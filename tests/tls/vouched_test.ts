import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Proven } from "../../lib/tls/identity.ts";
import { isVouchedFor } from "../../lib/tls/peer_certificate.ts";
import { certFile, type Made, textOf } from "../support/certificates.ts";

const now = Date.UTC(2026, 0);

function certificates(names: readonly Made[]): X509Certificate[] {
  // Of a file with several it is the first.
  return names.map((name) => new X509Certificate(textOf(certFile(name))));
}

const cases: [chain: Made[], authorities: Made[], isSo: boolean, at?: number][] = [
  [["alice", "authority"], ["authority"], true],
  [["alice", "authority"], ["other-authority", "authority"], true],
  [["alice"], ["authority"], true],
  // The same authority with another certificate for the same key.
  [["alice", "authority"], ["authority-renewed"], true],
  // One with its key and another name, and one with its name and another key.
  [["alice"], ["authority-renamed"], false],
  [["alice"], ["authority-posed"], false],
  [["mallory"], ["authority-posed"], false],
  [["alice", "authority"], ["other-authority"], false],
  [["alice", "authority"], [], false],
  [["mallory", "other-authority"], ["authority"], false],
  [[], ["authority"], false],
  // Those in the middle vouch for clients only if somebody trusted vouches for them.
  [["carol", "middle", "authority"], ["authority"], true],
  [["carol", "middle", "authority"], ["middle"], true],
  [["carol", "middle", "authority"], ["other-authority"], false],
  [["carol"], ["authority"], false],
  [["carol", "middle-old", "authority"], ["authority"], false],
  [["carol", "middle", "authority"], ["middle-old"], false],
  // Nobody, and no authority, counts before it is valid or after it has ended.
  [["alice"], ["authority"], true, Date.UTC(2020, 0)],
  [["alice"], ["authority"], false, Date.UTC(2020, 0) - 1],
  [["alice"], ["authority"], true, Date.UTC(2120, 0)],
  [["alice"], ["authority"], false, Date.UTC(2120, 0) + 1],
  [["alice-old"], ["authority"], false],
];

for (const [chain, authorities, isSo, at = now] of cases) {
  const by = `[${authorities}], in ${new Date(at).toISOString()}`;
  Deno.test(`[${chain}] is ${isSo ? "" : "not "}vouched for by ${by}`, () => {
    assert.equal(isVouchedFor(certificates(chain), certificates(authorities), at), isSo);
  });
}

Deno.test("4,096 certificates are remembered, those who have shaken hands last", () => {
  const proven = new Proven();
  for (let i = 0; i < 4_096; i++) proven.add(`${i}`);
  // Who shakes hands again is no longer the one who did so longest ago.
  proven.add("0");
  assert.equal(proven.has("1"), true);
  proven.add("another");
  assert.deepEqual(["0", "1", "2", "another"].map((each) => proven.has(each)), [
    ...[true, false, true, true],
  ]);
});
