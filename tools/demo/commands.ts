/** Where the demo's maglevd listens. */
export interface DemoPorts {
  readonly api: number;
  readonly metrics: number;
}

/**
 * Commands to try in another terminal. `deno` is how Deno is called there: `deno`, or
 * `npx -y deno@2.9.6` on a machine that has only npm.
 */
export function demoCommands({ api, metrics }: DemoPorts, deno: string): string[] {
  const server = api === 9090 ? "" : ` --server localhost:${api}`;
  const maglevc = `${deno} task -q maglevc${server}`;
  const post = `curl -s -H 'content-type: application/json' http://localhost:${api}/maglev.Maglev`;
  return [
    `${maglevc} show frontends www`,
    `${maglevc} show backends ams1`,
    `${maglevc} set backend zrh2 pause --yes`,
    `${maglevc} show vpp lb state`,
    `${maglevc} show vpp lb counters`,
    `${maglevc} watch events num 3`,
    `${post}/ListBackends -d '{}'`,
    `${post}/ResumeBackend -d '{"name": "zrh2"}'`,
    `curl -s http://localhost:${metrics}/metrics | grep maglev_backend_state`,
  ];
}

/**
 * How this Deno can be called in another terminal. npx and npm put folders of their own on the PATH of
 * what they start, which that terminal does not have.
 */
export function denoCommand(
  environment: { get(name: string): string | undefined },
  executable: string,
): string {
  const folders = (environment.get("PATH") ?? "").split(":").filter((folder) => !isNpms(folder));
  const has = (program: string) => folders.some((folder) => isFile(`${folder}/${program}`));
  if (has("deno")) return "deno";
  return has("npx") ? `npx -y deno@${Deno.version.deno}` : executable;
}

/** Such as ~/.npm/_npx/7a40be787520bede/node_modules/.bin. */
function isNpms(folder: string): boolean {
  return /\/node_modules\/(?:\.bin|.*\/node-gyp-bin)\/?$/.test(folder);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
