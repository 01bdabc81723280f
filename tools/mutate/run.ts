import type { TreeCopy } from "./tree.ts";

/** How long tests may take, in milliseconds. */
export interface Limits {
  /** All of them together. */
  readonly totalMs: number;
  /** Without a word: about the longest test. */
  readonly silentMs: number;
}

/** How a run of tests ended. */
export type Outcome =
  | { readonly kind: "passed" }
  /** `by` names the test, or what was said in its place. */
  | { readonly kind: "failed"; readonly by: string; readonly output: string }
  /** A limit was reached, and everything that ran was killed. */
  | { readonly kind: "late"; readonly limit: keyof Limits };

/**
 * KiB that each process of a run may map writable, so that an endless loop takes itself down and
 * nothing else. One of a test's peers has 500 threads, each with a stack of 8 MiB.
 */
const memoryKiB = 8_000_000;

/**
 * Runs test files of a copy in their order, up to the first failure. Whatever the tests start
 * belongs to their process group; it ends with them, and when `signal` aborts.
 */
export async function runTests(
  copy: TreeCopy,
  files: readonly string[],
  limits: Limits,
  signal: AbortSignal,
  flags: readonly string[] = ["--fail-fast"],
): Promise<Outcome> {
  const locked = ["--frozen", "--lock=deno.lock"];
  const how = ["test", "-A", ...locked, "--no-check", ...flags];
  const deno = [Deno.execPath(), ...how, ...files];
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -d ${memoryKiB}; ulimit -c 0; exec "$@"`, "sh", ...deno],
    cwd: copy.root,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", TMPDIR: copy.temporary },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  let late: keyof Limits | undefined;
  const end = (why?: keyof Limits) => {
    late ??= why;
    killGroup(child.pid);
  };
  const total = setTimeout(end, limits.totalMs, "totalMs");
  let silence = setTimeout(end, limits.silentMs, "silentMs");
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(end, limits.silentMs, "silentMs");
  };
  const abort = () => end();
  signal.addEventListener("abort", abort);
  const texts = [child.stdout, child.stderr].map((stream) => collect(stream, heard));
  const status = await child.status;
  // What a test started in the background would otherwise keep the pipes open, and stay.
  killGroup(child.pid);
  const output = (await Promise.all(texts)).join("");
  clearTimeout(total);
  clearTimeout(silence);
  signal.removeEventListener("abort", abort);
  signal.throwIfAborted();
  if (!status.success) await removeNamespaces(child.pid);
  await copy.clearTemporary();
  if (late) return { kind: "late", limit: late };
  return status.success ? { kind: "passed" } : { kind: "failed", by: failureIn(output), output };
}

function killGroup(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch (error) {
    // Nobody of the group is left.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function collect(stream: ReadableStream<Uint8Array>, heard: () => void): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    heard();
    // A mutant may print for ever; the summary stands at the end.
    text = (text + chunk).slice(-maxOutput);
  }
  return text;
}

const maxOutput = 1_000_000;

/** What `deno test` names as the first failure. */
export function failureIn(output: string): string {
  const test = output.match(/^(.+) => (\.\/\S+?):\d+:\d+$/m);
  if (test) return `${test[2]?.slice(2)}: ${test[1]}`;
  const module = output.match(/^(\.\/\S+) \(uncaught error\)/m)?.[1];
  if (module) return `${module.slice(2)}: uncaught error`;
  return output.match(/^error: .*$/m)?.[0] ?? output.trim().split("\n").at(-1) ?? "";
}

/** Tests name their network namespaces after their process, and killed ones leave them behind. */
async function removeNamespaces(pid: number): Promise<void> {
  for (const name of await namespaces()) {
    if (!name.split("-").includes(String(pid))) continue;
    await new Deno.Command("ip", { args: ["netns", "del", name], stderr: "null" }).output();
  }
}

async function namespaces(): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir("/run/netns")) names.push(name);
  } catch (error) {
    // There has never been a namespace, or no right to see them.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}
