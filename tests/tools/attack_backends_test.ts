import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/mod.ts";
import { parseProbes, probesBetween } from "../../tools/attack/backends/seen.ts";
import { configOf } from "../../tools/attack/backends/site.ts";

const page = `# TYPE maglev_probe_total counter
maglev_probe_total{backend="a",type="http",result="success",code="L7OK"} 12
maglev_probe_total{backend="a",type="http",result="failure",code="L7RSP"} 1
maglev_probe_total{backend="b",type="tcp",result="success",code="L4OK"} 3
maglev_probes_late_total 7
`;

Deno.test("probes are read from the metrics, by backend and code", () => {
  const seen = parseProbes(page);
  assert.deepEqual([...seen.keys()], ["a", "b"]);
  assert.deepEqual([...seen.get("a") ?? []], [["L7OK", 12], ["L7RSP", 1]]);
});

Deno.test("what was there before does not count, nor what did not happen", () => {
  const later = page.replace("12", "15").replace('"L4OK"} 3', '"L4OK"} 4');
  const between = probesBetween(parseProbes(page), parseProbes(later));
  assert.deepEqual([...between.get("a") ?? []], [["L7OK", 3]]);
  assert.deepEqual([...between.get("b") ?? []], [["L4OK", 1]]);
  const fresh = probesBetween(new Map(), parseProbes(page));
  assert.deepEqual([...fresh.get("b") ?? []], [["L4OK", 3]]);
});

Deno.test("the configuration of the attack is valid, with each look of the zoo", async () => {
  const looks = ["http", "http body", "tls", "https", "https body"] as const;
  const hostiles = looks.map((look, i) => ({ name: look, look, code: "L7OK", port: 1000 + i }));
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, configOf({ http: 80, tcp: 81, https: 82 }, hostiles, false));
    const outcome = await loadConfig(path);
    assert.equal(outcome.kind, "valid", JSON.stringify(outcome));
    if (outcome.kind !== "valid") return;
    assert.equal(outcome.config.backends.size, 55);
    assert.equal(outcome.config.healthchecks.size, 9);
    const idle = [...outcome.config.backends.values()].filter(({ enabled }) => !enabled);
    assert.equal(idle.length, 5);
  } finally {
    await Deno.remove(path);
  }
});
