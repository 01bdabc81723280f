/** A source file longer than this is two rooms in one. */
const maxLines = 400;

/** Breaches of the house rules that the compiler cannot see, one sentence each. */
export async function houseFaults(root: string): Promise<string[]> {
  const faults: string[] = [];
  for (const path of await sources(root)) {
    faults.push(...fileFaults(path, await Deno.readTextFile(`${root}/${path}`)));
  }
  return faults.sort();
}

/** The faults of one file, `path` relative to the root of the tree. Pure. */
export function fileFaults(path: string, text: string): string[] {
  const faults: string[] = [];
  const lines = text.split("\n").length - 1;
  if (lines > maxLines) faults.push(`${path}: ${lines} lines, more than ${maxLines}`);
  const room = roomOf(path);
  if (room) {
    for (const line of emptyCatches(text)) {
      faults.push(`${path}:${line}: an empty catch`);
    }
  }
  for (const [, target = ""] of text.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g)) {
    const resolved = resolve(path, target);
    const other = roomOf(resolved);
    if (other && other !== room && other !== "gen" && !mayEnter(path, other, resolved)) {
      faults.push(`${path}: imports ${resolved}, past the door lib/${other}/mod.ts`);
    }
  }
  return faults;
}

/**
 * The lines at which failures vanish: a catch that does nothing with them, said in a comment or
 * not. Whoever only waits for the end of something, whatever becomes of it, says so by
 * Promise.allSettled.
 */
function emptyCatches(text: string): number[] {
  const bare = text.replaceAll(/(^|\s)\/\/[^\n]*/g, "$1");
  const catches = /\bcatch\s*(?:\([^()]*\)\s*)?\{\s*\}|\.catch\(\s*(?:\w+|\(\w*\))\s*=>\s*\{\s*\}/g;
  return Array.from(bare.matchAll(catches), ({ index }) => bare.slice(0, index).split("\n").length);
}

/** maglevc starts in milliseconds, and a page loads as fast, because they load only what they need. */
const sideDoors = new Set([
  "cli.ts lib/cli/run.ts",
  "lib/web/page/words.ts lib/cli/format.ts",
]);

/** Tests and benchmarks may look inside rooms; code may not. */
function mayEnter(path: string, room: string, target: string): boolean {
  const isCode = path.startsWith("lib/") || !path.includes("/");
  return !isCode || target === `lib/${room}/mod.ts` || sideDoors.has(`${path} ${target}`);
}

function roomOf(path: string): string | undefined {
  return path.match(/^lib\/([^/]+)\//)?.[1];
}

function resolve(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1);
}

async function sources(root: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string) => {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory && !skipped.has(path) && !entry.name.startsWith(".")) await walk(path);
      else if (entry.isFile && path.endsWith(".ts")) found.push(path);
    }
  };
  await walk("");
  return found;
}

const skipped = new Set(["dist", "node_modules", "lib/gen", "coverage"]);
