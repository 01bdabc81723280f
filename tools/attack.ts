/**
 * Attacks a maglevd with 100 backends and a simulated VPP, in network namespaces of its own. Without
 * a name it lists the attacks; `--help` says the rest. Exit codes: 0 maglevd held, 1 it did not, 2 it
 * could not be tried.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { reasonOf } from "../lib/log/mod.ts";
import { makeNetwork } from "./attack/site/network.ts";
import { busyLoad, faults, limits, type Outcome } from "./attack/outcome.ts";
import { documented } from "./attack/figures.ts";
import { details, head, legend, row } from "./attack/report.ts";
import { attacks } from "./attack/table.ts";
import { locked } from "./programs.ts";

/** What is no client's doing, and is measured by a program of its own. */
interface Plight {
  readonly does: string;
  readonly module: string;
  /** The program's own priority (nice(1)); 0 unless given. */
  readonly nice?: number;
}

const plights: Readonly<Record<string, Plight>> = {
  backends: {
    does: "a zoo of hostile servers beside 50 healthy ones",
    module: "attack/backends.ts",
  },
  descriptors: {
    does: "backends that swallow everything beside servers, with 64 and 1,024 descriptors",
    module: "attack/lacks/descriptors.ts",
  },
  starved: {
    does: "eight busy loops above maglevd on one CPU",
    module: "attack/lacks/starved.ts",
    // What looks on is above the loops.
    nice: -10,
  },
};

const plightNames = Object.keys(plights);

const usage = `usage: deno task attack [NAME | all | ${
  plightNames.join(" | ")
} | figures] [SEED] [OPTIONS]

  NAME         one attack; without a name they are listed
  all          all of them in turn, but for the next
${plightNames.map((name) => `  ${name.padEnd(12)} ${plights[name]?.does}\n`).join("")}\
  figures      prints what --json wrote as docs/security.md has it
  SEED         of what the attackers choose by chance (default 1)

  --seconds S   how long each attack lasts (default 60)
  --patience S  how long what is left afterwards is waited for (default ${limits.recoverySeconds})
  --priority N  puts maglevd and attackers above what else the machine does, as nice(1) counts, so
                that its load says less about the figures (0 to 19, default 0)
  --json FILE   appends each outcome to this file

Exit codes: 0 maglevd held, 1 it did not, 2 it could not be tried.`;

/** What was asked for; exits where that cannot be told. */
function readArguments(args: readonly string[]) {
  try {
    const { values, positionals: [name, seed = "1", ...more] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        seconds: { type: "string", default: "60" },
        patience: { type: "string", default: String(limits.recoverySeconds) },
        json: { type: "string" },
        priority: { type: "string", default: "0" },
      },
    });
    const numbers = { SEED: seed, ...values, json: undefined, help: undefined };
    for (const [what, value] of Object.entries(numbers)) {
      if (value !== undefined && !/^\d+$/.test(value)) {
        throw new TypeError(`${what} is a number, not "${value}"`);
      }
    }
    if (more.length > 0) throw new TypeError(`"${more[0]}" is too much`);
    return { values, name, seed };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`deno task attack: ${error.message}\n\n${usage}`);
    Deno.exit(2);
  }
}

const { values, name, seed } = readArguments(Deno.args);

/** Programs of Debian's iproute2 and util-linux that make the namespaces and run things in them. */
const needed = ["ip", "setsid", "nsenter", "taskset", "prlimit", "nice", "sysctl"];

function list(): number {
  const width = Math.max(...attacks.map(({ name }) => name.length));
  const rows = [...attacks, ...plightNames.map((name) => ({ name, does: plights[name]?.does }))];
  for (const { name, does } of rows) console.log(`${name.padEnd(width)}  ${does}`);
  console.log(
    `${"all".padEnd(width)}  all of these in turn, but for the last ${plightNames.length}`,
  );
  return 0;
}

/** Why nothing can be attacked here; undefined if it can. */
async function obstacle(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "deno task attack needs root: it makes network namespaces";
  for (const program of needed) {
    const { success } = await new Deno.Command("sh", {
      args: ["-c", `command -v ${program}`],
      stdout: "null",
    }).output();
    if (!success) return `deno task attack needs the program ${program}, which is not here`;
  }
  return undefined;
}

async function one(attack: string): Promise<Outcome> {
  await using network = await makeNetwork();
  const module = new URL("attack/measure.ts", import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command("nsenter", {
    args: [
      `--net=${network.machine}`,
      // With a session of its own comes a scheduling group, whose priority counts outside.
      "setsid",
      // What measures is not to measure its own lack of time.
      ...[
        "nice",
        "-n",
        "-19",
        Deno.execPath(),
        "run",
        "-A",
        ...locked,
        "--no-check",
        module,
      ],
      ...[attack, seed, values.seconds, network.attackers],
      values.priority,
      values.patience,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${attack} could not be measured`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function run(names: readonly string[]): Promise<number> {
  const loads = () => Deno.loadavg().map((each) => each.toFixed(2)).join(" ");
  console.log(
    `load average ${loads()}; seed ${seed}, ${values.seconds} s each, priority ${values.priority}`,
  );
  console.log(`${legend}\n(busy): the load average was above ${busyLoad} before it began\n`);
  console.log(head());
  let broken = 0;
  for (const name of names) {
    const outcome = await one(name);
    if (faults(outcome).length > 0) broken++;
    console.log(`${row(outcome)}\n${details(outcome)}`);
    if (values.json === undefined) continue;
    await Deno.writeTextFile(values.json, `${JSON.stringify(outcome)}\n`, { append: true });
  }
  console.log(`\n${names.length - broken} held, ${broken} did not; load average ${loads()}`);
  return broken === 0 ? 0 : 1;
}

/** Prints the tables of docs/security.md from what `--json` has written. */
async function figures(): Promise<number> {
  if (values.json === undefined) {
    console.error("deno task attack figures needs --json FILE, which earlier runs have written");
    return 2;
  }
  const text = await Deno.readTextFile(values.json);
  const outcomes: Outcome[] = text.trim().split("\n").map((line) => JSON.parse(line));
  console.log(documented(outcomes));
  return 0;
}

/** In a session of its own, whose priority counts outside. */
async function undergo({ module: path, nice = 0 }: Plight): Promise<number> {
  const module = new URL(path, import.meta.url).pathname;
  const words = ["run", "-A", ...locked, "--no-check", module];
  const above = Deno.uid() === 0 ? ["nice", "-n", `${nice}`] : [];
  const { code } = await new Deno.Command("setsid", {
    args: ["--wait", ...above, Deno.execPath(), ...words, seed, values.seconds, values.priority],
  }).spawn().status;
  return code;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (name === undefined) return list();
  const plight = plights[name];
  if (plight) return await undergo(plight);
  if (name === "figures") return await figures();
  const names = name === "all" ? attacks.map((each) => each.name) : [name];
  if (names.length === 1 && !attacks.some((each) => each.name === name)) {
    console.error(`there is no attack "${name}"; deno task attack lists them`);
    return 2;
  }
  const reason = await obstacle();
  if (reason !== undefined) {
    console.error(reason);
    return 2;
  }
  return await run(names);
}

try {
  Deno.exit(await main());
} catch (error) {
  console.error(reasonOf(error));
  Deno.exit(2);
}
