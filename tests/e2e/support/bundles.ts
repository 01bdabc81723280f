import { root } from "./places.ts";
import { runtimeLocked } from "../../../tools/programs.ts";

/** The programs as one file each, as they are shipped. */
export interface Bundles extends AsyncDisposable {
  readonly maglevd: string;
  readonly maglevc: string;
  readonly frontend: string;
}

/** Where the gate has made them for all rooms. */
const made = Deno.env.get("MAGLEV_BUNDLES");

/** Those of the gate, or else new ones in a folder of their own. */
export async function makeBundles(): Promise<Bundles> {
  if (made !== undefined) return bundlesIn(`${made}/portable`, () => Promise.resolve());
  const folder = await Deno.makeTempDir({ prefix: "maglev-e2e-" });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...runtimeLocked, `${root}tools/bundle.ts`, folder],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return bundlesIn(folder, () => Deno.remove(folder, { recursive: true }));
}

function bundlesIn(folder: string, dispose: () => Promise<void>): Bundles {
  return {
    maglevd: `${folder}/maglevd.js`,
    maglevc: `${folder}/maglevc.js`,
    frontend: `${folder}/maglevd-frontend.js`,
    [Symbol.asyncDispose]: dispose,
  };
}
