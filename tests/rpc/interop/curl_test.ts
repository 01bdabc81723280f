import assert from "node:assert/strict";
import { havePrograms, needing } from "../../support/programs.ts";
import { serve } from "../../api/support/harness.ts";

/** Runs curl; what it prints is the status, a space and the body. */
async function curl(...args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command("curl", {
    args: ["--silent", "--max-time", "10", "--write-out", " %{http_code} %{http_version}", ...args],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

const haveCurl = havePrograms("curl") && (await curl("--version")).includes("HTTP2");

const versions = [["--http1.1", "1.1"], ["--http2-prior-knowledge", "2"]] as const;

for (const [option, version] of versions) {
  Deno.test({
    ...needing(
      haveCurl,
      "curl with HTTP/2",
      `curl ${option}: lists, pauses and is refused in JSON`,
    ),
    async fn() {
      await using harness = await serve();
      const base = `http://${harness.address}/maglev.Maglev`;
      const json = [option, "--header", "content-type: application/json", "--data"];
      assert.equal(
        await curl(...json, "{}", `${base}/ListBackends`),
        `{"backendNames":["web0","web1","web2","web3"]} 200 ${version}`,
      );
      const paused = await curl(...json, `{"name": "web1"}`, `${base}/PauseBackend`);
      assert.match(paused, /"state":"paused"/);
      assert.equal(
        await curl(...json, `{"name": "nope"}`, `${base}/GetBackend`),
        String.raw`{"code":"not_found","message":"backend \"nope\" not found"} 404 ${version}`,
      );
      assert.match(await curl(...json, "{", `${base}/GetBackend`), /"invalid_argument".* 400 /);
      assert.match(await curl(...json, "{}", `${base}/Nope`), /^not found: .* 404 /s);
      assert.match(await curl(option, base), / 404 /);
      assert.match(await curl(option, `${base}/PauseBackend`), /POST\n 405 /);
      assert.match(await curl(option, `${base}/GetBackend`), /content type.* 415 /s);
      const get = [option, "--get", "--data", "connect=v1", "--data", "encoding=json"];
      const named = ["--data-urlencode", `message={"name":"web2"}`];
      assert.match(await curl(...get, ...named, `${base}/GetBackend`), /"name":"web2".* 200 /);
      assert.match(await curl(...get, ...named, `${base}/PauseBackend`), / 405 /);
      const details = ["--data-urlencode", `message={"details":true}`];
      assert.match(
        await curl(...get, ...details, `${base}/ListBackends`),
        /"backends":\[\{"name":"web0".* 200 /,
      );
      assert.match(await curl(option, "--data", "x", `${base}/GetBackend`), /content type.* 415 /s);
      assert.match(await curl(option, "--head", `${base}/GetBackend`), / 405 /);
    },
  });
}
