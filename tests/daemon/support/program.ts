import { setImmediate } from "node:timers";
import { runMaglevd } from "../../../lib/daemon/mod.ts";
import { until } from "../../support/until.ts";
import type { Entry } from "./site.ts";

/** Variables in force for a test; undefined: there is none. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Which authorities TLS trusts is chosen: else maglevd would start this process anew. */
const usual: Environment = { DENO_TLS_CA_STORE: "system", DENO_NO_UPDATE_CHECK: "1" };

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) Deno.env.delete(name);
  else Deno.env.set(name, value);
}

/**
 * maglevd as a whole, in this process: what it prints, logs and exits with is kept here, and
 * signals to this process are for it. One at a time.
 */
export class Program implements AsyncDisposable {
  readonly out: string[] = [];
  readonly err: string[] = [];
  readonly entries: Entry[] = [];
  /** What the process was ended with, at once, and the last record that was out by then. */
  readonly exits: (readonly [code: number, last: unknown])[] = [];
  /** Begins of lines that are for systemd's journal. */
  readonly priorities: string[] = [];
  /** Told of each record as it is logged. */
  onEntry: (entry: Entry) => void = () => {};
  /** What it is left with. */
  readonly code: Promise<number>;
  readonly #restore: (() => void)[] = [];
  #isOver = false;

  /** Starts it; `environment` is in force until this is disposed of. */
  constructor(args: readonly string[], environment: Environment = {}) {
    for (const [name, value] of Object.entries({ ...usual, ...environment })) {
      const before = Deno.env.get(name);
      setVariable(name, value);
      this.#restore.push(() => setVariable(name, before));
    }
    const { log, error } = console;
    const { exit, stdout: { write } } = Deno;
    this.#restore.push(() => {
      Object.assign(console, { log, error });
      Object.assign(Deno, { exit });
      Object.assign(Deno.stdout, { write });
    });
    console.log = (text: string) => void this.out.push(text);
    console.error = (text: string) => void this.err.push(text);
    const ended = (code: number) => void this.exits.push([code, this.entries.at(-1)?.msg]);
    Object.assign(Deno, { exit: ended });
    Deno.stdout.write = (octets) => this.#take(octets);
    this.code = runMaglevd(args).finally(() => this.#isOver = true);
  }

  /** Records of a name so far. */
  named(msg: string): Entry[] {
    return this.entries.filter((entry) => entry.msg === msg);
  }

  /** Resolves once there is a record of this name. */
  logged(msg: string, count = 1): Promise<void> {
    return until(() => this.named(msg).length >= count, `${msg} in the log`);
  }

  /** Ends it where the test has left it running. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) Deno.kill(Deno.pid, "SIGTERM");
    await this.code;
    for (const restore of this.#restore) restore();
  }

  async #take(octets: Uint8Array): Promise<number> {
    // As with any pipe, what is written is out in another turn.
    await new Promise((resolve) => setImmediate(resolve));
    // What a writer hands over at once are whole lines.
    for (const line of new TextDecoder().decode(octets).trimEnd().split("\n")) {
      const [prefix = ""] = line.match(/^<\d>/) ?? [];
      this.priorities.push(prefix);
      const entry = JSON.parse(line.slice(prefix.length));
      this.entries.push(entry);
      this.onEntry(entry);
    }
    return octets.length;
  }
}

/** What comes of these arguments when nobody interferes. */
export async function ran(args: readonly string[], environment?: Environment) {
  await using program = new Program(args, environment);
  const code = await program.code;
  const { out, err, entries } = program;
  return { code, out: out.join("\n"), err: err.join("\n"), entries };
}
