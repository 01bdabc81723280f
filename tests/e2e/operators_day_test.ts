import assert from "node:assert/strict";
import { certFile, keyFile, textOf } from "../support/certificates.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { type LogEntry, Maglevd } from "./support/maglevd.ts";
import { Lines } from "./support/process.ts";

const config = testConfig({
  port: 1,
  backends: [{ name: "one", address: "127.0.0.56" }, { name: "two", address: "127.0.0.57" }],
});

/** Who may do what in the morning. */
const morning = `auth:
  certificates:
    - { subject: "CN=alice,O=Example", role: admin, name: alice }
    - { subject: "CN=carol,O=Example", role: operate, name: carol }
`;

/** In the evening carol only reads. */
const evening = morning.replace("role: operate", "role: view");

/** What the audit has of each deed. */
type Told = readonly [name: string, role: string, method: string, target: string, result: string];

function toldOf({ name, role, method, target, result }: LogEntry): Told {
  return [name, role, method, target, result].map(String) as unknown as Told;
}

/** An event of the audit as maglevc has it. */
interface Listed {
  readonly actor: { readonly name: string };
  readonly audit: Readonly<Record<string, unknown>>;
}

/** Files of a folder that only its owner reads, as maglevc wants keys to be. */
async function filesOf(folder: string) {
  const put = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    return `${folder}/${name}`;
  };
  const trust = (...names: readonly ("authority" | "other-authority")[]) =>
    put("clients", names.map((name) => textOf(certFile(name))).join(""));
  const key = await put("alice.key", textOf(keyFile("alice")));
  const flags = [
    `--auth=${await put("auth", morning)}`,
    ...[`--tls-cert=${certFile("server")}`, `--tls-key=${keyFile("server")}`],
    `--tls-client-ca=${await trust("authority", "other-authority")}`,
  ];
  return { put, trust, key, flags };
}

Deno.test("the day of two operators is read back from the audit", async () => {
  await using bundles = await makeBundles();
  const folder = await Deno.makeTempDir({ prefix: "maglev-day-" });
  try {
    const { put, trust, key, flags } = await filesOf(folder);
    await using daemon = await Maglevd.start(bundles.maglevd, config, ...flags);
    const { port } = new URL(`https://${daemon.server}`);
    const maglevc = (who: "alice" | "carol", ...words: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-config", bundles.maglevc, `--server=localhost:${port}`],
          ...[`--ca=${certFile("authority")}`, `--cert=${certFile(who)}`, `--key=${key}`],
          ...words,
        ],
        env: { NO_COLOR: "1" },
        ...{ stdin: "null", stdout: "piped", stderr: "piped" },
      });
    const does = async (who: "alice" | "carol", code: number, ...words: string[]) => {
      const { code: ended, stdout, stderr } = await maglevc(who, ...words).output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.equal(ended, code, `${words.join(" ")} by ${who}: ${said}`);
      return said;
    };

    await does("carol", 0, "set", "backend", "one", "pause", "--yes");
    await does("carol", 0, "set", "backend", "one", "resume", "--yes");
    await does("carol", 0, ...weight("50"));
    await does("alice", 0, "set", "backend", "two", "drain", "--yes");
    await does("carol", 1, "config", "reload", "--yes");
    await does("alice", 0, "config", "reload", "--yes");

    // Whose role becomes less may do less at once, on the streams that there are as well.
    const watch = maglevc("carol", "watch", "events", "log", "level", "debug", "--json").spawn();
    const [heard, complaint] = [new Lines(watch.stdout), new Lines(watch.stderr)];
    await heard.find("an event", () => true);
    await put("auth", evening);
    daemon.kill("SIGHUP");
    await daemon.log("auth-reloaded");
    assert.equal((await watch.status).code, 1);
    await Promise.all([heard.ended, complaint.ended]);
    assert.match(complaint.seen.join("\n"), /this takes the role operate, and .* has view/);
    await daemon.log("audit", { name: "signal" });
    await does("carol", 1, "set", "backend", "one", "disable", "--yes");

    const day: readonly Told[] = [
      ["carol", "operate", "Operate", "pause backend one", "OK"],
      ["carol", "operate", "Operate", "resume backend one", "OK"],
      ["carol", "operate", "Operate", weighed, "OK"],
      ["alice", "admin", "Operate", "drain backend two", "OK"],
      ["carol", "operate", "ReloadConfig", "configuration", "PermissionDenied"],
      ["alice", "admin", "ReloadConfig", "configuration", "OK"],
      ["signal", "admin", "ReloadConfig", "configuration", "OK"],
      ["carol", "view", "Operate", "disable backend one", "PermissionDenied"],
    ];
    await daemon.log("audit", { role: "view" });
    const logged = daemon.entries.filter(({ msg }) => msg === "audit");
    assert.deepEqual(logged.map(toldOf), day);
    const [, , weighing] = logged;
    assert.deepEqual([weighing?.before, weighing?.after], ["weight 100", "weight 50"]);
    const listed: readonly Listed[] = JSON.parse(
      await does("alice", 0, "show", "events", "kind", "audit", "--json"),
    );
    assert.deepEqual(
      listed.map(({ actor, audit }) => toldOf({ msg: "audit", ...audit, ...actor })),
      day,
    );

    // An authority that is taken away ends streams of its clients without being asked to.
    const last = maglevc("alice", "watch", "events", "--json").spawn();
    const [events, errors] = [new Lines(last.stdout), new Lines(last.stderr)];
    await events.find("an event", () => true);
    await trust("other-authority");
    await daemon.log("tls-reloaded", {}, 0, 60_000);
    await last.status;
    await Promise.all([events.ended, errors.ended]);
    assert.match(errors.seen.join("\n"), /is by no authority of --tls-client-ca any more/);
    assert.equal(
      await daemon.metric('maglev_tls_certificate_expiry_seconds{use="client_ca"}'),
      Date.UTC(2120, 0) / 1000,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const weighed = "weight backend one in pool primary of frontend www";

function weight(value: string): readonly string[] {
  return ["set", "frontend", "www", "pool", "primary", "backend", "one", "weight", value, "--yes"];
}
