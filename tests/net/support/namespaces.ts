/** Network namespaces for tests, by ip(8): needs root and iproute2. */

import { havePrograms, needing } from "../../support/programs.ts";

/** Whether this process can make network namespaces. */
export const canMakeNamespaces: boolean = probeOnce();

/** Options of a test that needs network namespaces, and programs to run in them. */
export function needingNamespaces(name: string, ...programs: string[]) {
  const what = ["root", "iproute2", ...programs].join(", ");
  return needing(canMakeNamespaces && havePrograms(...programs), what, name);
}

let count = 0;

/** A fresh namespace with its loopback up, deleted on disposal. */
export class Namespace implements AsyncDisposable {
  private constructor(readonly name: string) {}

  /** Makes one under a name that no other process uses. */
  static async create(): Promise<Namespace> {
    const namespace = new Namespace(`mgl-${Deno.pid}-${count++}`);
    await namespace.make();
    return namespace;
  }

  /** Makes it, for the first time or again. */
  async make(): Promise<void> {
    await ip("netns", "add", this.name);
    await this.ip("link", "set", "lo", "up");
  }

  /** Deletes the name; what lives inside keeps the namespace alive. */
  async remove(): Promise<void> {
    await ip("netns", "del", this.name);
  }

  /** Runs ip(8) inside. */
  async ip(...args: string[]): Promise<void> {
    await ip("-n", this.name, ...args);
  }

  /** A command to be run inside. */
  command(program: string, args: readonly string[], options: Deno.CommandOptions = {}) {
    return new Deno.Command("ip", {
      ...options,
      args: ["netns", "exec", this.name, program, ...args],
    });
  }

  /** Adds addresses, `192.0.2.1/32` or `2001:db8::1/128`, to its loopback. */
  async addAddresses(...prefixes: string[]): Promise<void> {
    for (const prefix of prefixes) {
      const noDad = prefix.includes(":") ? ["nodad"] : [];
      await this.ip("addr", "add", prefix, "dev", "lo", ...noDad);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args, stderr: "piped" }).output();
  if (!success) {
    throw new Error(`ip ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).trim()}`);
  }
}

function probeOnce(): boolean {
  const name = `mgl-${Deno.pid}-can`;
  try {
    const run = (verb: string) =>
      new Deno.Command("ip", { args: ["netns", verb, name], stderr: "null" }).outputSync().success;
    return run("add") && run("del");
  } catch {
    return false;
  }
}
