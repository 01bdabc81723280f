import { deepEqual, equal, ok } from "node:assert/strict";
import { usage } from "../../lib/daemon/mod.ts";
import { within } from "../support/deadline.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { root } from "./support/places.ts";
import { Lines } from "./support/process.ts";

const readme = await Deno.readTextFile(`${root}README.md`);

/** The texts of the fenced blocks of one kind. */
function blocks(kind: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))]
    .map(([, text = ""]) => text);
}

Deno.test("the README opens with two commands for a machine that has only npm, and deno for it", () => {
  deepEqual(blocks("sh"), [
    "npx -y deno@2.9.6 task demo\n",
    "npx -y deno@2.9.6 task test\n",
    'deno() { npx -y deno@2.9.6 "$@"; }\n',
  ]);
});

Deno.test(
  needing(havePrograms("npx", "bash"), "npx and bash", "the README's deno works without one"),
  async () => {
    // Where npx is, without a deno beside it.
    const folder = await Deno.makeTempDir();
    try {
      for (const program of ["bash", "npx", "node", "sh", "env"]) {
        const { stdout } = await shell(`command -v ${program}`, Deno.env.get("PATH") ?? "");
        await Deno.symlink(stdout.trim(), `${folder}/${program}`);
      }
      const define = blocks("sh")[2] ?? "";
      const bare = await shell("deno --version", folder);
      equal(bare.code, 127);
      const { code, stdout } = await shell(`${define}deno task -q maglevc --version`, folder);
      equal(code, 0);
      ok(stdout.startsWith("maglevc "), stdout);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("CI runs the README's test command", async () => {
  const script = await Deno.readTextFile(`${root}.ci/run`);
  ok(script.includes(blocks("sh")[1] ?? "?"), "not in .ci/run");
});

Deno.test("the README shows the flags that maglevd has", () => {
  ok(blocks("text").includes(`${usage()}\n`), usage());
});

Deno.test("every task that the README names exists", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const [, name = ""] of readme.matchAll(/(?:deno|deno@[\d.]+) task (?:-q )?([\w-]+)/g)) {
    ok(name in tasks, name);
  }
});

Deno.test("every file that the README links to exists", async () => {
  for (const [, path = ""] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
    ok((await Deno.stat(`${root}${path}`)).isFile, path);
  }
});

/** What a transcript shows: the command, and the first word of what it printed. */
function transcript(block: string): { command: string; begins: string } {
  const [line = "", output = ""] = block.split("\n");
  return { command: line.replace(/^\$ /, ""), begins: output.split(/[ ,{]/)[0] ?? "" };
}

/** A folder in which `deno` is this Deno, for machines that have none on the PATH. */
async function pathWithDeno(): Promise<{ folder: string; path: string }> {
  const folder = await Deno.makeTempDir();
  await Deno.symlink(Deno.execPath(), `${folder}/deno`);
  return { folder, path: `${folder}:${Deno.env.get("PATH")}` };
}

async function shell(command: string, path: string): Promise<{ code: number; stdout: string }> {
  const { code, stdout } = await new Deno.Command("bash", {
    args: ["-c", command],
    cwd: root,
    env: { PATH: path, NO_COLOR: "1" },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

Deno.test(
  needing(
    havePrograms("npx", "curl", "bash"),
    "npx, curl and bash",
    "the README's demo command starts the demo, and the commands of its tour work against it",
  ),
  async () => {
    const { folder, path } = await pathWithDeno();
    const demo = new Deno.Command("bash", {
      args: ["-c", `exec ${blocks("sh")[0]?.trim()}`],
      cwd: root,
      env: { PATH: path, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    const [lines, errors] = [new Lines(demo.stdout), new Lines(demo.stderr)];
    try {
      const down = "backend ams1: up -> down (L7STS: status 503)";
      await lines.find(down, (line) => line.includes(down), { withinMs: 60_000 });
      const api = lines.seen.find((line) => line.includes("api-listening"))?.split(":").at(-1);
      const metrics = lines.seen.find((line) => line.includes("metrics-listening"))?.split(":").at(
        -1,
      );
      for (const { command, begins } of blocks("console").map(transcript)) {
        // Where these ports are taken the demo has chosen others, and its own commands say so.
        const here = command.replace("localhost:9090", `localhost:${api}`)
          .replace("localhost:9091", `localhost:${metrics}`)
          .replace("maglevc ", `maglevc --server localhost:${api} `);
        const { code, stdout } = await shell(here, path);
        equal(code, 0, here);
        ok(stdout.startsWith(begins), `${here} printed ${stdout}, not ${begins}`);
      }
    } finally {
      Deno.kill(-demo.pid, "SIGINT");
      await within(20_000, "the end of the demo", demo.status);
      await Promise.all([lines.ended, errors.ended]);
      await Deno.remove(folder, { recursive: true });
    }
    ok(lines.seen.at(-1)?.endsWith("stopped"), `${lines.seen.at(-1)}`);
  },
);
