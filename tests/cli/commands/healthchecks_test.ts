import assert from "node:assert/strict";
import { serve } from "../../api/support/harness.ts";
import { linesAt } from "../support/one_shot.ts";

/** What a health check asks for, as label and value. */
async function shown(address: string, name: string): Promise<ReadonlyMap<string, string>> {
  const { code, said } = await linesAt(address, `show healthchecks ${name}`);
  assert.equal(code, 0, said.join("\n"));
  return new Map(said.map((line) => {
    const [label = "", ...value] = line.split(/ {2,}/);
    return [label, value.join(" ")];
  }));
}

Deno.test("of each health check is told what its type asks for, and nothing of what is not set", async () => {
  await using harness = await serve();
  const asked = async (name: string, ...labels: readonly string[]) => {
    const all = await shown(harness.address, name);
    return labels.map((label) => all.get(label));
  };
  assert.deepEqual(await asked("smtp", "ssl", "server-name", "insecure-skip-verify"), [
    ...["false", undefined, undefined],
  ]);
  assert.deepEqual(await asked("imaps", "ssl", "server-name", "insecure-skip-verify"), [
    ...["true", "www.example.net", "true"],
  ]);
  assert.deepEqual(
    await asked("web", "path", "host", "response-code", "response-regexp", "server-name", "ssl"),
    ["/healthz", "www.example.net", "200-299", "ok", "www.example.net", undefined],
  );
  assert.deepEqual(await asked("ping", "type", "path", "ssl"), ["icmp", undefined, undefined]);
});
