/** How a child ended, and all it printed (standard output and error together, in order of arrival). */
export interface Finished {
  readonly ok: boolean;
  readonly output: string;
}

/**
 * Runs this same Deno with `args`; PATH need not have one. A child that outlives `limitMs` is
 * killed and counts as failed. `env` is added to what this process has.
 */
export async function runDeno(
  args: readonly string[],
  limitMs = 120_000,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  let late = false;
  const alarm = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, limitMs);
  const [status] = await Promise.all([
    child.status,
    collect(child.stdout, lines),
    collect(child.stderr, lines),
  ]);
  clearTimeout(alarm);
  if (late) lines.push(`\nkilled: not done after ${limitMs / 1000} s\n`);
  // A child that is killed says nothing itself: memory may have run out.
  else if (status.signal) lines.push(`\nended by ${status.signal}\n`);
  return { ok: status.success && !late, output: lines.join("") };
}

async function collect(stream: ReadableStream<Uint8Array>, into: string[]): Promise<void> {
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) into.push(chunk);
}

/** Runs `jobs` with at most `width` at a time; results come in the order of the jobs. */
export async function pooled<T>(jobs: readonly (() => Promise<T>)[], width: number): Promise<T[]> {
  const results: T[] = new Array(jobs.length);
  const queue = jobs.entries();
  const worker = async () => {
    for (const [index, job] of queue) results[index] = await job();
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker));
  return results;
}
