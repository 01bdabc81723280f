/**
 * Start-up of maglevc: wall time of one-shot commands from source and from the bundle, beside that
 * of Deno doing nothing, in alternating runs.
 *
 * `deno task bench cli [RUNS]`; wants `deno task bundle` first, else it measures the source only.
 */

const root = new URL("..", import.meta.url).pathname;
const runs = Number(Deno.args[0] ?? 15);

interface Candidate {
  readonly name: string;
  readonly args: readonly string[];
  readonly times: number[];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}

async function timeOnce(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`deno ${args.join(" ")} failed`);
  return performance.now() - start;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

const server = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", `${root}tests/cli/support/server.ts`],
  stdout: "piped",
  stderr: "null",
}).spawn();
const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
const address = `127.0.0.1:${Number((await reader.read()).value)}`;
const nothing = await Deno.makeTempFile({ suffix: ".js" });

const candidates: Candidate[] = [{
  name: "deno, an empty file",
  args: ["run", nothing],
  times: [],
}];
for (const [name, file] of [["source", `${root}cli.ts`], ["bundle", `${root}dist/maglevc.js`]]) {
  if (!file || !await exists(file)) continue;
  for (const words of ["show version", "show backends"]) {
    const args = ["run", "-A", file, "--server", address, ...words.split(" ")];
    candidates.push({ name: `${name}, ${words}`, args, times: [] });
  }
}
for (let run = -1; run < runs; run++) {
  for (const { args, times } of candidates) {
    const time = await timeOnce(args);
    if (run >= 0) times.push(time);
  }
}
const base = median(candidates[0]?.times ?? []);
console.log(`${runs} alternating runs, wall milliseconds`);
for (const { name, times } of candidates) {
  const middle = median(times);
  console.log(
    `${name.padEnd(24)} min ${Math.min(...times).toFixed(0).padStart(4)}  median ` +
      `${middle.toFixed(0).padStart(4)}  ${(middle / base).toFixed(1)} x deno`,
  );
}
await Deno.remove(nothing);
server.kill();
await server.status;
Deno.exit();
