import { Lines } from "../../e2e/support/process.ts";
import { root } from "./pages.ts";

/** One series of an answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A running Prometheus with our rules, which scrapes five times a second. */
export interface Prometheus extends AsyncDisposable {
  /** The answer to an expression now. Throws what Prometheus complains of. */
  query(expression: string): Promise<Sample[]>;
  /** The data of any other endpoint below /api/v1/. */
  get(path: string): Promise<unknown>;
}

/** Starts it on a loopback port of its own and waits until it serves. */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.adopt(
    await Deno.makeTempDir({ prefix: "prometheus-" }),
    (path) => Deno.remove(path, { recursive: true }),
  );
  await Deno.writeTextFile(`${folder}/prometheus.yml`, configuration(targets));
  const child = new Deno.Command("prometheus", {
    args: [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      "--web.listen-address=127.0.0.1:0",
      "--log.level=info",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = new Lines(child.stderr);
  parts.defer(async () => {
    child.kill("SIGKILL");
    await Promise.all([child.status, lines.ended]);
  });
  const line = await lines.find("port of Prometheus", (text) => text.includes('"Listening on"'));
  const address = line.match(/address=(127\.0\.0\.1:\d+)/)?.[1];
  await lines.find("ready Prometheus", (text) => text.includes("ready to receive web requests"));
  const get = async (path: string) => {
    const response = await fetch(`http://${address}/api/v1/${path}`);
    const { status, data, error } = await response.json();
    if (status !== "success") throw new Error(`${path}: ${error}`);
    return data;
  };
  const own = parts.move();
  return {
    get,
    query: async (expression) => {
      const data = await get(`query?${new URLSearchParams({ query: expression })}`);
      return (data as { result: Sample[] }).result;
    },
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

function configuration(targets: readonly string[]): string {
  return JSON.stringify({
    global: { scrape_interval: "200ms", scrape_timeout: "200ms", evaluation_interval: "500ms" },
    rule_files: [`${root}packaging/prometheus/maglev.rules.yaml`],
    scrape_configs: [{ job_name: "maglevd", static_configs: [{ targets }] }],
  });
}
