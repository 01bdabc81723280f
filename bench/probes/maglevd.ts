import type { Namespace } from "../../tests/net/support/namespaces.ts";
import { daemonEngine } from "../../tools/programs.ts";
import { checksBegun, measureCost, pause } from "./cost.ts";
import { backendAddress, type Load, type Measured, slowPort, tlsPort } from "./load.ts";

/** Checks before the measurement, after which V8 has compiled what it will compile, … */
const warmUpChecks = 100_000;
/** … or as many as come in so many milliseconds. */
const longestWarmUpMs = 60_000;
const program = new URL("../../main.ts", import.meta.url).pathname;

/** maglevd's configuration for a load. */
function configuration({ type, backends, intervalMs }: Load): string {
  const interval = `${intervalMs}ms`;
  const timeout = type === "slow" ? "15ms" : "2s";
  const kind = type === "icmp"
    ? "type: icmp"
    : type === "tcp"
    ? "type: tcp, port: 80"
    : type === "https"
    ? `type: https, port: ${tlsPort}, params: { path: /, insecure-skip-verify: true }`
    : `type: http, port: ${type === "slow" ? slowPort : 80}, params: { path: / }`;
  const names = Array.from({ length: backends }, (_, i) => i);
  return [
    "maglev:",
    "  healthchecks:",
    `    check: { ${kind}, interval: ${interval}, fast-interval: ${interval}, ` +
    `down-interval: ${interval}, timeout: ${timeout} }`,
    "  backends:",
    ...names.map((i) => `    b${i}: { address: ${backendAddress(i)}, healthcheck: check }`),
    "  frontends:",
    "    all:",
    "      { address: 192.0.2.1, protocol: tcp, port: 80, pools: [ { name: p, backends: {",
    ...names.map((i) => `        b${i}: {},`),
    "      } } ] }",
    "  vpp: { lb: { ipv4-src-address: 198.51.100.1, ipv6-src-address: '2001:db8::1' } }",
    "",
  ].join("\n");
}

/** Runs maglevd with its API and its metrics, and `load` as its health checks. */
export async function measureOurs(
  namespace: Namespace,
  load: Load,
  seconds: number,
): Promise<Measured> {
  const folder = await Deno.makeTempDir({ prefix: "mgl-bench-" });
  const config = `${folder}/maglev.yaml`;
  await Deno.writeTextFile(config, configuration(load));
  const child = namespace.command(Deno.execPath(), [
    ...[
      "run",
      "-A",
      "--no-check",
      ...daemonEngine,
      program,
      "--config",
      config,
      "--vpp-api-addr",
      "",
    ],
    ...["--grpc-addr", "127.0.0.1:9090", "--metrics-addr", "127.0.0.1:9091", "--state-dir", ""],
    ...["--log-level", "error"],
  ], { stdout: "inherit", stderr: "inherit" }).spawn();
  try {
    const enough = await checksBegun(namespace, load.type) + warmUpChecks;
    const end = performance.now() + longestWarmUpMs;
    while (await checksBegun(namespace, load.type) < enough && performance.now() < end) {
      await pause(100);
    }
    const before = await counted(namespace);
    // Until what the question has cost is over.
    await pause(3000);
    const cost = await measureCost(namespace, child.pid, load.type, seconds);
    const { failures, delayed, late } = await counted(namespace);
    const delays = { delayed: delayed - before.delayed, late: late - before.late };
    return { ...cost, failures: failures - before.failures, delays };
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

interface Counted {
  readonly failures: number;
  readonly delayed: number;
  readonly late: number;
}

/** Checks that failed, and that were late, so far. */
async function counted(namespace: Namespace): Promise<Counted> {
  const args = ["-s", "http://127.0.0.1:9091/metrics"];
  const { stdout } = await namespace.command("curl", args).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const sum = (name: string, label = "") =>
    lines.filter((line) => line.startsWith(name) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  return {
    failures: sum("maglev_probe_total{", 'result="failure"'),
    delayed: sum("maglev_probes_delayed_total "),
    late: sum("maglev_probes_late_total "),
  };
}
