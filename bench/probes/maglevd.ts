import type { Namespace } from "../../tests/net/namespaces.ts";
import { checksBegun, measureCost, pause } from "./cost.ts";
import { backendAddress, type Load, type Measured, slowPort } from "./load.ts";

/** Checks before the measurement, after which V8 has compiled what it will compile. */
const warmUpChecks = 100_000;
/** Checks per second meanwhile. */
const warmUpRate = 8000;
/** From the change to the measured rate to the measurement. */
const settlingMs = 3000;

const program = new URL("../../main.ts", import.meta.url).pathname;

/** maglevd's configuration for a load, with `intervalMs` between two checks of a backend. */
function configuration({ type, backends }: Load, intervalMs: number): string {
  const interval = `${intervalMs}ms`;
  const timeout = type === "slow" ? "15ms" : "2s";
  const kind = type === "icmp"
    ? "type: icmp"
    : type === "tcp"
    ? "type: tcp, port: 80"
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
  const write = (ms: number) => Deno.writeTextFile(config, configuration(load, ms));
  await write(Math.min(load.intervalMs, 1000 * load.backends / warmUpRate));
  const child = namespace.command(Deno.execPath(), [
    ...["run", "-A", "--no-check", program, "--config", config, "--vpp-api-addr", ""],
    ...["--grpc-addr", "127.0.0.1:9090", "--metrics-addr", "127.0.0.1:9091", "--state-dir", ""],
    ...["--log-level", "error"],
  ], { stdout: "inherit", stderr: "inherit" }).spawn();
  try {
    const begun = await checksBegun(namespace, load.type);
    while (await checksBegun(namespace, load.type) < begun + warmUpChecks) await pause(100);
    await write(load.intervalMs);
    child.kill("SIGHUP");
    await pause(settlingMs);
    const before = await failures(namespace);
    await pause(settlingMs);
    const cost = await measureCost(namespace, child.pid, load.type, seconds);
    return { ...cost, failures: await failures(namespace) - before };
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/** Checks that failed so far. */
async function failures(namespace: Namespace): Promise<number> {
  const args = ["-s", "http://127.0.0.1:9091/metrics"];
  const { stdout } = await namespace.command("curl", args).output();
  let sum = 0;
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    if (!line.startsWith("maglev_probe_total{") || !line.includes('result="failure"')) continue;
    sum += Number(line.slice(line.lastIndexOf(" ")));
  }
  return sum;
}
