import assert from "node:assert/strict";
import { frontendToProto } from "../../../lib/rpc/convert/frontend.ts";
import { steer } from "../../support/steer.ts";
import { CheckerBed } from "../checker_bed.ts";

Deno.test("a frontend shows of which backends somebody has set the state", () => {
  using bed = new CheckerBed();
  const { checker } = bed;
  steer(checker).disable("web1", { name: "anna", from: "192.0.2.7" });
  const www = checker.frontend("www");
  assert.ok(www);
  const info = frontendToProto(www, (name) => checker.backend(name));
  const [web0, web1] = info.pools[0]?.backends ?? [];
  assert.equal(web0?.stateByHand, undefined);
  assert.partialDeepStrictEqual(web1?.stateByHand, {
    ...{ value: "disabled", file: "enabled" },
    actor: { name: "anna", from: "192.0.2.7" },
  });
});
