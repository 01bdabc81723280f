import { deepEqual, equal, rejects } from "node:assert/strict";
import { differences, generated, textsBelow } from "../../tools/binapi.ts";

const folder = new URL("../vppclient/data/api", import.meta.url).pathname;
const present = await Deno.readTextFile(new URL("../../lib/gen/vpp.ts", import.meta.url));

/** What a VPP whose files read differently would make of it. */
async function changed(from: string | RegExp, to: string): Promise<string> {
  const other = await Deno.makeTempDir();
  try {
    for (const [i, text] of (await textsBelow(folder)).entries()) {
      await Deno.writeTextFile(`${other}/${i}.api.json`, text.replaceAll(from, to));
    }
    return await generated(other);
  } finally {
    await Deno.remove(other, { recursive: true });
  }
}

Deno.test("the messages are those of VPP's own API files", async () => {
  equal(await generated(folder), present);
});

Deno.test("another VPP's messages that differ are named", async () => {
  const cases = [
    ["0x2d89bdbd", "0x12345678", "lbAsSetWeight"],
    ['"num_buckets"', '"buckets"', "LbAsV2Details lbAsV2Dump"],
    [/"LB_API_ENCAP_TYPE_GRE6",\s*1/g, '"LB_API_ENCAP_TYPE_GRE6", 9', "lbEncapType"],
    [/"sticky_buckets_per_core",\s*\{/g, '"buckets", {', "LbConf lbConf"],
    ["from the established flow table", "from the table", ""],
  ] as const;
  for (const [from, to, names] of cases) {
    equal(differences(present, await changed(from, to)).join(" "), names);
  }
});

Deno.test("a request that VPP lacks is an error, as is an address that is another thing", async () => {
  await rejects(changed('"lb_conf_get"', '"lb_conf_gone"'), /have no request lb_conf_get$/);
  await rejects(changed('"vl_api_lb_vip_t"', '"vl_api_lb_vap_t"'), /have no type lb_vap$/);
  await rejects(
    changed('"un"', '"onion"'),
    /address is \{.*_union_t onion\}, not \{.*_union_t un\}$/,
  );
});

Deno.test("what is declared first and last is compared as well", () => {
  const text = "export type A = 1;\n\nconst b = {\n  c: 1,\n};\n";
  deepEqual(differences(text, text.replace("c: 1", "c: 2")), ["b"]);
  deepEqual(differences(text, text.replace("A = 1", "A = 2")), ["A"]);
});
