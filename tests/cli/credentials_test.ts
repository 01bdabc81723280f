import assert from "node:assert/strict";
import { accessByRules } from "../../lib/access/mod.ts";
import { connectTo } from "../../lib/cli/client.ts";
import { readClientTls, type TlsWords } from "../../lib/cli/credentials.ts";
import { describeError } from "../../lib/cli/errors.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import { loadIdentity } from "../../lib/tls/mod.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { serve } from "../api/support/harness.ts";
import { certFile, keyFile, serverIdentity, serverPaths } from "../support/certificates.ts";

const ca = certFile("authority");

/** What maglevc says that asks for a backend. */
async function said(server: string, words: TlsWords | undefined): Promise<string> {
  using connection = connectTo(server, undefined, words && await readClientTls(words));
  try {
    return (await connection.client.getBackend({ name: "web0" })).name;
  } catch (error) {
    return describeError(error, "rtr1");
  }
}

/** The test's own keys lie where everybody can read them. */
async function withPrivate(name: "alice" | "mallory", run: (key: string) => Promise<void>) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, await Deno.readTextFile(keyFile(name)));
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("maglevc asks over TLS, and says what is wrong with it", async () => {
  await using harness = await serve({ tls: { identity: await serverIdentity() } });
  const { port } = harness.server;
  const cannot = "cannot reach maglevd at rtr1: ";
  for (const host of ["localhost", "127.0.0.1"]) {
    assert.equal(await said(`${host}:${port}`, { ca }), "web0", host);
  }
  assert.equal(
    await said(`localhost:${port}`, { tls: true }),
    `${cannot}its certificate is by an authority that is not trusted here: --ca adds one`,
  );
  assert.equal(
    await said(`127.9.9.9:${port}`, { ca }).catch(String),
    `${cannot}connection refused`,
  );
  assert.equal(
    await said(`localhost:${port}`, undefined),
    "this port speaks TLS: ask it by https, or by maglevc --tls",
  );
});

Deno.test("a certificate for another name, or none at all, is said", async () => {
  const others = { cert: certFile("alice"), key: keyFile("alice"), clientCa: "" };
  await using harness = await serve({ tls: { identity: await loadIdentity(others) } });
  const name = await said(`localhost:${harness.server.port}`, { ca });
  assert.match(name, /^cannot reach maglevd at rtr1: its certificate is not (for the name|good)/);
  await using clear = await serve();
  assert.equal(
    await said(clear.address, { ca }),
    "cannot reach maglevd at rtr1: it does not speak TLS there: leave --tls out",
  );
});

Deno.test("a certificate of its own tells maglevd who asks", async () => {
  const rules = rulesOf(
    'auth: { certificates: [{ subject: "CN=alice,O=Example", role: operate, name: alice }] }',
  );
  const identity = await loadIdentity(serverPaths);
  await using harness = await serve({ tls: { identity }, access: accessByRules(() => rules) });
  const server = `localhost:${harness.server.port}`;
  await withPrivate("alice", async (key) => {
    const tls = await readClientTls({ ca, cert: certFile("alice"), key });
    using connection = connectTo(server, undefined, tls);
    await connection.client.pauseBackend({ name: "web0" });
    const [changed] = harness.bed.events.filter(({ kind }) => kind === "operator");
    assert.deepEqual(changed?.actor, { name: "alice", from: "127.0.0.1" });
  });
  await withPrivate("mallory", async (key) => {
    assert.equal(
      await said(server, { ca, cert: certFile("mallory"), key }),
      "this takes the role view, and 127.0.0.1 is not known: the certificate that it shows, of " +
        '"CN=alice,O=Example", is not a client\'s by an authority of --tls-client-ca',
    );
  });
  assert.match(await said(server, { ca }), /is not known: it has to show a token or a certificate/);
  const audits = harness.bed.events.flatMap((event) =>
    event.kind === "audit" ? [`${event.actor?.name} ${event.role} ${event.result}`] : []
  );
  assert.deepEqual(audits, [
    "alice operate OK",
    "anonymous none Unauthenticated",
    "anonymous none Unauthenticated",
  ]);
});

Deno.test("a token may travel where there is TLS", async () => {
  const tls = await readClientTls({ ca });
  connectTo("rtr1", "mglv_x", tls)[Symbol.dispose]();
  assert.throws(() => connectTo("rtr1", "mglv_x"), /in the clear: .*--tls secures it$/);
});

Deno.test("what TLS takes comes from flags, the environment and servers.yaml, in that order", async () => {
  const environment = new Map([["MAGLEV_TLS", "true"], ["MAGLEV_CA", "/env"]]);
  assert.deepEqual(parseFlags([], environment).security, {
    ...{ tls: true, ca: "/env", cert: undefined, key: undefined },
  });
  const args = ["--tls=false", "--ca", "/flag", "--cert=/c", "--key", "/k"];
  assert.deepEqual(parseFlags(args, environment).security, {
    ...{ tls: false, ca: "/flag", cert: "/c", key: "/k" },
  });
  assert.equal(parseFlags([], new Map()).security.tls, undefined);
  assert.equal(await readClientTls({}, {}), undefined);
  assert.equal(await readClientTls({ tls: false }, { tls: true, ca }), undefined);
  assert.equal(await readClientTls({}, { tls: false, ca }), undefined);
  assert.deepEqual(await readClientTls({ tls: true }), { caCerts: [], own: undefined });
  assert.equal((await readClientTls({}, { ca }))?.caCerts.length, 1);
  assert.equal((await readClientTls({ ca: "" }, { ca }))?.caCerts.length, 1);
  await assert.rejects(
    readClientTls({ ca: "/no/such" }, { ca }),
    /^CommandFailure: file of authorities \/no\/such: /,
  );
});

Deno.test("what is wrong with a file is said, and nothing of the key", async () => {
  const cert = certFile("alice");
  const cases: [words: TlsWords, message: string][] = [
    [{ cert }, "a certificate and its key go together"],
    [{ key: "/k" }, "a certificate and its key go together"],
    [
      { ca: keyFile("alice") },
      `file of authorities ${keyFile("alice")}: holds no certificate in PEM`,
    ],
    [{ cert, key: cert }, `key ${cert}: holds no private key in PEM`],
  ];
  for (const [words, message] of cases) {
    await assert.rejects(readClientTls(words), { message, exitCode: 2 });
  }
  await withPrivate("alice", async (key) => {
    await Deno.chmod(key, 0o644);
    await assert.rejects(readClientTls({ cert, key }), {
      message: `key ${key}: everybody can read it: chmod 600 and a new key`,
    });
  });
});
