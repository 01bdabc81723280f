/** Running built files as on another machine: without Deno, npm or network. */

const decoder = new TextDecoder();

/** What a command left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command with nothing in its environment but what is given. */
export async function bare(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...environment },
    stdin: "null",
  }).output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Whether namespaces and overlays can be made: these tests need root. */
export const canSandbox = Deno.uid() === 0 &&
  (await bare("unshare", ["-m", "-n", "true"]).catch(() => undefined))?.code === 0;

/**
 * Runs a shell script as root of a copy of this machine: an overlay whose changes vanish with it,
 * without a network. `shared` folders are the real ones. The node tool chain is hidden.
 */
export async function onThrowAwayMachine(
  script: string,
  shared: readonly string[],
): Promise<Finished> {
  const folder = await Deno.makeTempDir();
  try {
    const binds = shared.map((path) => `mkdir -p $m${path}; mount --bind ${path} $m${path}`);
    const setup = [
      "set -e",
      `mount -t tmpfs tmpfs ${folder}`,
      `m=${folder}/m; mkdir ${folder}/u ${folder}/w $m`,
      `mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/u,workdir=${folder}/w $m`,
      "mount --bind /dev $m/dev; mount -t proc proc $m/proc; mount -t tmpfs tmpfs $m/tmp",
      "mount -t tmpfs tmpfs $m/run",
      // Covered, not removed: others may be writing into the caches at the same moment.
      "for d in usr/lib/node_modules root/.cache root/.npm; do mkdir -p $m/$d; " +
      "mount -t tmpfs tmpfs $m/$d; done",
      "rm -f $m/usr/bin/node $m/usr/bin/npm $m/usr/bin/npx $m/usr/bin/deno",
      "ip link set lo up",
      ...binds,
      `exec chroot $m sh -eu -c "$SCRIPT"`,
    ].join("\n");
    return await bare("unshare", ["-m", "-n", "-p", "-f", "--kill-child", "sh", "-c", setup], {
      SCRIPT: script,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
