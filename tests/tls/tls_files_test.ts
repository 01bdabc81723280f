import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { loadIdentity, PemError, TlsFiles, type TlsPaths } from "../../lib/tls/mod.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { certFile, keyFile, serverPaths, textOf } from "../support/certificates.ts";

/** Files of its own, that a test may replace. */
class Folder implements AsyncDisposable {
  private constructor(private readonly path: string) {}

  static async make(): Promise<Folder> {
    return new Folder(await Deno.makeTempDir({ prefix: "maglev-tls-" }));
  }

  write(name: string, text: string): string {
    Deno.writeTextFileSync(`${this.path}/${name}`, text);
    return `${this.path}/${name}`;
  }

  /** A server's own. */
  server(): TlsPaths {
    return {
      cert: this.write("cert", textOf(serverPaths.cert)),
      key: this.write("key", textOf(serverPaths.key)),
      clientCa: this.write("ca", textOf(serverPaths.clientCa)),
    };
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.path, { recursive: true });
  }
}

const end = Date.UTC(2120, 0);
const revocations = "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n";

Deno.test("what is wrong with a file is said with its place, and nothing of the key", async () => {
  await using folder = await Folder.make();
  const good = folder.server();
  const [cert, key] = [textOf(good.cert), textOf(good.key)];
  const file = folder.write("wrong", "");
  /** The good files, but one of them with another text. */
  const wrong = (which: keyof TlsPaths, text: string) => () => {
    folder.write("wrong", text);
    return { ...good, [which]: file };
  };
  const damaged = cert.replace("MII", "AII");
  const cases: [paths: () => TlsPaths, message: string][] = [
    [() => ({ ...good, cert: "/no/such" }), "--tls-cert /no/such: there is no such file"],
    [() => ({ ...good, key: "/proc" }), "--tls-key /proc: is no file"],
    [
      wrong("cert", "hello"),
      `--tls-cert ${file}: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`,
    ],
    [
      wrong("cert", `${cert}\n${damaged}`),
      `--tls-cert ${file}:${cert.split("\n").length + 1}: the certificate that begins here is ` +
      "damaged",
    ],
    [wrong("key", cert), `--tls-key ${file}: holds no private key in PEM`],
    [
      wrong("key", key.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA")),
      `--tls-key ${file}:1: the key that begins here is damaged`,
    ],
    [
      wrong("key", `${key}${key}`),
      `--tls-key ${file}:${key.split("\n").length}: there is a second private key`,
    ],
    [
      wrong("key", key.replaceAll("PRIVATE", "ENCRYPTED PRIVATE")),
      `--tls-key ${file}: the key is encrypted, and there is nobody to ask for the passphrase: ` +
      "write it without by openssl pkey -in … -out …",
    ],
    [
      () => ({ ...good, key: keyFile("alice") }),
      `--tls-key ${keyFile("alice")}: is not the key of the certificate of --tls-cert ${good.cert}`,
    ],
    // What shows only when hands are shaken.
    [
      () => ({ ...good, cert: certFile("odd"), key: keyFile("odd") }),
      `--tls-cert ${certFile("odd")}: cannot be used: unsupported protocol`,
    ],
    [
      wrong("cert", `${textOf(certFile("authority"))}${cert}`),
      `--tls-cert ${file}: the server's own certificate has to stand first`,
    ],
    [
      wrong("clientCa", `${textOf(certFile("authority"))}${textOf(certFile("alice"))}`),
      `--tls-client-ca ${file}: the certificate of O=Example,CN=alice is no authority's (CA:TRUE)`,
    ],
    [
      wrong("clientCa", `${textOf(certFile("authority"))}${revocations}`),
      `--tls-client-ca ${file}:${
        textOf(certFile("authority")).split("\n").length
      }: revocation lists ` +
      "(X509 CRL) are not looked at: take it out, and keep a client out by taking its name out of " +
      "the file of --auth",
    ],
  ];
  for (const [paths, message] of cases) {
    await assert.rejects(loadIdentity(paths()), (error) => {
      assert.ok(error instanceof PemError);
      assert.equal(error.message, message);
      assert.ok(!error.message.includes(key.slice(40, 60)));
      return true;
    });
  }
});

Deno.test("of several authorities it is known when the first ends", async () => {
  await using folder = await Folder.make();
  const paths = folder.server();
  assert.equal((await loadIdentity(paths)).trustedUntil, end);
  folder.write("ca", textOf(certFile("authority")) + textOf(certFile("middle-old")));
  assert.equal((await loadIdentity(paths)).trustedUntil, Date.UTC(2021, 0));
  assert.equal((await loadIdentity({ ...paths, clientCa: "" })).trustedUntil, undefined);
});

Deno.test("a certificate is known by its times and names", async () => {
  const identity = await loadIdentity({ ...serverPaths, clientCa: "" });
  const { certificate, asksClients, authorities } = identity;
  assert.deepEqual([certificate, asksClients, authorities], [
    { from: Date.UTC(2020, 0), end, names: ["localhost", "127.0.0.1", "::1"] },
    ...[false, ""],
  ]);
});

/** Waits for what a look at the files does besides the clock's timers. */
async function looks(clock: FakeClock, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await clock.advanceAsync(5_000);
    while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

Deno.test("files that are replaced are read when they have stopped changing, and only then", async () => {
  await using folder = await Folder.make();
  const paths = folder.server();
  const [clock, log] = [new FakeClock(), new FakeLog()];
  using files = await TlsFiles.open({ paths, clock, log });
  const first = files.identity;
  await looks(clock, 3);
  assert.equal(files.identity, first);
  folder.write("cert", textOf(certFile("alice")));
  await looks(clock, 1);
  folder.write("key", textOf(keyFile("alice")));
  await looks(clock, 1);
  assert.equal(files.identity, first);
  await looks(clock, 1);
  assert.notEqual(files.identity, first);
  assert.deepEqual(files.identity.certificate.names, ["alice.example.net"]);
  await looks(clock, 3);
  assert.deepEqual(log.records.map(({ msg }) => msg), ["tls-loaded", "tls-reloaded"]);
  assert.deepEqual(log.records[1]?.attributes, {
    ...{ cert: paths.cert, end: "2120-01-01T00:00:00.000Z", "client-ca": paths.clientCa },
  });
});

Deno.test("files that are wrong take nothing away, and are complained of once", async () => {
  await using folder = await Folder.make();
  const paths = folder.server();
  const [clock, log] = [new FakeClock(), new FakeLog()];
  using files = await TlsFiles.open({ paths, clock, log });
  const first = files.identity;
  folder.write("key", textOf(keyFile("alice")));
  await looks(clock, 5);
  const said =
    `--tls-key ${paths.key}: is not the key of the certificate of --tls-cert ${paths.cert}`;
  assert.deepEqual([files.identity, files.rejected], [first, said]);
  Deno.removeSync(paths.key);
  await looks(clock, 5);
  assert.equal(files.rejected, `--tls-key ${paths.key}: there is no such file`);
  await files.reload();
  folder.write("key", textOf(serverPaths.key));
  await files.reload();
  assert.equal(files.rejected, "");
  assert.notEqual(files.identity, first);
  // Who is known by the same authorities may go on with earlier sessions.
  assert.equal(files.identity.proven, first.proven);
  folder.write("ca", textOf(certFile("other-authority")));
  await files.reload();
  assert.notEqual(files.identity.proven, first.proven);
  assert.deepEqual(
    log.records.map(({ msg }) => msg),
    [
      "tls-loaded",
      ...["tls-reload-failed", "tls-reload-failed", "tls-reload-failed"],
      ...["tls-reloaded", "tls-reloaded"],
    ],
  );
});

Deno.test("a certificate that ends soon is named each day, also when it has ended", async () => {
  const day = 86_400_000;
  const log = new FakeLog();
  const clock = new FakeClock(end - 14.5 * day);
  using _ = await TlsFiles.open({ paths: serverPaths, clock, log });
  const warnings = () =>
    log.named("tls-certificate-ends").map(({ days, cert }) => {
      assert.equal(cert, serverPaths.cert);
      return days;
    });
  assert.deepEqual(warnings(), []);
  const hour = 3_600_000;
  for (let hours = 0; hours < 24 * 16; hours++) {
    await clock.advanceAsync(hour);
    while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.deepEqual(warnings().slice(0, 3), [14, 13, 12]);
  assert.equal(warnings().at(-1), -1);
  assert.equal(warnings().length, 16);
});

Deno.test("of one that ends soon it is said again when it is loaded again", async () => {
  const log = new FakeLog();
  const clock = new FakeClock(end - 86_400_000);
  const files = await TlsFiles.open({ paths: serverPaths, clock, log });
  assert.equal(log.named("tls-certificate-ends").length, 1);
  await files.reload();
  assert.equal(log.named("tls-certificate-ends").length, 2);
  files[Symbol.dispose]();
  assert.equal(clock.pending, 0, "nobody looks at files any more");
});

Deno.test("whoever follows is told of other files, by whatever they were read, and of no mistake", async () => {
  await using folder = await Folder.make();
  const paths = folder.server();
  const [clock, log] = [new FakeClock(), new FakeLog()];
  using files = await TlsFiles.open({ paths, clock, log });
  const told: unknown[] = [];
  files.follow(() => void told.push(files.identity.authorities));
  folder.write("ca", textOf(certFile("other-authority")));
  await looks(clock, 2);
  folder.write("ca", textOf(certFile("authority")));
  await files.reload();
  folder.write("ca", "nonsense");
  await files.reload();
  assert.deepEqual(told, [textOf(certFile("other-authority")), textOf(certFile("authority"))]);
});
