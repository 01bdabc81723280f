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

/** How Deno can be called in a terminal of this machine. */
export function denoCommand(path: string): string {
  const onPath = path.split(":").some((folder) => isFile(`${folder}/deno`));
  return onPath ? "deno" : `npx -y deno@${Deno.version.deno}`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
