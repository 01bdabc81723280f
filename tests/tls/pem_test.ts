import assert from "node:assert/strict";
import { certificatesOf, pemBlocks, readPem } from "../../lib/tls/pem.ts";
import { certFile, textOf } from "../support/certificates.ts";

const alice = textOf(certFile("alice"));

Deno.test("the pieces of a file are told with their lines, whatever stands around them", () => {
  const text = `# alice\n${alice.trim()}\n\nbag\r\n-----BEGIN RSA PRIVATE KEY-----\r\nAA==\r\n` +
    "-----END RSA PRIVATE KEY-----\r\n-----BEGIN X-----\nnot ended\n-----END Y-----\n";
  const lines = alice.trim().split("\n").length;
  assert.deepEqual(pemBlocks(text).map(({ label, line }) => [label, line]), [
    ["CERTIFICATE", 2],
    ["RSA PRIVATE KEY", lines + 4],
  ]);
  assert.equal(pemBlocks(text)[0]?.text, alice.trim());
  assert.deepEqual(pemBlocks(` ${alice.trim()}`), [], "a piece begins with its line");
});

Deno.test("certificates are read in their order, other pieces passed over", () => {
  const where = "--tls-cert /c.pem";
  const text = `-----BEGIN X-----\n-----END X-----\n${alice}${textOf(certFile("authority"))}`;
  assert.deepEqual(
    certificatesOf({ where, text }).map(({ subject }) => subject.split("\n").at(-1)),
    [alice, textOf(certFile("authority"))].map((each) =>
      certificatesOf({ where, text: each })[0]?.subject.split("\n").at(-1)
    ),
  );
});

Deno.test("a file of 1 MiB is read, and none that is longer", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "x".repeat(1_048_576));
    assert.equal((await readPem("--tls-cert", path)).text.length, 1_048_576);
    await Deno.writeTextFile(path, "x".repeat(1_048_577));
    const message = `--tls-cert ${path}: is longer than 1048576 bytes`;
    await assert.rejects(readPem("--tls-cert", path), { name: "PemError", message });
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("why a file cannot be read is said as the system says it", async () => {
  await assert.rejects(readPem("--tls-key", "/dev/null/key"), {
    name: "PemError",
    message: /^--tls-key \/dev\/null\/key: cannot be read: Not a directory/,
  });
});

Deno.test("no certificate, and one that is damaged, are told with their place", () => {
  const where = "--tls-cert /c.pem";
  const message = (text: string, said: string) =>
    assert.throws(() => certificatesOf({ where, text }), { name: "PemError", message: said });
  message("", `${where}: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`);
  const damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  message(`\n${damaged}`, `${where}:2: the certificate that begins here is damaged`);
});

Deno.test("a certificate that is not between its two lines is not passed over", () => {
  const where = "--tls-client-ca /ca.pem";
  const [begin, end] = ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"];
  const next = alice.trim().split("\n").length + 1;
  const said = (line: number) =>
    `${where}:${line}: the certificate that begins here is not between a line ${begin} and a ` +
    `line ${end}`;
  const message = (text: string, said: string) =>
    assert.throws(() => certificatesOf({ where, text }), { name: "PemError", message: said });
  // Half written; with a blank at the end of a line, or before it.
  message(`${alice}${alice.slice(0, 100)}`, said(next));
  message(`${alice}${alice.replace(end, `${end} `)}`, said(next));
  message(`${alice}${alice.replace(begin, ` ${begin}`)}`, said(next));
  message(alice.replace(end, end.slice(1)), said(1));
  // One without an end, and the next in it.
  message(alice.replace(end, "") + alice, said(1));
  assert.equal(certificatesOf({ where, text: `${alice}# ${alice.trim()}` }).length, 1);
});

Deno.test("what cannot be read as a file is told by its flag and path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/c.pem`;
    const fails = (file: string, said: string) =>
      assert.rejects(readPem("--tls-cert", file), {
        ...{ name: "PemError", message: `--tls-cert ${file}: ${said}` },
      });
    await fails(path, "there is no such file");
    await fails(folder, "is no file");
    await Deno.writeTextFile(path, "x".repeat(1_048_576));
    assert.equal((await readPem("--tls-cert", path)).where, `--tls-cert ${path}`);
    await Deno.writeTextFile(path, "x", { append: true });
    await fails(path, "is longer than 1048576 bytes");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
