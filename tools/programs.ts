/** What is built from this tree, and what each program may do. */

/** One program. */
export interface Program {
  readonly name: string;
  /** Its main module, relative to the project's root. */
  readonly entry: string;
  /** Deno's flags for what it may do, as few as will do. FFI is full power anyway: the rest is a fence. */
  readonly permissions: readonly string[];
  /** Which Debian package has it, where its command is there, and its manual in docs/man. */
  readonly home: { readonly package: string; readonly command: string; readonly manual: string };
  /** SIGHUP has it read its files again, and is not to end it before it listens to that. */
  readonly reloads?: true;
  /** What its bundle carries besides code. */
  readonly carries?: "page";
}

/**
 * Everything that is shipped, a row each: bundles, executables, and what the packages hold of a program
 * follow from it.
 */
export const programs = [
  {
    name: "maglevd",
    entry: "main.ts",
    permissions: [
      "--allow-ffi", // libc: sockets, epoll, namespaces, mmap
      "--allow-net",
      "--allow-read",
      "--allow-write", // Unix sockets
      "--allow-env",
      "--allow-sys",
      "--unstable-net", // SO_REUSEPORT: a queue of its own for who comes from this machine
      // MB, percent: collections hold the loop for less the less there is, and take less memory.
      "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=50",
    ],
    reloads: true,
    home: { package: "vpp-maglevd", command: "/usr/sbin/maglevd", manual: "maglevd.8" },
  },
  {
    name: "maglevc",
    entry: "cli.ts",
    permissions: [
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-sys",
      "--allow-run", // a signal to itself: Ctrl-Z
    ],
    home: { package: "vpp-maglev", command: "/usr/bin/maglevc", manual: "maglevc.1" },
  },
  {
    name: "maglevd-frontend",
    entry: "web.ts",
    permissions: [
      // Its port is the daemon's (lib/port), which shares out descriptors by getrlimit(2), and listens at
      // Unix sockets by libc.
      "--allow-ffi",
      "--allow-net",
      "--allow-read",
      "--allow-write", // Unix sockets of maglevds
      "--allow-env",
      "--allow-sys",
    ],
    home: {
      package: "vpp-maglev-frontend",
      command: "/usr/sbin/maglevd-frontend",
      manual: "maglevd-frontend.8",
    },
    reloads: true,
    carries: "page",
  },
  {
    name: "maglevt",
    entry: "tester.ts",
    permissions: [
      "--allow-ffi", // libc: what asks is what probes, pings are not there otherwise
      "--allow-net", // --keepalive
      "--allow-read", // maglev.yaml
      "--allow-env",
      "--allow-sys", // the system's certificate authorities
    ],
    home: { package: "vpp-maglev", command: "/usr/bin/maglevt", manual: "maglevt.1" },
  },
] as const satisfies readonly Program[];

/** The name of one of {@link programs}. */
export type ProgramName = (typeof programs)[number]["name"];

/** Flags that keep a program from looking for anything beyond its own file. */
export const closedFlags: readonly string[] = [
  "--no-prompt",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  "--cached-only",
];

/** What of maglevd's flags is V8's: it decides what collections of garbage cost. */
export const daemonEngine: readonly string[] = programs.find(({ name }) => name === "maglevd")
  ?.permissions.filter((flag) => flag.startsWith("--v8-flags")) ?? [];

/** The project's root, with a slash at the end. */
export const root: string = new URL("..", import.meta.url).pathname;

/** Deno's flags for what runs or builds the programs: with their packages as locked, and no others. */
export const runtimeLocked: readonly string[] = ["--frozen", `--lock=${root}runtime.lock`];

/** The same for all else, with the packages of the tests. */
export const locked: readonly string[] = ["--frozen", `--lock=${root}deno.lock`];

/** Runs a program to its end and returns what it printed. Throws with what it complained of. */
export async function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: root,
    env: { ...environment },
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout).trim();
}
