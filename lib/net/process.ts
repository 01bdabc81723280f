import { O_CLOEXEC, PRIO_PROCESS } from "./constants.ts";
import { NetError } from "./errno.ts";
import { owned } from "./fd.ts";
import { addressOf, cString, errno, libc } from "./libc.ts";

/** The arguments that this process was started with, the runtime's own included (proc(5)). Throws
 * {@link NetError}. */
export function processArguments(): string[] {
  return readKernelFile("/proc/self/cmdline").split("\0").slice(0, -1);
}

/**
 * The text of a file of /proc. Read by system calls: the runtime lets nobody read there who may not
 * do everything (`--allow-all`), which what is shipped may not. Throws {@link NetError}.
 */
export function readKernelFile(path: string): string {
  const action = `read ${path}`;
  using file = owned(action, libc.open(cString(path), O_CLOEXEC, 0));
  const decoder = new TextDecoder();
  const part = new Uint8Array(4096);
  let text = "";
  for (;;) {
    const length = libc.read(file.number, part, BigInt(part.length));
    if (length < 0) throw new NetError(action, errno());
    if (length === 0) return text;
    text += decoder.decode(part.subarray(0, length), { stream: true });
  }
}

/** How many descriptors this process has open. Throws {@link NetError}. */
export function countDescriptors(): number {
  const path = "/proc/self/fd";
  const directory = libc.opendir(cString(path));
  if (!directory) throw new NetError(`read ${path}`, errno());
  // Not counted: itself, and the two entries that every directory has.
  let count = -3;
  while (libc.readdir(directory)) count++;
  libc.closedir(directory);
  return count;
}

/**
 * Replaces this process by the program at `path`: same process id, same open standard streams,
 * nothing else of it stays. `args` begins with the program's name. Does not return; what it throws is
 * the {@link NetError} for which nothing was replaced.
 */
export function replaceProcess(
  path: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): never {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const [argv, envp] = [args, variables].map((each) => each.map(cString));
  libc.execve(cString(path), pointers(argv ?? []), pointers(envp ?? []));
  throw new NetError(`start ${path} anew`, errno());
}

/**
 * Sends another process a signal by its number; 0 only asks whether it is there. By a system call:
 * the runtime asks for `--allow-run` for it. Throws {@link NetError}.
 */
export function signalProcess(pid: number, signal: number): void {
  if (libc.kill(pid, signal) !== 0) throw new NetError(`signal process ${pid}`, errno());
}

/** Of signal(7), as on all architectures that there are programs for. */
const SIGUSR1 = 10;
const SIG_IGN = 1n;

/**
 * Has SIGUSR1 ignored from now on, at which the runtime opens its debugger on a port of the loopback
 * interface: all users of this machine find it there, and could do whatever this process may.
 */
export function refuseDebugger(): void {
  libc.signal(SIGUSR1, SIG_IGN);
}

/**
 * Sets this thread's nice value, from -20, which comes first, to 19; other threads keep theirs
 * (setpriority(2), "C library/kernel differences"). Less than it was needs CAP_SYS_NICE or RLIMIT_NICE.
 * Throws {@link NetError}.
 */
export function setThreadNice(nice: number): void {
  const thisThread = 0;
  if (libc.setpriority(PRIO_PROCESS, thisThread, nice) === 0) return;
  throw new NetError(`set the nice value of a thread to ${nice}`, errno());
}

/** An array of `char *` that ends with NULL. The strings have to outlive it. */
function pointers(strings: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const array = new BigUint64Array(strings.length + 1);
  for (const [i, string] of strings.entries()) array[i] = addressOf(string);
  return new Uint8Array(array.buffer);
}
