import type { Namespace } from "../../tests/net/support/namespaces.ts";
import { measureCost, pause } from "./cost.ts";
import { backendAddress, type Load, type Measured, slowPort, tlsPort } from "./load.ts";

/** From the start of HAProxy to the measurement: it spreads its first checks over an interval. */
const warmUpMs = 4000;

function configuration(load: Load, socket: string): string {
  const isTls = load.type === "https";
  const httpLines = load.type === "http" || isTls
    ? [
      "  option httpchk",
      "  http-check send meth GET uri / ver HTTP/1.1 hdr Host 127.0.0.1 hdr User-Agent haproxy",
      "  http-check expect status 200",
    ]
    : [];
  // As maglevd does it: nothing is verified, no session is used again.
  const more = isTls ? "check-ssl verify none no-ssl-reuse" : "";
  const port = isTls ? tlsPort : 80;
  const servers = Array.from(
    { length: load.backends },
    (_, i) =>
      `  server s${i} ${backendAddress(i)}:${port} check inter ${load.intervalMs}ms ${more}`,
  );
  return [
    ...["global", "  nbthread 1", "  maxconn 100", `  stats socket ${socket}`],
    ...["defaults", "  timeout connect 2s", "  timeout server 2s", "  timeout check 2s"],
    ...["backend all", ...httpLines, ...servers, ""],
  ].join("\n");
}

/** HAProxy as the server that answers after 3 ms, on every address: it holds back nginx. */
export class SlowServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts it in the namespace. */
  static async start(namespace: Namespace): Promise<SlowServer> {
    const folder = await Deno.makeTempDir({ prefix: "mgl-slow-" });
    const text = [
      ...["global", "  nbthread 1", "  maxconn 4000", "defaults", "  mode tcp"],
      ...["  timeout connect 9s", "  timeout server 9s", "  timeout client 9s"],
      ...["frontend slow", `  bind 0.0.0.0:${slowPort} backlog 4096`],
      ...["  tcp-request inspect-delay 3ms", "  tcp-request content accept if WAIT_END"],
      ...["  default_backend quick", "backend quick", "  server nginx 127.0.0.1:80", ""],
    ].join("\n");
    await Deno.writeTextFile(`${folder}/haproxy.cfg`, text);
    const args = ["-db", "-q", "-f", `${folder}/haproxy.cfg`];
    const options = { stdout: "null", stderr: "null" } as const;
    return new SlowServer(namespace.command("haproxy", args, options).spawn(), folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Runs HAProxy with one thread and `load` as its health checks. */
export async function measureHaproxy(
  namespace: Namespace,
  load: Load,
  seconds: number,
): Promise<Measured> {
  const folder = await Deno.makeTempDir({ prefix: "mgl-haproxy-" });
  const socket = `${folder}/socket`;
  await Deno.writeTextFile(`${folder}/haproxy.cfg`, configuration(load, socket));
  const args = ["-db", "-q", "-f", `${folder}/haproxy.cfg`];
  const child = namespace.command("haproxy", args, { stdout: "null", stderr: "null" }).spawn();
  try {
    await pause(warmUpMs);
    const before = await failedChecks(socket);
    const cost = await measureCost(namespace, child.pid, load.type, seconds);
    return { ...cost, failures: await failedChecks(socket) - before };
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/** The sum of `chkfail` over all servers. */
async function failedChecks(path: string): Promise<number> {
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode("show stat\n"));
  const text = await new Response(connection.readable).text();
  const [header = "", ...rows] = text.trim().split("\n");
  const columns = header.split(",");
  const failures = columns.indexOf("chkfail");
  const name = columns.indexOf("svname");
  return rows.map((row) => row.split(","))
    .filter((row) => row[name]?.startsWith("s"))
    .reduce((sum, row) => sum + Number(row[failures]), 0);
}
