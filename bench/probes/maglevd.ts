import type { Namespace } from "../../tests/net/namespaces.ts";
import type { Load, Measured } from "./load.ts";

/** Checks before the measurement, after which V8 has compiled what it will compile. */
const warmUpChecks = 100_000;

/** Runs `checker.ts` in a process of its own inside the namespace, as maglevd would. */
export async function measureOurs(
  namespace: Namespace,
  load: Load,
  seconds: number,
): Promise<Measured> {
  const script = new URL("checker.ts", import.meta.url).pathname;
  const options = JSON.stringify({ load, seconds, warmUpChecks });
  const child = namespace.command(Deno.execPath(), ["run", "-A", "--no-check", script, options], {
    stderr: "inherit",
  });
  const { stdout, success } = await child.output();
  if (!success) throw new Error("the measured process failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}
