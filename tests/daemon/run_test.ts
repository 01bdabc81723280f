import { deepEqual, equal, match } from "node:assert/strict";
import { certFile, keyFile } from "../support/certificates.ts";
import { testConfig } from "../e2e/support/configs.ts";
import { newToken } from "../support/tokens.ts";
import { ran } from "./support/program.ts";

const valid = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.62" }] });

/** A folder with these files; `path` tells where one is. */
async function filesOf(texts: Readonly<Record<string, string>>) {
  const folder = await Deno.makeTempDir({ prefix: "maglev-run-" });
  const path = (name: string) => `${folder}/${name}`;
  for (const [name, text] of Object.entries(texts)) await Deno.writeTextFile(path(name), text);
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("an error that nobody expected is a fault, and no broken configuration", async () => {
  const { code, err } = await ran(JSON.parse("[null]"));
  equal(code, 4);
  match(err, /^maglevd: TypeError: .*\n +at /);
});

Deno.test("who asks for the version or for help has it on standard output", async () => {
  const version = await ran(["--version"]);
  deepEqual([version.code, version.err], [0, ""]);
  match(version.out, /^maglevd /);
  const help = await ran(["--help"]);
  deepEqual([help.code, help.err], [0, ""]);
  match(help.out, /--config/);
});

Deno.test("what cannot be understood, or is not there, is said on standard error", async () => {
  const wrong = await ran(["--no-such-flag"]);
  deepEqual([wrong.code, wrong.out], [2, ""]);
  match(wrong.err, /^maglevd: .*no-such-flag/);
  const check = await ran(["--check", "--config", "/no/such/file"]);
  deepEqual([check.code, check.out], [1, ""]);
  match(check.err, /\/no\/such\/file/);
});

Deno.test("--check names a group that is not there, as a start would stumble over it", async () => {
  const args = ["--check", "--config", "packaging/minimal.yaml", "--grpc-socket-group"];
  const { code, err } = await ran([...args, "no-such-group"]);
  deepEqual([code, err.split(":")[0]], [2, "--grpc-socket-group"]);
  equal((await ran([...args, "0"])).code, 0);
});

Deno.test("outside of a unit there is nobody to reload", async () => {
  const { code, err } = await ran(["--reload"]);
  equal(code, 2);
  match(err, /^maglevd: --reload is for ExecReload=/);
});

Deno.test("a check says what is right on standard output, and what is wrong on the other", async () => {
  const broken = valid.replace("fall: 3", "fall: three");
  await using files = await filesOf({ good: valid, broken });
  const good = await ran(["--check", "--config", files.path("good")]);
  deepEqual([good.code, good.err], [0, ""]);
  match(good.out, /\/good: valid: 1 frontend, 1 backend, 2 health checks/);
  const bad = await ran(["--check", "--config", files.path("broken")]);
  deepEqual([bad.code, bad.out], [1, ""]);
  match(bad.err, /maglev\.healthchecks\.web\.fall: /);
});

Deno.test("a check is also of who may do what, and of the worst that is wrong", async () => {
  const auth = (sha256: string) =>
    `auth:\n  tokens:\n    - { name: ci, role: view, sha256: ${sha256} }\n`;
  await using files = await filesOf({
    good: await Deno.readTextFile(new URL("../../docs/examples/minimal.yaml", import.meta.url)),
    broken: valid.replace("fall: 3", "fall: three"),
    auth: auth(newToken().sha256),
    wrong: auth("short"),
    torn: "auth: [",
  });
  const check = (...args: string[]) => ran(["--check", "--grpc-addr=127.0.0.1:1", ...args]);
  const config = `--config=${files.path("good")}`;
  const path = files.path("auth");

  const fine = await check(config, "--strict", `--auth=${path}`);
  deepEqual([fine.code, fine.err, fine.out.split("\n")[0]], [0, "", `${path}: valid`]);
  match(fine.out, /\/good: valid: /);

  // Who may write to it gives themselves any role.
  await Deno.chmod(path, 0o666);
  const unsafe = await check(config, `--auth=${path}`);
  deepEqual([unsafe.code, unsafe.err], [0, ""]);
  equal(
    unsafe.out.split("\n")[0],
    `${path}: warning: everybody may write to it, and so give themselves any role`,
  );
  match(unsafe.out, /\/auth: valid\n/);
  const strict = await check(config, "--strict", `--auth=${path}`);
  deepEqual([strict.code, strict.out], [2, unsafe.out]);

  for (const [name, code] of [["wrong", 2], ["torn", 1]] as const) {
    const wrong = await check(config, `--auth=${files.path(name)}`);
    equal(wrong.code, code);
    match(wrong.err, new RegExp(`/${name}:\\d+:\\d+: `));
    match(wrong.out, /^[^\n]*\/good: valid: [^\n]*$/);
  }
  // The file that maglevd is about is told first.
  const both = await check(`--config=${files.path("broken")}`, `--auth=${files.path("wrong")}`);
  equal(both.code, 1);
  match(both.err, /\/wrong:.*\n.*\/broken:/s);
});

Deno.test("a check is also of the certificate", async () => {
  await using files = await filesOf({
    good: await Deno.readTextFile(new URL("../../docs/examples/minimal.yaml", import.meta.url)),
    key: await Deno.readTextFile(keyFile("alice")),
  });
  await Deno.chmod(files.path("key"), 0o600);
  const check = (cert: string, ...args: string[]) =>
    ran([
      ...["--check", `--config=${files.path("good")}`, "--grpc-addr=127.0.0.1:1"],
      ...[`--tls-cert=${cert}`, `--tls-key=${files.path("key")}`, ...args],
    ]);
  const cert = certFile("alice");
  const fine = await check(cert);
  deepEqual([fine.code, fine.err], [0, ""]);
  match(fine.out, /alice\.crt: warning: it is for .*\n.*alice\.crt: valid\n.*\/good: valid: /);
  equal((await check(cert, "--strict")).code, 2);

  const other = await check(certFile("server"));
  equal(other.code, 2);
  match(other.err, /^--tls-key \/.*\/key: /);
  match(other.out, /^[^\n]*\/good: valid: [^\n]*$/);
});
