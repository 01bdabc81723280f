import { runDeno } from "../gate/process.ts";
import { isParsable, type Mutant, mutate } from "./mutants.ts";
import type { TreeCopy } from "./tree.ts";

/** Complaints about what is left over; a mutant that leaves something over runs all the same. */
const harmless = new Set(["TS6133", "TS6192", "TS6196", "TS6198", "TS6199", "TS7027"]);

/** So many copies of modules are checked by one compiler. */
const batch = 400;

/**
 * Which of the mutants the compiler accepts. They stand in their folders beside the originals, all
 * at once, each under a name of its own, so that one run of the compiler judges hundreds.
 */
export async function compiling(copy: TreeCopy, mutants: readonly Mutant[]): Promise<Mutant[]> {
  const accepted: Mutant[] = [];
  for (let from = 0; from < mutants.length; from += batch) {
    accepted.push(...await checkBatch(copy, mutants.slice(from, from + batch)));
  }
  return accepted;
}

async function checkBatch(copy: TreeCopy, mutants: readonly Mutant[]): Promise<Mutant[]> {
  const controls = new Map<string, string>();
  const names = new Map<Mutant, string>();
  for (const [index, mutant] of mutants.entries()) {
    const { path } = mutant;
    const text = await copy.read(path);
    // One module that is no program would keep the compiler from looking at the others.
    if (!isParsable(text, mutant)) continue;
    if (!controls.has(path)) controls.set(path, await write(copy, path, "control", text));
    names.set(mutant, await write(copy, path, `mutant${index}`, mutate(text, mutant)));
  }
  const files = [...controls.values(), ...names.values()];
  const complaints = await check(copy, files);
  for (const name of files) await Deno.remove(`${copy.root}/${name}`);
  const of = (name = "") => complaints.get(name) ?? [];
  return mutants.filter((mutant) =>
    names.has(mutant) && !exceeds(of(names.get(mutant)), of(controls.get(mutant.path)))
  );
}

async function write(copy: TreeCopy, path: string, tag: string, text: string): Promise<string> {
  const name = path.replace(/\.ts$/, `.${tag}.ts`);
  await Deno.writeTextFile(`${copy.root}/${name}`, text);
  return name;
}

async function check(copy: TreeCopy, names: readonly string[]): Promise<Map<string, string[]>> {
  if (names.length === 0) return new Map();
  const files = names.map((name) => `${copy.root}/${name}`);
  const config = `${copy.root}/deno.json`;
  const locked = ["--frozen", `--lock=${copy.root}/deno.lock`];
  const args = ["check", "--quiet", ...locked, "--config", config, ...files];
  const { ok, output } = await runDeno(args, 600_000);
  if (!ok && !/^TS\d+ \[ERROR\]/m.test(output)) {
    throw new Error(`cannot check the mutants: ${output}`);
  }
  return complaintsIn(output, copy.root);
}

/**
 * Whether there is a complaint that the unchanged copy does not have as often. It may have some: a
 * class of the copy is not the class that the other modules know.
 */
function exceeds(own: readonly string[], control: readonly string[]): boolean {
  const left = [...control];
  return own.some((complaint) => {
    const index = left.indexOf(complaint);
    if (index < 0) return true;
    left.splice(index, 1);
    return false;
  });
}

/** The compiler's complaints that count, by file. */
export function complaintsIn(output: string, root: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const block of output.split(/\n\n+/)) {
    const [, code = "", message = ""] = block.match(/^(TS\d+) \[ERROR\]: ([^]*?)\n/m) ?? [];
    const [, url] = block.match(/^ +at (file:\/\/\S+?):\d+:\d+$/m) ?? [];
    if (code === "" || url === undefined || harmless.has(code)) continue;
    const path = new URL(url).pathname.slice(root.length + 1);
    const before = found.get(path);
    const complaint = `${code} ${message.replaceAll(/\.mutant\d+|\.control/g, "")}`;
    if (before) before.push(complaint);
    else found.set(path, [complaint]);
  }
  return found;
}
