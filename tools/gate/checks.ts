import { runDeno } from "./process.ts";
import type { Finished } from "./process.ts";
import { houseFaults } from "./house.ts";
import { docFaults } from "./doc_lint.ts";
import { locked, runtimeLocked } from "../programs.ts";

/** One thing the gate looks at besides the tests; it counts as one in the verdict. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<Finished>;
  /** Whether what it prints is shown though nothing failed. */
  readonly tells?: boolean;
}

/** Makes the programs as one file each and as one for all, for the tests that start what is shipped. */
export function bundles(folder: string): Check {
  const args = [...runtimeLocked, "tools/compile.ts", "--out", `${folder}/portable`];
  return { name: "bundles", run: () => runDeno(["run", "-A", ...args]) };
}

/** Types take a minute, of the tree and of mutants, and more beside the rest on a busy machine. */
const hungMs = 240_000;

/** The checks that need no order among themselves. */
export const checks: readonly Check[] = [
  { name: "types", run: () => runDeno(["check", ...locked, "--quiet"], hungMs) },
  { name: "format", run: () => runDeno(["fmt", "--check"]) },
  { name: "lint", run: () => runDeno(["lint"]) },
  { name: "doc comments", run: docLint },
  { name: "house rules", run: async () => judged(await houseFaults(".")) },
  { name: "mutation sample", run: () => runDeno([...mutate, "--gate"], hungMs), tells: true },
  fresh("lib/gen matches proto/", "tools/proto.ts"),
  fresh("lib/gen/vpp.ts matches VPP's API files", "tools/binapi.ts"),
  fresh("docs/maglev.schema.json matches lib/config", "tools/schema.ts"),
  fresh("docs/man matches flags, commands and lib/config", "tools/man.ts"),
  fresh("runtime.lock matches the programs", "tools/lock.ts"),
  fresh("docs/metrics.md matches lib/metrics", "tools/docs.ts"),
];

const mutate = ["run", "-A", ...locked, "tools/mutate.ts"];

/** Each generator understands `--check`: writes nothing, exits 1 and names what is stale. */
function fresh(name: string, tool: string): Check {
  return { name, run: () => runDeno(["run", "-A", ...locked, tool, "--check"]) };
}

async function docLint(): Promise<Finished> {
  const doors = [];
  for await (const room of Deno.readDir("lib")) {
    const door = `lib/${room.name}/mod.ts`;
    if (await exists(door)) doors.push(door);
  }
  const generated = ["lib/gen/maglev_pb.ts", "lib/gen/vpp.ts"];
  const { ok, output } = await runDeno(["doc", "--lint", ...generated, ...doors.sort()]);
  const faults = docFaults(output);
  return ok || (faults.length === 0 && output.includes("documentation lint error"))
    ? judged(faults)
    : { ok: false, output: faults.join("\n\n") || output };
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

function judged(faults: readonly string[]): Finished {
  return { ok: faults.length === 0, output: faults.join("\n") };
}
