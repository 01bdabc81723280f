/** What makes container images on this machine, if anything does. */

import { bare, type Finished } from "./sandbox.ts";

/** A program that can build an image, and run it. */
export interface Builder {
  readonly name: string;
  /** Makes the image `$1` of the folder `$2`. */
  readonly build: string;
  /** Runs `$2`, a program of the image `$1`, with what follows, on a read-only root. */
  readonly run: string;
  /** Removes the image `$1`. */
  readonly remove: string;
  /** Gets the image `$1`, or succeeds if it is there. */
  readonly get: string;
}

/** Docker's commands, which Podman takes as well. */
function like(name: string): Builder {
  return {
    name,
    build: `${name} build -q -t "$1" -f "$2/packaging/Containerfile" "$2"`,
    run: `image=$1 program=$2; shift 2; ${name} run --rm --read-only --network none ` +
      '--entrypoint "$program" "$image" "$@"',
    remove: `${name} rmi -f "$1"`,
    get: `${name} pull -q "$1" || ${name} image inspect "$1"`,
  };
}

const builders: readonly Builder[] = [like("podman"), like("docker"), {
  name: "buildah",
  build: 'buildah build -q -t "$1" -f "$2/packaging/Containerfile" "$2"',
  run: 'made=$(buildah from "$1"); shift; buildah run "$made" -- "$@"; code=$?; ' +
    'buildah rm "$made" >/dev/null; exit $code',
  remove: 'buildah rmi -f "$1"',
  get: 'buildah pull -q "$1" || buildah inspect --type image "$1"',
}];

/** Runs a shell script with its arguments. */
export type RunScript = (script: string, ...args: string[]) => Promise<Finished>;

/** The same on this machine, with what tells the builders where they keep their things. */
export const onThisMachine: RunScript = (script, ...args) => {
  const kept = ["PATH", "HOME", "XDG_RUNTIME_DIR", "DOCKER_HOST"].concat(
    ["http_proxy", "https_proxy", "no_proxy"],
    ["BUILDAH_ISOLATION", "STORAGE_DRIVER"],
  );
  const environment = kept.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return bare("sh", ["-c", script, "sh", ...args], Object.fromEntries(environment));
};

/** The image that the Containerfile begins with. */
const base = "debian:bookworm-slim";

/**
 * The first builder that works and can get at the image that ours begins with. Without one, why none
 * of them will do.
 */
export async function findBuilder(run: RunScript): Promise<Builder | { readonly why: string }> {
  const why: string[] = [];
  for (const builder of builders) {
    const { name, get, run: runs } = builder;
    if ((await run(`command -v ${name}`)).code !== 0) why.push(`no ${name}`);
    else if ((await run(`${name} info`)).code !== 0) why.push(`a ${name} that does not work`);
    else if ((await run(get, base)).code !== 0) why.push(`${name} without ${base}`);
    else if ((await run(runs, base, "true")).code !== 0) why.push(`a ${name} that runs nothing`);
    else return builder;
  }
  return { why: why.join(", ") };
}
