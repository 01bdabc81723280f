import assert from "node:assert/strict";
import { apiFilesBelow, differences, readApiFiles } from "../../tools/binapi_check.ts";
import { allMessages } from "../../lib/vpp/messages/mod.ts";

const folder = new URL("./data/api", import.meta.url).pathname;
const texts = await apiFilesBelow(folder);

/** What is said when VPP's files read differently. */
function changed(from: string | RegExp, to: string): string[] {
  return differences(readApiFiles(texts.map((text) => text.replace(from, to))));
}

Deno.test("the declarations are what VPP's own API files say", () => {
  assert.deepEqual(differences(readApiFiles(texts)), []);
  assert.ok(allMessages.length > 25);
});

Deno.test("another CRC is found", () => {
  assert.deepEqual(changed("0x2d89bdbd", "0x12345678"), [
    "lb_as_set_weight has the CRC 12345678 in VPP, 2d89bdbd here",
  ]);
});

Deno.test("a missing message is found", () => {
  const without = texts.map((text) => text.replaceAll('"lb_conf_get"', '"lb_conf_gone"'));
  assert.deepEqual(differences(readApiFiles(without)), ["VPP has no message lb_conf_get"]);
});

Deno.test("a renamed field is found", () => {
  assert.deepEqual(changed('"num_buckets"', '"buckets"'), [
    'field 7 of lb_as_v2_details is ["u32","buckets"] in VPP, ["u32","num_buckets"] here',
  ]);
});

Deno.test("a changed enum value is found", () => {
  const [line] = changed(/"LB_API_ENCAP_TYPE_GRE6",\s*1/, '"LB_API_ENCAP_TYPE_GRE6", 9');
  assert.match(line ?? "", /^lb_encap_type is u32 .*"LB_API_ENCAP_TYPE_GRE6":9.* in VPP, u32 /);
});
