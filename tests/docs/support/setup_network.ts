/** Runs the steps of docs/setup.md on the network of tests/docs/setup/network.sh. */

import { canMakeNamespaces, Namespace } from "../../net/support/namespaces.ts";
import { havePrograms } from "../../support/programs.ts";
import type { Fence } from "./fences.ts";
import { root } from "./pages.ts";

/**
 * What has the tunnels: this machine's own kernel, or that of a user-mode Linux, which is a program
 * (Debian: user-mode-linux). Undefined: neither.
 */
export const networkKind: "own" | "uml" | undefined = !canMakeNamespaces
  ? undefined
  : await hasTunnels()
  ? "own"
  : havePrograms("linux.uml", "modprobe")
  ? "uml"
  : undefined;

async function hasTunnels(): Promise<boolean> {
  await using namespace = await Namespace.create();
  try {
    for (const type of ["dummy", "gre", "ip6gre"]) {
      const ends = type === "dummy" ? [] : ["remote", type === "gre" ? "192.0.2.1" : "2001:db8::1"];
      await namespace.ip("link", "add", `t-${type}`, "type", type, ...ends);
    }
    return true;
  } catch (error) {
    if (error instanceof Error && / failed: /.test(error.message)) return false;
    throw error;
  }
}

/** Runs the guide's blocks in their order. Returns everything that was printed. */
export async function runNetwork(steps: readonly Fence[], bird: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "maglev-setup-" });
  try {
    await Deno.writeTextFile(`${folder}/bird.conf`, bird);
    for (const [index, { mark, body }] of steps.entries()) {
      const name = `${String(index + 1).padStart(2, "0")}-${mark}.sh`;
      await Deno.writeTextFile(`${folder}/${name}`, body);
    }
    const script = `${root}tests/docs/setup/network.sh`;
    const words = [script, folder, `${root}docs/setup/server.sh`, `mgs-${Deno.pid}`];
    const [program, ...args] = networkKind === "own" ? ["sh", ...words] : userModeLinux(words);
    const { stdout } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stderr: "null",
      env: {
        PATH: `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`,
        TMPDIR: await inMemory() ?? folder,
      },
    }).output();
    // A console ends its lines as terminals do.
    return new TextDecoder().decode(stdout).replaceAll("\r", "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Where files are memory that programs may be run from. A user-mode Linux keeps its own memory in a
 * file, which takes half as long again on a disk.
 */
async function inMemory(): Promise<string | undefined> {
  const mounts = await Deno.readTextFile("/proc/mounts");
  const options = mounts.match(/^\S+ \/dev\/shm tmpfs (\S+)/m)?.[1]?.split(",");
  return options === undefined || options.includes("noexec") ? undefined : "/dev/shm";
}

function userModeLinux(words: readonly string[]): [string, ...string[]] {
  return [
    "linux.uml",
    ...["mem=256M", "quiet", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro"],
    ...[`init=${root}tests/docs/setup/uml.sh`, `MAGLEV_SETUP=${words.join(",")}`],
    ...["con=null", "con0=fd:0,fd:1", `uml_dir=${words[1]}/uml`],
  ];
}
