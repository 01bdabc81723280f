import { deepEqual, equal, match, ok } from "node:assert/strict";
import { canMakeNamespaces } from "../net/support/namespaces.ts";
import { within } from "../support/deadline.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { root } from "./support/places.ts";
import { Lines } from "./support/process.ts";

/** A row of "The first hour" in docs/troubleshooting.md. */
interface Row {
  readonly record: string;
  readonly says: string;
  /** Undefined: maglevd goes on. */
  readonly exit: number | undefined;
}

const rows = new Map<string, Row>(await readRows());

async function readRows(): Promise<[string, Row][]> {
  const page = await Deno.readTextFile(`${root}docs/troubleshooting.md`);
  const [, section = ""] = page.match(/^## The first hour\n([^]*?)^## /m) ?? [];
  const lines = section.split("\n").filter((line) => line.startsWith("| ")).slice(2);
  return lines.map((line) => {
    const [mistake = "", record = "", says = "", exit = ""] = line.split("|").slice(1)
      .map((cell) => cell.trim().replaceAll("`", ""));
    return [mistake, { record, says, exit: exit === "-" ? undefined : Number(exit) }];
  });
}

/** What stands around a mistake. */
interface Scene {
  /** An empty folder of the test's own. */
  readonly folder: string;
  /** Writes the configuration; a good one, unless told otherwise. */
  write(text?: string): Promise<void>;
}

/** What makes the mistake. Returns maglevd's further flags. */
type Mistake = (scene: Scene) => Promise<readonly string[]> | readonly string[];

const good = testConfig({ port: 80, backends: [{ name: "one", address: "127.0.0.2" }] });
const icmp = good.replace(/type: http\n +port: 80\n/, "type: icmp\n").replace(/ +params:.*\n/, "");

/** Belongs to somebody else, and only they may use it. */
async function estrange(path: string): Promise<void> {
  await Deno.chmod(path, 0o700);
  await Deno.chown(path, 65534, 65534);
}

/** A socket that nobody listens on any more; by its own name Deno would remove it. */
async function leaveSocket(folder: string): Promise<void> {
  using _ = Deno.listen({ transport: "unix", path: `${folder}/own.sock` });
  await Deno.rename(`${folder}/own.sock`, `${folder}/api.sock`);
}

const mistakes: Readonly<Record<string, Mistake>> = {
  "a flag that there is not": () => ["--colour"],
  "no configuration file": () => [],
  "a file of somebody else": async ({ folder, write }) => {
    await write();
    await estrange(`${folder}/maglev.yaml`);
    return [];
  },
  "YAML that is none": async ({ write }) => {
    await write(good.replace("backends:", "\tbackends:"));
    return [];
  },
  "a name that is nowhere": async ({ write }) => {
    await write(good.replace("healthcheck: web", "healthcheck: wep"));
    return [];
  },
  "the port is in use": async ({ write }) => {
    await write();
    return [`--metrics-addr=127.0.0.1:${taken.addr.port}`];
  },
  "a port below 1024": async ({ write }) => {
    await write();
    return ["--grpc-addr=127.0.0.1:90"];
  },
  "an address of another machine": async ({ write }) => {
    await write();
    return ["--grpc-addr=192.0.2.1:9090"];
  },
  "no VPP": async ({ folder, write }) => {
    await write();
    return [`--vpp-api-addr=${folder}/api.sock`];
  },
  "VPP's sockets are somebody's own": async ({ folder, write }) => {
    await write();
    await leaveSocket(folder);
    await estrange(`${folder}/api.sock`);
    return [`--vpp-api-addr=${folder}/api.sock`];
  },
  "a VPP that died": async ({ folder, write }) => {
    await write();
    await leaveSocket(folder);
    return [`--vpp-api-addr=${folder}/api.sock`];
  },
  "icmp checks without CAP_NET_RAW": async ({ write }) => {
    await write(icmp);
    return [];
  },
  "a netns without CAP_SYS_ADMIN": async ({ write }) => {
    await write(good.replace('netns: ""', "netns: dataplane"));
    return [];
  },
  "a state directory of another's": async ({ folder, write }) => {
    await write();
    await Deno.mkdir(`${folder}/state`);
    await estrange(`${folder}/state`);
    return [`--state-dir=${folder}/state`];
  },
};

const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
// It holds its port for all tests of this file.
taken.unref();

Deno.test("each mistake of the first hour is tried, and each that is tried is told of", () => {
  deepEqual([...rows.keys()], Object.keys(mistakes));
  ok(rows.size > 10);
});

/** Starts maglevd as root without any capability: what belongs to others is closed to it. */
function start(bundle: string, folder: string, flags: readonly string[]) {
  const child = new Deno.Command("setpriv", {
    args: [
      ...["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", Deno.execPath()],
      ...["run", "-A", "--no-config", bundle, `--config=${folder}/maglev.yaml`],
      ...["--grpc-addr=127.0.0.1:0", "--metrics-addr=", "--vpp-api-addr=", ...flags],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return { child, log: new Lines(child.stdout), errors: new Lines(child.stderr) };
}

/** Ends it, if it has not ended. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

for (const [mistake, make] of Object.entries(mistakes)) {
  Deno.test(
    needing(
      canMakeNamespaces && havePrograms("setpriv"),
      "root and setpriv",
      `the first hour: ${mistake}`,
    ),
    async () => {
      const row = rows.get(mistake);
      ok(row);
      await using bundles = await makeBundles();
      const folder = await Deno.makeTempDir();
      const write = async (text = good) => await Deno.writeTextFile(`${folder}/maglev.yaml`, text);
      const flags = await make({ folder, write });
      const { child, log, errors } = await start(bundles.maglevd, folder, flags);
      try {
        if (row.exit === undefined) {
          const isIt = (line: string) => line.includes(`"msg":"${row.record}"`);
          match(await log.find(row.record, isIt), new RegExp(row.says));
          await log.find("the API", (line) => line.includes('"msg":"api-listening"'));
          child.kill("SIGTERM");
        }
        const { code } = await within(30_000, "the end of maglevd", child.status);
        await Promise.all([log.ended, errors.ended]);
        equal(code, row.exit ?? 0, [...log.seen, ...errors.seen].join("\n"));
        const told = row.record === "standard error"
          ? errors.seen.join("\n")
          : log.seen.find((line) => line.includes(`"msg":"${row.record}"`)) ?? "";
        ok(told.includes(row.says), `${told}\n${log.seen.join("\n")}`);
      } finally {
        if (row.exit === undefined) kill(child);
        await child.status;
        await Promise.all([log.ended, errors.ended]);
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
