import assert from "node:assert/strict";
import { accessByRules } from "../../lib/access/mod.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { type MetricsServer, serveMetrics } from "../../lib/metrics/mod.ts";
import { Budgets, readGate } from "../../lib/port/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { testSupervisor, uncounted } from "../port/support/listening.ts";
import { certFile, serverIdentity, textOf } from "../support/certificates.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { newToken } from "../support/tokens.ts";

const [known, other] = [newToken(), newToken()];
const rules = rulesOf(`auth:
  metrics: view
  tokens: [{ name: prometheus, role: view, sha256: ${known.sha256} }]
`);

/** Metrics over TLS for those who may read; `isAsked` tells whether that is asked. */
async function served(isAsked: () => boolean = () => true): Promise<MetricsServer> {
  const access = accessByRules(() => rules);
  return serveMetrics({
    address: { hostname: "127.0.0.1", port: 0 },
    tls: { identity: await serverIdentity() },
    gate: readGate(() => isAsked() ? access : undefined, systemClock),
    metrics: {
      async *scrape() {
        yield await Promise.resolve(new TextEncoder().encode("# TYPE a gauge\na 1\n"));
      },
    },
    connections: uncounted,
    budgets: new Budgets(silentLogger, systemClock),
    supervisor: testSupervisor(silentLogger),
    clock: systemClock,
    log: silentLogger,
  });
}

Deno.test("metrics are for whoever may read, if that is asked, and never without TLS", async () => {
  let isAsked = true;
  const server = await served(() => isAsked);
  try {
    using client = Deno.createHttpClient({ caCerts: [textOf(certFile("authority"))] });
    const ask = async (token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const url = `https://localhost:${server.port}/metrics`;
      const response = await fetch(url, { client, headers });
      return [response.status, response.headers.get("www-authenticate"), await response.text()];
    };
    assert.deepEqual(await ask(known.token), [200, null, "# TYPE a gauge\na 1\n"]);
    const refused = await ask();
    assert.deepEqual(refused.slice(0, 2), [401, "Bearer"]);
    assert.match(String(refused[2]), /^this takes the role view, and 127\.0\.0\.1 is not known: /);
    const [status, , text] = await ask(other.token);
    assert.equal(status, 401);
    assert.ok(!String(text).includes(other.token));
    isAsked = false;
    assert.equal((await ask())[0], 200);
    const plain = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    assert.equal(plain.status, 400);
    assert.match(await plain.text(), /this port speaks TLS/);
  } finally {
    await server.close();
  }
});

/** A running Prometheus, and where it answers. */
async function prometheus(folder: string) {
  const child = new Deno.Command("prometheus", {
    args: [
      ...[`--config.file=${folder}/prometheus.yaml`, `--storage.tsdb.path=${folder}/data`],
      "--web.listen-address=127.0.0.1:0",
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = "";
  let address: string | undefined;
  // It names the port that it was given in a log record.
  while (address === undefined) {
    const { done, value } = await lines.next();
    if (done) throw new Error(`prometheus ended: ${text}`);
    text += value;
    address = /msg="Listening on" address=(\S+)/.exec(text)?.[1];
  }
  const drained = (async () => {
    while (!(await lines.next()).done);
  })();
  return {
    address,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.all([child.status, drained]);
    },
  };
}

Deno.test({
  ...needing(havePrograms("prometheus"), "prometheus", "Prometheus scrapes over TLS with a token"),
  async fn() {
    const server = await served();
    const folder = await Deno.makeTempDir({ prefix: "maglev-prometheus-" });
    try {
      await Deno.writeTextFile(`${folder}/token`, known.token);
      const job = (name: string, authorization: string) => `
  - job_name: ${name}
    scheme: https
    tls_config: { ca_file: ${certFile("authority")} }${authorization}
    static_configs: [{ targets: ["localhost:${server.port}"] }]`;
      await Deno.writeTextFile(
        `${folder}/prometheus.yaml`,
        `global: { scrape_interval: 1s }
scrape_configs:${job("known", `\n    authorization: { credentials_file: ${folder}/token }`)}${
          job("stranger", "")
        }
`,
      );
      await using running = await prometheus(folder);
      const up = async (name: string): Promise<unknown> => {
        const url = `http://${running.address}/api/v1/query?query=up{job="${name}"}`;
        const response = await fetch(url);
        const text = await response.text();
        // It answers other things before it has started.
        return response.ok ? JSON.parse(text).data?.result?.[0]?.value?.[1] : undefined;
      };
      const told = async (name: string) => {
        for (;;) {
          const value = await up(name);
          if (value !== undefined) return value;
        }
      };
      assert.deepEqual([await told("known"), await told("stranger")], ["1", "0"]);
    } finally {
      await server.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
