import assert from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { type Animal, animals, Keeper, type Look } from "../support/zoo/mod.ts";
import { Authority } from "./support/certificates.ts";
import { httpCheck, tcpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";

/** What `look` means, for a server behind `port`. */
function checkOf(look: Look, port: number, timeoutMs: number) {
  const tls = { serverName: "a.example", insecureSkipVerify: false };
  const base = { port, timeoutMs };
  const body = { responseRegexp: "(?s)[ab].{20}[xy]z" };
  switch (look) {
    case "http":
      return httpCheck(base);
    case "http body":
      return httpCheck({ ...base, ...body });
    case "tls":
      return tcpCheck({ ...base, tls });
    case "https":
      return httpCheck({ ...base, type: "https", tls });
    case "https body":
      return httpCheck({ ...base, ...body, type: "https", tls });
  }
}

/** Those that wait for the timeout get a short one, the others have all the time they want. */
function timeoutOf({ expected }: Animal): number {
  return expected.source.includes("TOUT") ? 250 : 60_000;
}

for (const animal of animals) {
  const shown = needing(havePrograms("openssl"), "openssl", `the zoo: ${animal.name}`);
  Deno.test({
    ...shown,
    fn: async () => {
      await using authority = await Authority.create();
      await using keeper = await Keeper.open([animal], await authority.issue("DNS:a.example"));
      await using harness = new Harness({ ca: [authority.cert] });
      const [exhibit] = keeper.exhibits;
      assert.ok(exhibit);
      const check = checkOf(animal.look, exhibit.port, timeoutOf(animal));
      assert.match(await harness.outcome(check), animal.expected);
    },
  });
}
