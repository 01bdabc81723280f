import { readKernelFile } from "../../../lib/net/mod.ts";

/** CAP_SYS_NICE (capability.h). */
const sysNice = 23n;

/** Whether threads of this process may take a nice value below 0. */
export const mayComeFirst = (() => {
  const [, effective] = /^CapEff:\t(\w+)$/m.exec(readKernelFile("/proc/self/status")) ?? [];
  return (BigInt(`0x${effective}`) >> sysNice & 1n) === 1n;
})();

/** The nice values of this process's threads (proc(5), `/proc/pid/stat`), the least first. */
export function niceOfThreads(): number[] {
  const stats = [...Deno.readDirSync("/proc/self/task")]
    .map(({ name }) => Deno.readTextFileSync(`/proc/self/task/${name}/stat`));
  // After the name, which may hold anything, the state is the third field.
  return stats.map((stat) => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19 - 3]))
    .sort((a, b) => a - b);
}
