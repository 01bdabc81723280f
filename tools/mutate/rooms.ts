import { walk } from "./tree.ts";

/** The rooms that are mutated, each with the folders whose tests have to notice. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  checker: ["tests/checker"],
  health: ["tests/health"],
  vppclient: ["tests/vppclient"],
  vpp: ["tests/vpp", "tests/faults"],
  binapi: ["tests/binapi"],
  probes: ["tests/probes"],
  probing: ["tests/probing", "tests/checker"],
  time: ["tests/time"],
  net: ["tests/net"],
  h1: ["tests/h1"],
  h2: ["tests/h2"],
  config: ["tests/config"],
  port: ["tests/port"],
  rpc: ["tests/rpc", "tests/api"],
  api: ["tests/api"],
  flags: ["tests/flags"],
  access: ["tests/access"],
  tls: ["tests/tls"],
  cli: ["tests/cli"],
  web: ["tests/web"],
  state: ["tests/state", "tests/daemon"],
  events: ["tests/events"],
  daemon: ["tests/daemon"],
  supervisor: ["tests/supervisor"],
  metrics: ["tests/metrics"],
  log: ["tests/log"],
};

/** Code that runs in browsers alone, and the tests that drive one: each takes minutes. */
const inBrowsers: readonly string[] = [
  ...["ask", "chosen", "follow", "problems", "rights", "route", "store"].map((name) =>
    `lib/web/page/${name}.ts`
  ),
  ...["tests/web/first_picture_test.ts", "tests/web/page_test.ts"],
  ...["tests/web/running_page_test.ts", "tests/web/visitor_page_test.ts"],
  "tests/web/widths_test.ts",
];

/** The room that a file under lib/ belongs to. */
export function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** The sources of a room that hold code: its door only names what others hold. */
export async function sourcesOf(root: string, room: string): Promise<string[]> {
  const files = await walk(root, `lib/${room}`);
  return files.filter((path) =>
    path.endsWith(".ts") && !path.endsWith("/mod.ts") && !inBrowsers.includes(path)
  );
}

/** The files with a room's tests. */
export async function testFilesOf(root: string, room: string): Promise<string[]> {
  const found = await Promise.all((rooms[room] ?? []).map((folder) => walk(root, folder)));
  return found.flat().filter((path) => path.endsWith("_test.ts") && !inBrowsers.includes(path));
}
