/** A maglevd that is attacked. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  readonly api: number;
  readonly metrics: number;
  /** Octets of its log so far. */
  readonly logged: () => number;
  /** The exit code once it has ended by itself. */
  readonly ended: () => number | undefined;
  /** The last lines of its log. */
  readonly tail: () => readonly string[];
  /** Backends that went down so far, by the log. */
  readonly downs: () => readonly string[];
}

/** Milliseconds for a start. */
const startMs = 60_000;

/** Lines of the log that are kept. */
const keptLines = 50;

/** Starts maglevd from source with `args`; `before` are words before the command. */
export async function startMaglevd(
  args: readonly string[],
  before: readonly string[] = [],
): Promise<Daemon> {
  const main = new URL("../../../main.ts", import.meta.url).pathname;
  const [program = "", ...rest] = [
    ...before,
    Deno.execPath(),
    ...["run", "-A", "--frozen", "--no-check", main],
    ...args,
  ];
  const child = new Deno.Command(program, {
    args: rest,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let logged = 0;
  let code: number | undefined;
  const tail: string[] = [];
  const downs: string[] = [];
  const ports = { api: 0, metrics: 0 };
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const read = async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) {
      logged += bytes.length;
      const lines = (text + decoder.decode(bytes, { stream: true })).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const [, name, port] = /"msg":"(api|metrics)-listening".*"addr":"[^"]*:(\d+)"/.exec(line) ??
          [];
        if (name === "api" || name === "metrics") ports[name] = Number(port);
        if (ports.api > 0 && ports.metrics > 0) resolve();
        if (line.includes('"msg":"backend-transition"') && line.includes('"to":"down"')) {
          downs.push(line);
        }
      }
      tail.push(...lines);
      tail.splice(0, Math.max(0, tail.length - keptLines));
    }
  };
  const reading = read();
  const status = child.status.then((status) => {
    code = status.code;
    reject(new Error(`maglevd ended with exit code ${status.code}: ${tail.join("\n")}`));
  });
  const timer = setTimeout(() => reject(new Error("maglevd did not start")), startMs);
  const daemon: Daemon = {
    pid: child.pid,
    get api() {
      return ports.api;
    },
    get metrics() {
      return ports.metrics;
    },
    logged: () => logged,
    ended: () => code,
    tail: () => tail,
    downs: () => downs,
    async [Symbol.asyncDispose]() {
      if (code === undefined) child.kill("SIGKILL");
      await Promise.all([status, reading]);
    },
  };
  try {
    await ready;
    return daemon;
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
