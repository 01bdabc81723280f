import type { Namespace } from "../../tests/net/support/namespaces.ts";
import { residentBytes } from "../rpc/processes.ts";
import type { Load, Measured } from "./load.ts";

/** Clock ticks per second in /proc (USER_HZ, fixed at 100 on Linux). */
const ticksPerSecond = 100;

interface Sample {
  readonly user: number;
  readonly system: number;
  /** Checks begun in the namespace, where nobody else begins any. */
  readonly checks: number;
}

/** CPU that a process takes for a check, its threads included, and how many it makes. */
export async function measureCost(
  namespace: Namespace,
  pid: number,
  type: Load["type"],
  seconds: number,
): Promise<Omit<Measured, "failures" | "late">> {
  const before = await sample(namespace, pid, type);
  const start = performance.now();
  await pause(seconds * 1000);
  const after = await sample(namespace, pid, type);
  const checks = after.checks - before.checks;
  const cpu = (from: number, to: number) => (to - from) / ticksPerSecond * 1e6 / checks;
  return {
    rate: checks / (performance.now() - start) * 1000,
    user: cpu(before.user, after.user),
    system: cpu(before.system, after.system),
    resident: residentBytes(pid) / 1e6,
  };
}

/** Checks that were begun in a namespace since that was made. */
export async function checksBegun(namespace: Namespace, type: Load["type"]): Promise<number> {
  const { stdout } = await namespace.command("cat", ["/proc/net/snmp"]).output();
  const snmp = new TextDecoder().decode(stdout);
  const [protocol, field] = type === "icmp" ? ["Icmp:", "OutEchos"] : ["Tcp:", "ActiveOpens"];
  const [names = "", values = ""] = snmp.split("\n").filter((line) => line.startsWith(protocol));
  return Number(values.split(" ")[names.split(" ").indexOf(field)]);
}

async function sample(
  namespace: Namespace,
  pid: number,
  type: Load["type"],
): Promise<Sample> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const checks = await checksBegun(namespace, type);
  return { user: Number(fields[11]), system: Number(fields[12]), checks };
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
