/**
 * The portable executables: size, first start (unpacks) and later starts, wall milliseconds.
 *
 * `deno task bench executables [RUNS]` builds them into a temporary folder first.
 */

const root = new URL("..", import.meta.url).pathname;
const runs = Number(Deno.args[0] ?? 5);
const out = await Deno.makeTempDir();

async function run(program: string, args: string[], env: Record<string, string>): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(program, { args, env }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  return performance.now() - start;
}

function describe(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (i: number) => String(Math.round(sorted[i] ?? NaN)).padStart(5);
  return `min ${at(0)}  median ${at(Math.floor(sorted.length / 2))}  max ${at(sorted.length - 1)}`;
}

try {
  await run(
    Deno.execPath(),
    ["run", "-A", `${root}tools/compile.ts`, "--out", out],
    {},
  );
  for (const name of ["maglevd", "maglevc"]) {
    const first: number[] = [];
    const later: number[] = [];
    for (let i = 0; i < runs; i++) {
      const cache = await Deno.makeTempDir();
      const start = () => run(`${out}/${name}`, ["--version"], { MAGLEV_CACHE_DIR: cache });
      first.push(await start());
      for (let j = 0; j < 4; j++) later.push(await start());
      await Deno.remove(cache, { recursive: true });
    }
    const { size } = await Deno.stat(`${out}/${name}`);
    console.log(`${name}  ${(size / 1e6).toFixed(1)} MB`);
    console.log(`  first start  ${describe(first)}`);
    console.log(`  later start  ${describe(later)}`);
  }
} finally {
  await Deno.remove(out, { recursive: true });
}
