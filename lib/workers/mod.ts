/**
 * Threads beside the main one: how a room starts its worker, and how the worker's half of it knows
 * that it is there. Both halves are in the same bundle.
 *
 * @example Only in a worker of that name is anything served
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * let served = false;
 * serveAs("example", () => served = true);
 * equal(served, false);
 * ```
 *
 * @module
 */

/** What a worker's own module sees of the thread that it runs on. */
export interface WorkerScope<Asked, Answer> {
  onmessage: ((event: MessageEvent<Asked>) => void) | null;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
}

/** The file that this program was started from, once it is held. */
let program: Deno.FsFile | undefined;

/**
 * Holds on to the code of this program, if that is a bundle, for as long as it runs. An upgrade may
 * put another version into its place, whose threads would not understand this one.
 */
export function holdProgram(): void {
  program = Deno.openSync(new URL(import.meta.url));
}

/**
 * Starts a worker of this name that imports `module`, whose `serveAs` of the same name then runs.
 *
 * It does so by a module of one import. Through that the server's module is never the worker's main
 * module, so `import.meta.main` stays false in it: in a bundle, where the server's module is the
 * whole program, that is what keeps a second daemon from starting.
 */
export function startWorker(module: string, name: string): Worker {
  // In a bundle every module is this one.
  const held = module === import.meta.url ? heldCode() : undefined;
  const code = encodeURIComponent(`import ${JSON.stringify(held ?? module)};`);
  return new Worker(`data:text/javascript,${code}`, { type: "module", name });
}

/** Where the code that is held can be had; undefined while its file is still in its place. */
function heldCode(): string | undefined {
  if (!program || isInPlace(program)) return undefined;
  program.seekSync(0, Deno.SeekMode.Start);
  const octets = new Uint8Array(program.statSync().size);
  for (let at = 0; at < octets.length;) at += program.readSync(octets.subarray(at)) ?? Infinity;
  // Deno's bundles have createRequire(import.meta.url), which takes nothing but files.
  const code = new TextDecoder().decode(octets)
    .replaceAll(/import\.meta\.url/g, JSON.stringify(import.meta.url));
  return URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
}

function isInPlace(held: Deno.FsFile): boolean {
  try {
    return Deno.statSync(new URL(import.meta.url)).ino === held.statSync().ino;
  } catch {
    // Whatever is there, if anything, is not this.
    return false;
  }
}

/** Does nothing, except in a worker of this name: there it serves. */
export function serveAs<Asked, Answer>(
  name: string,
  serve: (scope: WorkerScope<Asked, Answer>) => void,
): void {
  const scope = globalThis as unknown as WorkerScope<Asked, Answer> & { readonly name?: unknown };
  if (scope.name === name && "WorkerGlobalScope" in globalThis) serve(scope);
}
